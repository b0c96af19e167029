package nsmgr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

func TestNamespaceNames(t *testing.T) {
	h := newHost(t)
	for _, name := range []string{"", ".", "..", "a/b", "../evil", "a b", "a\nb", "-x", strings.Repeat("x", 300)} {
		wantClass(t, h.CreateNamespaces(testContext(t), name), model.ErrInvalid)
		wantClass(t, h.DeleteNamespaces(testContext(t), name), model.ErrInvalid)
		_, _, err := h.FindNamespace(testContext(t), name)
		wantClass(t, err, model.ErrInvalid)
		if name != "" {
			wantClass(t, h.Do(name, func() error { return nil }), model.ErrInvalid)
		}
	}
	for _, name := range []string{"a", "netz-ö", "a:b", "a'b$", strings.Repeat("x", 255)} {
		create(t, h, name)
		if !strings.Contains(ip(t, "netns", "list"), name) {
			t.Errorf("ip netns does not list %s", name)
		}
		must(t, h.DeleteNamespaces(testContext(t), name))
	}
}

// TestQuietStart compares an interface with one of a namespace that has the
// kernel's defaults.
func TestQuietStart(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	ip(t, "netns", "add", "loud")
	t.Cleanup(func() { ip(t, "netns", "delete", "loud") })
	for _, ns := range []string{"red", "loud"} {
		attach(t, h, ns, "eth0", ns+"-eth0")
		must(t, h.SetLink(ctx, "", ns+"-eth0", LinkChange{Up: new(true)}))
		must(t, h.SetLink(ctx, ns, "eth0", LinkChange{Up: new(true)}))
	}
	waitForPackets(t, "loud-eth0", 3) // of its first second
	text := ip(t, "-n", "red", "-6", "address", "show", "dev", "eth0", "scope", "link")
	if !strings.Contains(text, "fe80::") || strings.Contains(text, "tentative") {
		t.Errorf("the link-local address is not ready: %q", text)
	}
	settled := received(t, "red-eth0")
	waitForPackets(t, "loud-eth0", 1) // of the next ones
	if now := received(t, "red-eth0"); now != settled {
		t.Errorf("it goes on to send: %d packets, then %d", settled, now)
	}
}

// received returns how many packets have come to an interface of the host.
func received(t *testing.T, ifname string) int {
	t.Helper()
	type link struct {
		Stats64 struct{ RX struct{ Packets int } }
	}
	return ipJSON[link](t, "-s", "link", "show", "dev", ifname)[0].Stats64.RX.Packets
}

// waitForPackets waits until that many more have come.
func waitForPackets(t *testing.T, ifname string, more int) {
	t.Helper()
	ctx := testContext(t)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for want := received(t, ifname) + more; received(t, ifname) < want; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s does not receive %d packets", ifname, want)
		}
	}
}

func TestCreateNamespaces(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	lo := ipLinkOf(t, "red", "lo")
	if lo.Alias != "ovsns" || !slices.Contains(lo.Flags, "UP") {
		t.Errorf("lo has alias %q and flags %v", lo.Alias, lo.Flags)
	}
	info, found, err := h.FindNamespace(ctx, "red")
	if err != nil || !found || !info.Managed {
		t.Errorf("FindNamespace: %+v %v %v", info, found, err)
	}
	wantClass(t, h.CreateNamespaces(ctx, "red"), model.ErrConflict)
	if out := ip(t, "netns", "exec", "red", "ip", "-br", "link"); !strings.HasPrefix(out, "lo") {
		t.Errorf("ip netns exec: %s", out)
	}
	ip(t, "netns", "delete", "red")
	if _, found, err := h.FindNamespace(ctx, "red"); found || err != nil {
		t.Errorf("found after ip netns delete: %v %v", found, err)
	}
	_, err = h.Links(ctx, "red")
	wantClass(t, err, model.ErrNotFound)
}

// TestCreateNamespaceAfterAKilledProcess finds the file of one that had not
// mounted its namespace.
func TestCreateNamespaceAfterAKilledProcess(t *testing.T) {
	h := newHost(t)
	create(t, h, "first") // makes the directory
	for mode, want := range map[os.FileMode]error{fileMode: nil, 0: model.ErrConflict} {
		path := netnsPath("red")
		must(t, os.WriteFile(path, nil, mode))
		wantClass(t, h.CreateNamespaces(testContext(t), "red"), want)
		must(t, h.DeleteNamespaces(testContext(t), "red"))
		if want != nil {
			must(t, os.Remove(path))
		}
	}
}

func TestNamespacesMountPropagates(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	info, err := os.ReadFile("/proc/self/mountinfo")
	must(t, err)
	for line := range strings.Lines(string(info)) {
		if strings.Contains(line, " /run/netns ") && strings.Contains(line, "shared:") {
			return
		}
	}
	t.Errorf("/run/netns is not a shared mount:\n%s", info)
}

