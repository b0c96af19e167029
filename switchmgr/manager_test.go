package switchmgr_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr"
)

// open returns a Manager on an empty host, which is emptied again afterwards.
func open(t *testing.T, o switchmgr.Options) *switchmgr.Manager {
	t.Helper()
	m, err := switchmgr.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// lab returns a Manager whose lab goes with the test.
func lab(t *testing.T) *switchmgr.Manager {
	t.Helper()
	m := open(t, switchmgr.Options{})
	t.Cleanup(func() {
		if _, err := m.DestroyAll(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return m
}

func must(t *testing.T, r *switchmgr.Result, err error) *switchmgr.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestKernelDatapath changes the datapath of a switch that is in use: to the
// kernel's where there is one, and back; elsewhere that is refused.
func TestKernelDatapath(t *testing.T) {
	m := lab(t)
	netdev := switchmgr.SwitchRequest{Datapath: model.DatapathNetdev}
	system := switchmgr.SwitchRequest{Datapath: model.DatapathSystem}
	gateway := netip.MustParsePrefix("10.0.0.254/24")
	netdev.Gateways = []netip.Prefix{gateway}
	r, err := m.CreateSwitch(t.Context(), netdev)
	must(t, r, err)
	if !nsmgr.HasKernelDatapath() {
		_, err := m.CreateSwitch(t.Context(), system)
		if !errors.Is(err, model.ErrNotReady) || !strings.Contains(model.Hint(err), "--datapath netdev") {
			t.Errorf("%v, hint %q", err, model.Hint(err))
		}
		return
	}
	for _, request := range []switchmgr.SwitchRequest{system, {Datapath: model.DatapathNetdev}} {
		r, err := m.CreateSwitch(t.Context(), request)
		must(t, r, err)
		out, err := exec.Command("ip", "-br", "address", "show", "dev", "sw0", "up").CombinedOutput()
		if err != nil || !strings.Contains(string(out), gateway.String()) {
			t.Errorf("%s: %v %s", request.Datapath, err, out)
		}
	}
}

// TestManagersSideBySide attaches from several Managers at once: the host's
// lock keeps them apart, and each gets an address of its own.
func TestManagersSideBySide(t *testing.T) {
	m := lab(t)
	gateway := []netip.Prefix{netip.MustParsePrefix("10.0.0.254/24")}
	r, err := m.CreateSwitch(t.Context(), switchmgr.SwitchRequest{Gateways: gateway})
	must(t, r, err)

	const n = 8
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for i := range n {
		wg.Go(func() {
			own, err := switchmgr.Open(t.Context(), switchmgr.Options{})
			if err != nil {
				errs <- err
				return
			}
			defer own.Close()
			_, err = own.Attach(t.Context(), switchmgr.AttachRequest{Namespace: fmt.Sprint("ns", i)})
			errs <- err
		})
	}
	wg.Wait()
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	shown, err := m.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[netip.Prefix]string{}
	for _, a := range shown.Switches[0].Attachments {
		if a.Problem != "" {
			t.Errorf("%s: %s", a.Namespace, a.Problem)
		}
		for _, p := range a.Addresses {
			if other := seen[p]; other != "" {
				t.Errorf("%s and %s both have %s", a.Namespace, other, p)
			}
			seen[p] = a.Namespace
		}
	}
	if len(seen) != n {
		t.Errorf("%d addresses for %d namespaces", len(seen), n)
	}
}

// TestManyGoroutines uses one Manager from many goroutines at once.
func TestManyGoroutines(t *testing.T) {
	m := lab(t)
	const n = 4
	var wg sync.WaitGroup
	run := func(verb func(i int) error) {
		for i := range n {
			wg.Go(func() {
				if err := verb(i); err != nil {
					t.Error(err)
				}
			})
		}
	}
	r, err := m.CreateSwitch(t.Context(), switchmgr.SwitchRequest{Gateways: []netip.Prefix{netip.MustParsePrefix("10.0.0.254/24")}})
	must(t, r, err)
	run(func(i int) error {
		_, err := m.Attach(t.Context(), switchmgr.AttachRequest{Namespace: fmt.Sprint("ns", i)})
		return err
	})
	run(func(int) error { _, err := m.Show(t.Context()); return err })
	run(func(int) error { _, err := m.Restore(t.Context()); return err })
	run(func(i int) error {
		l := &model.Lab{Namespaces: map[string]model.LabNamespace{fmt.Sprint("other", i): {}}}
		_, err := m.ApplyLab(t.Context(), l, switchmgr.ApplyOptions{Progress: func(int, int, string) {}})
		return err
	})
	wg.Wait()
	shown, err := m.Show(t.Context())
	if err != nil || len(shown.Namespaces) != 2*n || len(shown.Drift) > 0 {
		t.Errorf("%d namespaces, drift %v, %v", len(shown.Namespaces), shown.Drift, err)
	}
}

// TestFirstVerbs: several goroutines dial the database, and the one that gives up
// does not keep the others from it.
func TestFirstVerbs(t *testing.T) {
	m := lab(t)
	var wg sync.WaitGroup
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	wg.Go(func() { _, _ = m.Show(gone) })
	for range 4 {
		m.Dial(t.Context())
		wg.Go(func() {
			if _, err := m.Show(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestRepairs damages what a verb has made and repeats the verb.
func TestRepairs(t *testing.T) {
	m := lab(t)
	r, err := m.CreateSwitch(t.Context(), switchmgr.SwitchRequest{})
	must(t, r, err)
	request := switchmgr.AttachRequest{
		Namespace: "red", VLANs: &model.VLANs{Access: 100},
		IP: switchmgr.AddressChoice{Choice: switchmgr.ChoiceList, List: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}},
	}
	r, err = m.Attach(t.Context(), request)
	must(t, r, err)
	for _, damage := range []string{
		"ip -n red addr flush dev eth0 scope global",
		"ip link delete red-eth0",
		"ip netns delete red",
		"ovs-vsctl clear port red-eth0 tag",
		"ovs-vsctl clear port red-eth0 vlan_mode",
		"ip link set red-eth0 down",
		"ip -n red link set eth0 down",
		"ip -n red link set eth0 mtu 1300",
		"ovs-vsctl set interface red-eth0 type=internal",
	} {
		t.Run(damage, func(t *testing.T) {
			shell(t, damage)
			r, err := m.Attach(t.Context(), request)
			if r := must(t, r, err); len(r.Plan) == 0 {
				t.Error("nothing was repaired")
			}
			r, err = m.Attach(t.Context(), request)
			if r := must(t, r, err); len(r.Plan) != 0 {
				t.Errorf("something is left to repair: %v", r.Plan)
			}
			shell(t, "ip netns exec red ip -o addr show dev eth0 | grep 'inet 10.0.0.1/24'")
			shell(t, `[ "$(ovs-vsctl get port red-eth0 tag vlan_mode | tr '\n' ' ')" = "100 access " ]`)
		})
	}
}

func TestShowJSON(t *testing.T) {
	m := lab(t)
	shown, err := m.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(shown)
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("an empty lab is %s, %v", text, err)
	}
}

func TestNoDatabase(t *testing.T) {
	m := open(t, switchmgr.Options{DB: ovsdb.Options{Endpoints: "unix:" + t.TempDir() + "/none"}})
	_, err := m.CreateSwitch(t.Context(), switchmgr.SwitchRequest{})
	if !errors.Is(err, model.ErrNotReady) {
		t.Errorf("without a database: %v", err)
	}
	checks, err := m.Doctor(t.Context())
	if err != nil || switchmgr.Ready(checks) == nil {
		t.Errorf("the doctor finds nothing: %v %v", checks, err)
	}
}

// TestDial: a verb waits for the connection that was begun, as long as its own
// time allows; when that fails, the next verb dials again.
func TestDial(t *testing.T) {
	m := open(t, switchmgr.Options{})
	m.Dial(t.Context())
	m.Dial(t.Context()) // it is being dialled
	if _, err := m.Show(t.Context()); err != nil {
		t.Error(err)
	}
	m.Dial(t.Context()) // it is there

	socket := filepath.Join(t.TempDir(), "silent")
	silent, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	m, err = switchmgr.Open(t.Context(), switchmgr.Options{DB: ovsdb.Options{Endpoints: "unix:" + socket}})
	if err != nil {
		t.Fatal(err)
	}
	m.Dial(t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := m.Show(ctx); !errors.Is(err, model.ErrNotReady) {
		t.Errorf("a database that does not answer: %v", err)
	}
	if err := silent.Close(); err != nil { // removes the socket
		t.Fatal(err)
	}
	if err := os.Symlink("/run/openvswitch/db.sock", socket); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Show(t.Context()); err != nil {
		t.Errorf("when it answers again: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// TestCloseWhileDialling: nobody waits for a database that nothing has asked for.
func TestCloseWhileDialling(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "silent")
	silent, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	m, err := switchmgr.Open(t.Context(), switchmgr.Options{DB: ovsdb.Options{Endpoints: "unix:" + socket}})
	if err != nil {
		t.Fatal(err)
	}
	m.Dial(t.Context())
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// TestHungDaemon stops ovs-vswitchd: a verb gives up in its time, says so, and
// leaves nothing.
func TestHungDaemon(t *testing.T) {
	m := lab(t)
	shell(t, "kill -STOP $(cat /run/openvswitch/ovs-vswitchd.pid)")
	defer shell(t, "kill -CONT $(cat /run/openvswitch/ovs-vswitchd.pid)")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := m.CreateSwitch(ctx, switchmgr.SwitchRequest{Name: "late"})
	if !errors.Is(err, model.ErrNotReady) {
		t.Errorf("with ovs-vswitchd stopped: %v", err)
	}
	shown, err := m.Show(t.Context())
	if err != nil || len(shown.Switches) != 0 {
		t.Errorf("something was left: %v %v", shown, err)
	}
	if _, err := os.Stat("/sys/class/net/late"); err == nil {
		t.Error("the interface was left")
	}
}
