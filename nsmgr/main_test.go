package nsmgr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests run in network, mount and pid namespaces of their own, where /run
// and /etc are private too: TestMain starts the test binary once more inside.
const (
	stageEnv   = "NSMGR_TEST_STAGE"
	stageTests = "tests"
	stageExec  = "exec" // a process that calls Host.Exec with its arguments
	stageRead  = "read" // a process without privileges that looks around
)

func TestMain(m *testing.M) {
	switch os.Getenv(stageEnv) {
	case stageExec:
		os.Exit(execStage())
	case stageRead:
		os.Exit(readStage())
	case stageTests:
		if err := privateHost(); err != nil {
			fmt.Fprintln(os.Stderr, "cannot set up the private host:", err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	default:
		os.Exit(enterPrivateHost())
	}
}

func enterPrivateHost() int {
	if err := CheckPrivilege(); err != nil {
		fmt.Fprintln(os.Stderr, "these tests need root:", err)
		return 1
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), stageEnv+"="+stageTests)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID,
		Pdeathsig:  unix.SIGKILL,
	}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func privateHost() error {
	if err := unix.Mount("", "/", "none", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=0755"); err != nil {
		return err
	}
	return privateEtc()
}

// privateEtc covers /etc with a copy of the little that the tests need.
func privateEtc() error {
	args := []string{"-dR", "-t", "/run/etc"}
	for _, name := range []string{"alternatives", "hosts", "iproute2", "ld.so.cache", "nsswitch.conf", "passwd"} {
		if _, err := os.Lstat("/etc/" + name); err == nil {
			args = append(args, "/etc/"+name)
		}
	}
	if err := os.Mkdir("/run/etc", 0o755); err != nil {
		return err
	}
	if out, err := exec.Command("cp", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	if err := os.WriteFile("/run/etc/hostname", []byte("test\n"), 0o644); err != nil {
		return err
	}
	return unix.Mount("/run/etc", "/etc", "none", unix.MS_BIND, "")
}

// newHost returns a Host and removes all namespaces and veths afterwards.
func newHost(t testing.TB) *Host {
	t.Helper()
	h, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = h.Close()
		ip(t, "-all", "netns", "delete")
		cleaner, err := New()
		if err != nil {
			t.Fatal(err)
		}
		defer cleaner.Close()
		links, err := cleaner.Links(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if l.Kind == "veth" {
				_ = exec.Command("ip", "link", "delete", l.Name).Run()
			}
		}
	})
	return h
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// ip runs ip(8), which must succeed, and returns what it prints.
func ip(t testing.TB, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command("ip", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// ipJSON returns what `ip -j` says.
func ipJSON[T any](t testing.TB, args ...string) []T {
	t.Helper()
	out := ip(t, append([]string{"-j"}, args...)...)
	if strings.TrimSpace(out) == "" {
		return nil
	}
	var list []T
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return list
}

type ipLink struct {
	Index     int      `json:"ifindex"`
	Name      string   `json:"ifname"`
	Flags     []string `json:"flags"`
	MTU       int      `json:"mtu"`
	Address   string   `json:"address"`
	Alias     string   `json:"ifalias"`
	Mode      string   `json:"inet6_addr_gen_mode"`
	Addresses []struct {
		Family    string `json:"family"`
		Local     string `json:"local"`
		Bits      int    `json:"prefixlen"`
		Scope     string `json:"scope"`
		Tentative bool   `json:"tentative"`
		NoDAD     bool   `json:"nodad"`
	} `json:"addr_info"`
}

// ipLinkOf returns what ip(8) shows of a link and its addresses; ns "" is the
// host.
func ipLinkOf(t testing.TB, ns, name string) ipLink {
	t.Helper()
	links := ipJSON[ipLink](t, append(inNS(ns), "-d", "link", "show", "dev", name)...)
	addresses := ipJSON[ipLink](t, append(inNS(ns), "addr", "show", "dev", name)...)
	if len(links) != 1 || len(addresses) != 1 {
		t.Fatalf("ip shows %d links %s in %q", len(links), name, ns)
	}
	links[0].Addresses = addresses[0].Addresses
	return links[0]
}

// inNS returns the flags that make ip(8) work in a namespace.
func inNS(ns string) []string {
	if ns == "" {
		return nil
	}
	return []string{"-n", ns}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantClass(t testing.TB, err, class error) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Fatalf("got error %v, want class %q", err, class)
	}
}

func create(t testing.TB, h *Host, names ...string) {
	t.Helper()
	for _, n := range names {
		must(t, h.CreateNamespaces(testContext(t), n))
	}
}

// attach joins a namespace to the host as an attachment does.
func attach(t testing.TB, h *Host, ns, ifname, port string) {
	t.Helper()
	must(t, h.CreateVeths(testContext(t), Veth{
		VethEnd{Name: port, Alias: "ovsns: " + ns + " " + ifname, Quiet: true},
		VethEnd{Namespace: ns, Name: ifname},
	}))
}

// marks says of each namespace whether it is ovsns's.
func marks(list []NamespaceInfo) string {
	var words []string
	for _, n := range list {
		words = append(words, fmt.Sprintf("%s %v", n.Name, n.Managed))
	}
	return strings.Join(words, ", ")
}
