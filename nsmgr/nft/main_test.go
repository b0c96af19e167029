package nft

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

const inside = "OVSNS_NFT_TEST_INSIDE"

// TestMain runs the tests in a network and mount namespace of their own, with
// an empty /run: for xtables.lock and the namespaces of ip-netns(8).
func TestMain(m *testing.M) {
	if os.Getenv(inside) == "" {
		os.Exit(reexec())
	}
	if err := privateRun(); err != nil {
		fmt.Fprintln(os.Stderr, "these tests need root:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func reexec() int {
	cmd := exec.CommandContext(context.Background(), "/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState == nil {
			fmt.Fprintln(os.Stderr, "these tests need root:", err)
		}
		return 1
	}
	return 0
}

func privateRun() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	return unix.Mount("tmpfs", "/run", "tmpfs", 0, "")
}

// host is a network namespace that plays the host, entered by the thread of
// its test alone. The firewall is seen to work on it from other threads.
type host struct {
	*testing.T
	fw    *Firewall
	nsmgr *nsmgr.Host
	at    string // the namespace that plays the host instead; "" for none
}

func newHost(t *testing.T) *host {
	t.Helper()
	for _, program := range []string{"ip", "nft", "iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy", "ping", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("this test needs the program %s", program)
		}
	}
	runtime.LockOSThread()
	before, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer func() { _ = before.Close() }()
		if err := unix.Setns(int(before.Fd()), unix.CLONE_NEWNET); err != nil {
			t.Fatal(err) // the thread stays locked and ends with the test
		}
		runtime.UnlockOSThread()
	})
	manager, err := nsmgr.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = manager.Close() })
	return &host{t, New(manager, model.Host), manager, ""}
}

// place makes a namespace and returns it as another host.
func (h *host) place(name string) *host {
	h.Helper()
	ns := h.ns(name)
	h.sh("ip netns add " + ns)
	h.Cleanup(func() { _ = exec.CommandContext(context.Background(), "ip", "netns", "del", ns).Run() })
	return &host{h.T, New(h.nsmgr, model.Place(ns)), h.nsmgr, ns}
}

// sh runs a shell script on the host and returns what it printed.
func (h *host) sh(script string) string {
	h.Helper()
	args := []string{"sh", "-ec", script}
	if h.at != "" {
		args = append([]string{"nsenter", "--net=/run/netns/" + h.at}, args...)
	}
	out, err := exec.CommandContext(h.Context(), args[0], args[1:]...).CombinedOutput()
	if err != nil {
		h.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

func (h *host) apply(add, remove Rules) {
	h.Helper()
	if err := h.fw.Apply(h.Context(), add, remove); err != nil {
		h.Fatalf("Apply: %v", err)
	}
}

func (h *host) observe() *Observed {
	h.Helper()
	o, err := h.fw.Observe(h.Context())
	if err != nil {
		h.Fatalf("Observe: %v", err)
	}
	return o
}

func (h *host) blockers() []Blocker {
	h.Helper()
	list, err := h.fw.Blockers(h.Context())
	if err != nil {
		h.Fatalf("Blockers: %v", err)
	}
	return list
}

// ruleset returns everything that nft and iptables-legacy show, with handles.
func (h *host) ruleset() string {
	h.Helper()
	text := h.sh("nft -a list ruleset 2>/dev/null")
	for _, f := range []string{"ip", "ip6"} {
		text += h.sh("! grep -qs filter /proc/net/" + f + "_tables_names || " + f + "tables-legacy -w -S")
	}
	return text
}

// same fails when the ruleset is not byte for byte what it was.
func (h *host) same(when, before string) {
	h.Helper()
	if after := h.ruleset(); after != before {
		h.Errorf("%s the ruleset differs.\nbefore:\n%s\nafter:\n%s", when, before, after)
	}
}

// lab builds three networks around the host:
//
//	red  10.1.0.1, 2001:db8:1::1 -- sw0      host  eth0 -- out 198.51.100.2, 2001:db8:ff::2
//	blue 10.2.0.1, 2001:db8:2::1 -- sw0.100
//
// The outside has no route back: it can answer the host's own address only.
func (h *host) lab() {
	h.Helper()
	h.sh("cd /proc/sys/net; echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding; ip link set lo up")
	h.join("red", "sw0", "10.1.0", "2001:db8:1:", true)
	h.join("blue", "sw0.100", "10.2.0", "2001:db8:2:", true)
	h.join("out", "eth0", "198.51.100", "2001:db8:ff:", false)
}

func (h *host) join(node, ifname, net4, net6 string, route bool) {
	h.Helper()
	ns, self := h.ns(node), ".1"
	if node == "out" {
		self = ".2"
	}
	script := `
		ip netns add NS
		ip -n NS link set lo up
		ip link add IF type veth peer name eth0 netns NS
		ip addr add NET4.254/24 dev IF
		ip addr add NET6:fe/64 dev IF nodad
		ip -n NS addr add NET4SELF4/24 dev eth0
		ip -n NS addr add NET6SELF6/64 dev eth0 nodad
		ip -n NS link set eth0 up
		ip link set IF up
	`
	if route {
		script += "ip -n NS route add default via NET4.254\nip -n NS -6 route add default via NET6:fe\n"
	}
	h.sh(strings.NewReplacer("NS", ns, "IF", ifname, "NET4", net4, "NET6", net6,
		"SELF4", self, "SELF6", ":"+self[1:]).Replace(script))
	h.Cleanup(func() { _ = exec.CommandContext(context.Background(), "ip", "netns", "del", ns).Run() })
}

// ns returns the name of a namespace of the lab.
func (h *host) ns(node string) string { return strings.ReplaceAll(h.Name(), "/", "-") + "-" + node }

// in runs a command in a namespace of the lab.
func (h *host) in(node, command string) string {
	h.Helper()
	return h.sh("ip netns exec " + h.ns(node) + " " + command)
}

// Addresses of the lab.
var (
	redAddrs  = []string{"10.1.0.1", "2001:db8:1::1"}
	blueAddrs = []string{"10.2.0.1", "2001:db8:2::1"}
	outAddrs  = []string{"198.51.100.2", "2001:db8:ff::2"}
)

// reaches pings from one node to each address and compares.
func (h *host) reaches(node string, addrs []string, want bool) {
	h.Helper()
	for _, a := range addrs {
		args := []string{"netns", "exec", h.ns(node), "ping", "-n", "-q", "-i", "0.2"}
		if want {
			args = append(args, "-c", "1", "-W", "3", a)
		} else {
			args = append(args, "-c", "2", "-W", "0.4", a)
		}
		out, err := exec.CommandContext(h.Context(), "ip", args...).CombinedOutput()
		if (err == nil) != want {
			h.Errorf("%s reaches %s: %v, want %v\n%s", node, a, err == nil, want, out)
		}
	}
}

func nat(subnet, out string) NAT {
	return NAT{NAT: model.NAT{Subnet: netip.MustParsePrefix(subnet), OutInterface: out}}
}

func nats(subnets ...string) Rules {
	var r Rules
	for _, s := range subnets {
		r.NAT = append(r.NAT, nat(s, ""))
	}
	return r
}

// wholeLab is what the lab asks for when red, and red alone, has NAT.
func wholeLab() Rules {
	return Rules{
		Segments: []string{"sw0", "sw0.100"},
		NAT:      []NAT{nat("10.1.0.0/24", ""), nat("2001:db8:1::/64", "eth0")},
	}
}

var redAndBlue = Rules{Allow: []Pair{{"sw0.100", "sw0"}}}