func TestForeignNamespace(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	ip(t, "netns", "add", "theirs")
	create(t, h, "ours")
	list, err := h.Namespaces(ctx)
	must(t, err)
	if got := marks(list); got != "ours true, theirs false" {
		t.Errorf("Namespaces: %s", got)
	}
	wantClass(t, h.CreateNamespaces(ctx, "theirs"), model.ErrConflict)
	wantClass(t, h.DeleteNamespaces(ctx, "ours", "theirs"), model.ErrNotManaged)
	if list, _ := h.Namespaces(ctx); len(list) != 2 {
		t.Errorf("a refused deletion left %v", list)
	}
}

// TestFileInTheWay: what is in /run/netns and is no namespace stops nobody, and
// nobody waits for it.
func TestFileInTheWay(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	for kind, make := range map[string]func(path string) error{
		"file":      func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"fifo":      func(path string) error { return unix.Mkfifo(path, 0o600) },
		"socket":    func(path string) error { return unix.Mknod(path, unix.S_IFSOCK|0o600, 0) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"loop":      func(path string) error { return os.Symlink(path, path) },
		"tofifo":    func(path string) error { return os.Symlink("/run/netns/fifo", path) },
	} {
		path := netnsPath(kind)
		must(t, make(path))
		defer os.Remove(path)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, name := range []string{"file", "fifo", "socket", "directory", "loop", "tofifo"} {
			noNamespaceThere(t, h, name)
		}
		notListed(t, h)
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		panic("it hangs") // and with it every method of h
	}
}

func noNamespaceThere(t *testing.T, h *Host, name string) {
	ctx := testContext(t)
	if _, found, err := h.FindNamespace(ctx, name); found || err != nil {
		t.Errorf("FindNamespace %s: %v %v", name, found, err)
	}
	if _, found, err := h.Look(ctx, name); found || err != nil {
		t.Errorf("Look %s: %v %v", name, found, err)
	}
	_, identity := h.NamespaceID(name)
	for doing, err := range map[string]error{
		"Do": h.Do(name, func() error { return nil }), "NamespaceID": identity,
		"JoinPaths": JoinPaths(ctx, netnsPath(name), "a", netnsPath("red"), "b"),
	} {
		if !errors.Is(err, model.ErrNotFound) {
			t.Errorf("%s %s: %v", doing, name, err)
		}
		if !strings.Contains(fmt.Sprint(err), "is not a network namespace") {
			t.Errorf("%s %s does not say what is wrong: %v", doing, name, err)
		}
	}
	err := h.CreateNamespaces(ctx, name)
	if !errors.Is(err, model.ErrConflict) || model.Hint(err) != "rm /run/netns/"+name {
		t.Errorf("CreateNamespaces %s: %v, hint %q", name, err, model.Hint(err))
	}
	if err := h.DeleteNamespaces(ctx, name); err != nil {
		t.Errorf("DeleteNamespaces %s: %v", name, err)
	}
}

// notListed looks for namespaces in all ways.
func notListed(t *testing.T, h *Host) {
	ctx := testContext(t)
	list, err := h.Namespaces(ctx)
	inside, lerr := h.LookAll(ctx)
	held, herr := h.HoldNamespaces(ctx)
	if err != nil || lerr != nil || herr != nil {
		t.Errorf("%v %v %v", err, lerr, herr)
		return
	}
	defer held.Close()
	if len(list) != 1 || len(inside) != 1 || len(held.Namespaces()) != 1 {
		t.Errorf("listed: %+v %+v %+v", list, inside, held.Namespaces())
	}
	watching, cancel := context.WithCancel(ctx)
	err = h.Watch(watching, func(News) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Watch: %v", err)
	}
}

// TestNamespaceID: all ways to read it agree, and it does not come back with the
// name, nor with the inode.
func TestNamespaceID(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	seen := map[string]bool{}
	for range 5 {
		create(t, h, "red")
		id, err := h.NamespaceID("red")
		must(t, err)
		found, _, err := h.FindNamespace(ctx, "red")
		must(t, err)
		list, err := h.Namespaces(ctx)
		must(t, err)
		if seen[id] || len(list) != 1 || list[0].ID != id || found.ID != id {
			t.Fatalf("NamespaceID %q (seen: %v), FindNamespace %+v, Namespaces %+v", id, seen, found, list)
		}
		seen[id] = true
		ip(t, "netns", "exec", "red", "sh", "-c", "ip link set lo alias other; chmod 400 /run/netns/red || true")
		if again, err := h.NamespaceID("red"); err != nil || again != id {
			t.Errorf("from inside it was made %q %v, not %q", again, err, id)
		}
		ip(t, "netns", "delete", "red")
		must(t, h.DeleteNamespaces(ctx, "red")) // lets go of it
	}
	_, err := h.NamespaceID("red")
	wantClass(t, err, model.ErrNotFound)
	_, err = h.NamespaceID("../red")
	wantClass(t, err, model.ErrInvalid)
}

func TestNameGivenToAnotherNamespace(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	ip(t, "netns", "delete", "red")
	ip(t, "netns", "add", "red")
	links, err := h.Links(ctx, "red")
	if err != nil || len(links) != 1 {
		t.Errorf("Links of the new namespace: %v %v", links, err)
	}
	must(t, h.waitGone(ctx, "red-eth0"))
}

// waitGone waits until the host has no such link.
func (h *Host) waitGone(ctx context.Context, name string) error {
	return h.with("", func(c *conn) error {
		events, err := c.watchLinks(ctx)
		if err != nil {
			return err
		}
		defer events.close()
		for {
			link, err := c.find(name)
			if link == nil || err != nil {
				return err
			}
			if _, err := events.next(); err != nil && err != errMissed {
				return err
			}
		}
	})
}

func TestCreateManyAtOnce(t *testing.T) {
	h := newHost(t)
	before := threadNamespaces(t)
	var wg sync.WaitGroup
	errs := make([]error, 100)
	for i := range 100 { // two for each name: one of them must lose
		wg.Go(func() {
			errs[i] = h.CreateNamespaces(testContext(t), fmt.Sprintf("ns%d", i/2))
		})
	}
	wg.Wait()
	for i := 0; i < 100; i += 2 {
		won, lost := errs[i], errs[i+1]
		if won != nil {
			won, lost = lost, won
		}
		if won != nil || !errors.Is(lost, model.ErrConflict) {
			t.Errorf("ns%d: %v and %v", i/2, errs[i], errs[i+1])
		}
	}
	list, err := h.Namespaces(testContext(t))
	must(t, err)
	if len(list) != 50 {
		t.Errorf("%d namespaces", len(list))
	}
	for _, n := range list {
		if !n.Managed {
			t.Errorf("%s is not marked", n.Name)
		}
	}
	ids := map[nsID]bool{}
	for _, n := range list {
		id, err := statNS(netnsPath(n.Name))
		must(t, err)
		ids[id] = true
	}
	if len(ids) != 50 || ids[before] {
		t.Errorf("%d distinct namespaces of 50", len(ids))
	}
	if after := threadNamespaces(t); after != before {
		t.Errorf("threads were in %v and are in %v", before, after)
	}
}

// TestCreateNamespacesFailsWhole: when one fails, those that were made go again.
func TestCreateNamespacesFailsWhole(t *testing.T) {
	h := newHost(t)
	create(t, h, "blue")
	ctx := testContext(t)
	must(t, h.CreateNamespaces(ctx))
	wantClass(t, h.CreateNamespaces(ctx, "n1", "n2", "n3", "n2", "n4"), model.ErrConflict)
	wantClass(t, h.CreateNamespaces(ctx, "n1", "blue"), model.ErrConflict)
	if list, err := h.Namespaces(ctx); err != nil || len(list) != 1 {
		t.Errorf("left: %v, %v", list, err)
	}
}

func TestCreateNamespacesInterrupted(t *testing.T) {
	h := newHost(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	wantClass(t, h.CreateNamespaces(ctx, "red"), model.ErrNotReady)
	create(t, h, "blue")
	if out := ip(t, "netns", "list"); strings.Contains(out, "red") {
		t.Errorf("ip netns list: %s", out)
	}
}

func TestSysctl(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	const forward = "net/ipv4/ip_forward"
	before, err := h.Sysctl("", forward)
	must(t, err)
	must(t, h.SetSysctl("red", forward, "1"))
	must(t, h.SetSysctl("", forward, "0"))
	for ns, want := range map[string]string{"": "0", "red": "1"} {
		if got, err := h.Sysctl(ns, forward); got != want || err != nil {
			t.Errorf("%s of %q: %s %v", forward, ns, got, err)
		}
	}
	if out := ip(t, "netns", "exec", "red", "cat", "/proc/sys/"+forward); out != "1\n" {
		t.Errorf("red itself sees %s", out)
	}
	must(t, h.SetSysctl("", forward, before))
	_, err = h.Sysctl("red", "net/ipv4/nonsense")
	wantClass(t, err, model.ErrNotFound)
	_, err = h.Sysctl("nobody", forward)
	wantClass(t, err, model.ErrNotFound)
	wantClass(t, h.SetSysctl("red", forward, "nonsense"), model.ErrInvalid)
	for _, path := range []string{"", ".", "../../etc/passwd", "/etc/passwd", "net/../x", "net/"} {
		_, err := h.Sysctl("", path)
		wantClass(t, err, model.ErrInvalid)
	}
}
