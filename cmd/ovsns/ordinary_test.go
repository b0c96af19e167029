package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
	"github.com/ovsns/ovsns/switchmgr/sandbox/sandboxtest"
)

// TestLabWithoutRoot runs scripts of TestLab as an ordinary user, who has no
// privileges on the machine at all.
func TestLabWithoutRoot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		o    sandboxtest.Options
		// within is for scripts that join private hosts by a cable: they run
		// inside a sandbox, whose root may. The others make hosts directly.
		within, scripts string
	}{
		{"taps", sandboxtest.Options{Taps: true, Ranges: true}, "w[245]", "w3"},
		{"no taps", sandboxtest.Options{Ranges: true}, "w[245]", "w3|change"},
		{"no ranges", sandboxtest.Options{Taps: true}, "w[245]", "w3"},
		{"neither", sandboxtest.Options{}, "w[245]|segments", "w3|labfile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := c.o
			o.Users, o.Source = []string{"lab"}, repository(t)
			m := sandboxtest.New(t, o)
			if !o.Ranges {
				keepTcpdump(t, m)
			}
			test := func(pattern string) []string {
				return []string{
					"bash", "-c", `exec -a lab.test "$@"`, "bash", sandboxtest.Program,
					"-test.v", "-test.run", "^TestLab$/^(" + pattern + ")$",
				}
			}
			runTests(t, m, test(c.scripts))
			within := c.within
			if testing.Short() {
				within = "w5"
			}
			runTests(t, m, append([]string{sandboxtest.Program, "sandbox", "--"}, test(within)...))
		})
	}
}

// TestDemoWithoutRoot plays the demonstration as an ordinary user.
func TestDemoWithoutRoot(t *testing.T) {
	t.Parallel()
	for _, taps := range []bool{true, false} {
		m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"lab"}, Taps: taps, Source: repository(t)})
		out, err := m.As(t.Context(), "lab", sandboxtest.Source,
			sandboxtest.Program, "sandbox", "--outside", "--", "hack/demo/main.sh").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "All as it should be.") {
			t.Errorf("taps %v: %v\n%s", taps, err, out)
		}
	}
}

// TestLabRunWithoutRoot plays labs of one machine and of two.
func TestLabRunWithoutRoot(t *testing.T) {
	t.Parallel()
	m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"lab"}})
	for _, name := range []string{"w1", "w4"} {
		out, err := m.As(t.Context(), "lab", "/tmp", sandboxtest.Program, "lab", "run", name).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "expectations hold") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestDoctorWithoutRoot: what an ordinary user's sandbox has to do without is
// said with the command that gives it.
func TestDoctorWithoutRoot(t *testing.T) {
	for _, c := range []struct {
		o         sandboxtest.Options
		want, not string
	}{
		{sandboxtest.Options{Taps: true, Ranges: true}, "ok +sandbox +works, with datapath [a-z]+, without root", "warn +sandbox"},
		{sandboxtest.Options{Ranges: true}, "warn +sandbox .* sudo chmod 666 /dev/net/tun", "only user"},
		{sandboxtest.Options{Taps: true}, "warn +sandbox +root is the only user inside, .* sudo apt-get install uidmap", "chmod"},
	} {
		c.o.Users = []string{"lab"}
		m := sandboxtest.New(t, c.o)
		// Without a switch outside, what else there is to say fails.
		out, _ := m.As(t.Context(), "lab", "/tmp", sandboxtest.Program, "doctor").CombinedOutput()
		if !regexp.MustCompile(c.want).Match(out) {
			t.Errorf("%+v: no %q in\n%s", c.o, c.want, out)
		}
		if regexp.MustCompile(c.not).Match(out) {
			t.Errorf("%+v: %q in\n%s", c.o, c.not, out)
		}
		inside, err := m.As(t.Context(), "lab", "/tmp", sandboxtest.Program, "sandbox", "--", "ovsns", "doctor").CombinedOutput()
		if err != nil || strings.Contains(string(inside), "sudo") {
			t.Errorf("%+v: inside: %v\n%s", c.o, err, inside)
		}
	}
}

