package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
)

// smallLab is enough for what is not about kinds of damage.
const smallLab = `
	ovsns switch create sw0 --gateway 172.16.10.254/24 --nat
	ovsns attach red
	ovsns attach blue`

const redPing = "ip netns exec red ping -c 1 -w 20 172.16.10.254"

// TestWatchRestarts kills both daemons of Open vSwitch, and damages the lab
// while they are away.
func TestWatchRestarts(t *testing.T) {
	t.Parallel()
	h := newWatchHost(t)
	h.Must(smallLab)
	w := h.watch()

	h.Must("kill -9 $(cat /run/openvswitch/ovsdb-server.pid)")
	w.expect("lost")
	h.Must("ip link del red-eth0; nft flush ruleset")
	h.Must("ovsdb-server $OVS_DBDIR/conf.db --remote=punix:/run/openvswitch/db.sock --pidfile --detach --no-chdir --log-file=/dev/null >/dev/null 2>&1")
	begin := time.Now()
	w.expect("found")
	repaired := w.expect("repaired")
	t.Logf("%v after ovsdb-server came back", repaired.Time.Sub(begin))
	h.Eventually(redPing + "; nft list table inet ovsns")

	h.Must("kill -9 $(cat /run/openvswitch/ovs-vswitchd.pid)")
	h.Must("ip link del blue-eth0")
	w.expect("failed") // told once, see below
	h.Must("ovs-vswitchd --disable-system unix:/run/openvswitch/db.sock --pidfile --detach --no-chdir --log-file=/dev/null >/dev/null 2>&1")
	begin = time.Now()
	repaired = w.expect("repaired")
	t.Logf("%v after ovs-vswitchd came back", repaired.Time.Sub(begin))
	w.expect("settled")
	h.Eventually(redPing + "; ip netns exec blue ping -c 1 -W 3 172.16.10.254")
	w.rest()
	if out := h.Must("ovsns restore --dry-run -o json"); !strings.Contains(out, `"changes": []`) {
		t.Errorf("there is something left to repair: %s", out)
	}
	w.end()
}

// TestWatchFailure puts somebody else's namespace in the place of one of the
// lab. That is told once and costs little; the rest is still repaired.
func TestWatchFailure(t *testing.T) {
	t.Parallel()
	h := newWatchHost(t)
	h.Must(smallLab)
	w := h.watch()
	h.Must("kill -STOP " + w.pid + "; ip netns del blue; ip netns add blue; kill -CONT " + w.pid) // else it may be quicker
	for e := w.expect("failed"); !strings.Contains(e.Error, "blue"); e = w.expect("failed") {
		t.Logf("failed: %s", e.Error)
	}
	before := h.cpu(w)
	told := w.during(4 * time.Second)
	for _, e := range told {
		if strings.HasPrefix(e, "failed") {
			t.Errorf("told again: %v", told)
			break
		}
	}
	if used := h.cpu(w) - before; used > time.Second {
		t.Errorf("used %v of 4 s in which nothing could be done", used)
	}
	h.Must("ip link del red-eth0")
	w.expect("repaired")
	h.Must(redPing)
	h.Must("ip netns del blue")
	w.expect("settled")
	h.Eventually("ip netns exec blue ping -c 1 -W 3 172.16.10.254")
	w.end()
}

// TestWatchReport only tells, once for each drift.
func TestWatchReport(t *testing.T) {
	t.Parallel()
	h := newWatchHost(t)
	h.Must(smallLab)
	w := h.watch("--report")
	h.Must("ip link del red-eth0")
	w.expect("drift")
	h.Must("nft flush ruleset")
	w.expect("drift")
	h.Must("ip link add foreign type veth peer name foreign2; ip link del foreign")
	if told := w.during(2 * time.Second); len(told) > 0 {
		t.Errorf("told again: %v", told)
	}
	h.Must("! ip link show red-eth0; [ -z \"$(nft list ruleset)\" ]") // nothing was repaired
	h.Must("ovsns restore")
	w.expect("settled")
	h.Must("ovsns attach green; ovsns detach red; ovsns ns delete red; ovsns nat delete 172.16.10.0/24; ovsns attach red")
	if told := w.during(2 * time.Second); len(told) > 0 {
		t.Errorf("commands of ovsns are no drift: %v", told)
	}
	w.end()
}