// TestStandIns makes, breaks and removes gateways on a switch that can make no
// interfaces.
func TestStandIns(t *testing.T) {
	t.Parallel()
	m := sandboxtest.New(t, sandboxtest.Options{Users: []string{"lab"}})
	const script = `
		same() { [ "$1" = "$2" ] || { echo "got $1, not $2"; exit 1; }; }
		ovsns switch create --datapath netdev --gateway 10.1.0.254/24
		ovsns gateway set --vlan 100 10.2.0.254/24 2001:db8:2::fe/64
		ovsns attach red; ovsns attach green --vlan 100
		reach() { ovsns exec red -- ping -q -c1 -W3 10.1.0.254; ovsns exec green -- ping -q -c1 -W3 10.2.0.254
			ovsns exec green -- ping -q -c1 -W3 2001:db8:2::fe; }
		reach

		# Recorded where ovs-vsctl finds it, and exported for hosts of any kind.
		same "$(ovs-vsctl get bridge sw0 datapath_type)" dummy
		same "$(ovs-vsctl get bridge sw0 external_ids:ovsns-datapath)" dummy
		same "$(ovs-vsctl --bare --columns=name find port external_ids:ovsns-interface=sw0.100)" sw0.100-sw
		ovsns export | tee /run/lab.yaml | grep "datapath: netdev"
		same "$(ovsns plan -f /run/lab.yaml 2>&1)" "nothing to change"
		same "$(ovsns show | grep -c 'gateway sw0')" 2

		# Repeated, changed, broken, repaired.
		same "$(ovsns gateway set --vlan 100 10.2.0.254/24 2001:db8:2::fe/64 2>&1)" "nothing to change"
		index=$(cat /sys/class/net/sw0.100/ifindex)
		ovsns gateway set --vlan 100 10.2.0.254/24 10.2.0.253/24 2001:db8:2::fe/64
		for broken in "ip link set sw0.100 down" "ovs-vsctl set port sw0.100-sw tag=7" "nft delete table inet ovsns"; do
			$broken; ovsns restore; reach
			same "$(cat /sys/class/net/sw0.100/ifindex)" $index
		done
		for broken in "ip link delete sw0" "ip link delete sw0.100-sw"; do
			$broken; ovsns restore; reach
			same "$(ovsns restore 2>&1)" "nothing to change"
		done
		ovs-vsctl del-port sw0-sw # with what is recorded there
		ovsns gateway set 10.1.0.254/24; reach
		ovsns destroy --all --yes --quiet
		same "$(ls -x /sys/class/net)" "lo"

		# The script of a plan gives the same.
		ovsns plan -f /run/lab.yaml -o shell >/run/lab.sh; bash -eu /run/lab.sh; reach
		ovs-vsctl del-br sw0; ip link delete sw0; ip link delete sw0.100; ip link delete red-eth0; ip link delete green-eth0
		ip netns delete red; ip netns delete green
		ovsns apply -f /run/lab.yaml --quiet; ovsns gateway delete --vlan 100
		same "$(ls -d /sys/class/net/sw*)" "/sys/class/net/sw0
/sys/class/net/sw0-sw"
		ovsns switch delete sw0 --force --yes; same "$(ls -d /sys/class/net/sw* 2>/dev/null)" ""
	`
	out, err := m.As(t.Context(), "lab", "/tmp", sandboxtest.Program, "sandbox", "--", "bash", "-euc", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// keepTcpdump lets tcpdump stay root where there is no other user. Told to, it
// still insists on the system calls.
func keepTcpdump(t *testing.T, m *sandboxtest.Machine) {
	t.Helper()
	const script = `
		p=$(command -v tcpdump); cp $p /home/tcpdump
		calls=setgroups,setgid,setuid,chown,fchown
		echo '#!/bin/sh' >/home/kept
		echo "exec strace -qq -o /dev/null -e trace=$calls -e inject=$calls:retval=0 /home/tcpdump \"\$@\"" >>/home/kept
		chmod 755 /home/kept; mount --bind /home/kept $p`
	if out, err := m.Command(t.Context(), "sh", "-ec", script).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// repository returns the directory of this module.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "../..")
}

func runTests(t *testing.T, m *sandboxtest.Machine, argv []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*testlab.Patience)
	defer cancel()
	out, err := m.As(ctx, "lab", sandboxtest.Source+"/cmd/ovsns", argv...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestLab/") {
		t.Errorf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
}