// TestWatchCommands lets commands work beside two watches.
func TestWatchCommands(t *testing.T) {
	t.Parallel()
	h := newWatchHost(t)
	h.Must(smallLab)
	watches := []*watching{h.watch(), h.watch()}
	for range 3 {
		h.Must(`
			ovsns attach green --vlan 7; ovsns gateway set --vlan 7 10.7.0.254/24 --nat; ovsns attach green --vlan 8
			ovsns link add green red; ovsns allow add sw0 sw0:7
			ovsns ns delete green; ovsns allow delete sw0 sw0:7; ovsns gateway delete --vlan 7`)
	}
	for _, w := range watches {
		for _, e := range w.during(time.Second) {
			t.Errorf("commands of ovsns made a watch tell: %s", e)
		}
	}
	h.Must("ip netns del red; ovs-vsctl del-port blue-eth0; nft flush ruleset")
	h.Eventually(redPing + "; ip netns exec blue ping -c 1 -W 3 172.16.10.254; nft list table inet ovsns")
	for _, w := range watches {
		for _, e := range w.rest() {
			if !strings.HasPrefix(e, "repaired") {
				t.Errorf("a watch beside another one tells: %s", e)
			}
		}
	}
	h.Must("ovsns destroy --all --yes")
	for _, w := range watches {
		if told := w.during(time.Second); len(told) > 0 {
			t.Errorf("after destroy: %v", told)
		}
		w.end()
	}
	h.Must("[ -z \"$(ls /run/netns)$(ovs-vsctl list-br)$(nft list ruleset)\" ]")
}

// TestWatchService runs a watch as its unit does, with no more capabilities
// than that gives it.
func TestWatchService(t *testing.T) {
	t.Parallel()
	unit, err := os.ReadFile("../../hack/systemd/ovsns-watch.service")
	if err != nil {
		t.Fatal(err)
	}
	set := regexp.MustCompile(`(?m)^CapabilityBoundingSet=(.*)$`).FindSubmatch(unit)
	capabilities := "-all"
	for _, c := range strings.Fields(string(set[1])) {
		capabilities += ",+" + strings.ToLower(strings.TrimPrefix(c, "CAP_"))
	}
	socket := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	h := newWatchHost(t)
	h.Must(smallLab)
	cmd := h.Command(t.Context(), "setpriv", "--bounding-set", capabilities, "ovsns", "watch", "--metrics", "127.0.0.1:9731")
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=200000")
	var text transcript
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	heard := map[string]int{}
	expect := func(state string) {
		t.Helper()
		for limit := time.Now().Add(testlab.Patience); heard[state] == 0; {
			if time.Now().After(limit) {
				t.Fatalf("no %s: %v %s", state, heard, text.String())
			}
			b := make([]byte, 4096)
			_ = manager.SetReadDeadline(time.Now().Add(testlab.Patience))
			n, err := manager.Read(b)
			if err != nil {
				t.Fatalf("no %s: %v %v %s", state, heard, err, text.String())
			}
			heard[string(b[:n])]++
		}
		heard[state] = 0
	}
	expect("READY=1")
	expect("STATUS=8 objects, all as recorded")
	expect("WATCHDOG=1")
	h.Must("ip netns del red; nft flush ruleset; sysctl -qw net.ipv4.ip_forward=0; ovs-vsctl clear port blue-eth0 vlan_mode")
	h.Eventually(redPing + "; nft list table inet ovsns; [ $(cat /proc/sys/net/ipv4/ip_forward) = 1 ]; ovs-vsctl get port blue-eth0 vlan_mode | grep access")
	for range 5 {
		expect("WATCHDOG=1")
	}
	metrics := h.Must(`printf 'GET /metrics HTTP/1.0\r\n\r\n' | nc -N 127.0.0.1 9731`)
	for _, line := range []string{
		`ovsns_ports{switch="sw0"} 3`, `ovsns_watch_drift_found_total{kind="namespace"} 1`,
		`ovsns_watch_drift_repaired_total{kind="namespace"} 1`, `ovsns_watch_connected 1`, `ovsns_watch_failures_total 0`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("no %s in\n%s", line, metrics)
		}
	}
	// As systemd(1) stops a service. SIGINT would not get through where the
	// tests ignore it, as what a script puts in the background does.
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	expect("STOPPING=1")
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, text.String())
	}
	if !strings.Contains(text.String(), " repaired + namespace red\n") {
		t.Errorf("it says\n%s", text.String())
	}
}

// TestUnits has systemd read the unit files.
func TestUnits(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	units, err := filepath.Glob("../../hack/systemd/*.service")
	if err != nil || len(units) == 0 {
		t.Fatalf("no unit files: %v", err)
	}
	dir, copies := t.TempDir(), []string{"--man=no", "verify"}
	for _, u := range units {
		text, err := os.ReadFile(u)
		if err != nil {
			t.Fatal(err)
		}
		// It must exist to be verified.
		words := strings.ReplaceAll(string(text), "/usr/bin/ovsns", self)
		path := filepath.Join(dir, filepath.Base(u))
		if err := os.WriteFile(path, []byte(words), 0o644); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, path)
	}
	if !slices.Contains(units, "../../hack/systemd/ovsns-restore.service") {
		t.Errorf("no unit for restore in %v", units)
	}
	out, err := exec.Command("systemd-analyze", copies...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v %s", err, out)
	}
}
