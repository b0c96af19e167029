package switchmgr_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr"
)

// Limits on what a lab costs. They are counts, which a busy machine does not
// change; who makes ovsns cheaper lowers them.
const (
	// Requests to ovsdb-server, whatever the size of the lab.
	mostApplyTrips   = 3
	mostReapplyTrips = 1
	mostDestroyTrips = 5
	mostAttachTrips  = 3
	mostDetachTrips  = 5
	mostShowTrips    = 1
	// Allocations for each namespace with a port; a tenth of it is room for the
	// race detector's own.
	mostApplyAllocs   = 520
	mostReapplyAllocs = 700 // 75 of them tell whether a port is as it was made
	mostDestroyAllocs = 1150
)

// wideLab is n namespaces on one switch.
func wideLab(n int) *model.Lab {
	l := &model.Lab{
		Version:    model.LabVersion,
		Switches:   map[string]model.LabSwitch{"sw0": {}},
		Namespaces: map[string]model.LabNamespace{},
	}
	for i := range n {
		l.Namespaces[fmt.Sprint("n", i)] = model.LabNamespace{Interfaces: []model.LabInterface{{
			Switch: "sw0", LabVLANs: model.LabVLANs{VLAN: model.VID(100 + i/10)}, IP: []string{fmt.Sprintf("10.0.%d.%d/16", i/250, i%250+1)},
		}}}
	}
	return l
}

// TestRoundTrips: apply and destroy ask the database a fixed number of times,
// however large the lab.
func TestRoundTrips(t *testing.T) {
	socket, requests := countRequests(t)
	m := open(t, switchmgr.Options{DB: ovsdb.Options{Endpoints: "unix:" + socket}})
	count := requests.Load
	few, many := costsOf(t, m, 3, count), costsOf(t, m, 40, count)
	for i, most := range []uint64{mostApplyTrips, mostReapplyTrips, mostDestroyTrips} {
		if few[i] != many[i] {
			t.Errorf("%s: %d requests for 3 namespaces, %d for 40", costly[i], few[i], many[i])
		}
		if many[i] > most {
			t.Errorf("%s: %d requests, more than %d", costly[i], many[i], most)
		}
		t.Logf("%s: %d requests", costly[i], many[i])
	}
}

// TestSingleTrips: so does what concerns one namespace.
func TestSingleTrips(t *testing.T) {
	socket, requests := countRequests(t)
	m := open(t, switchmgr.Options{DB: ovsdb.Options{Endpoints: "unix:" + socket}})
	apply(t, m, wideLab(3), switchmgr.ApplyOptions{})
	address := switchmgr.AddressChoice{Choice: switchmgr.ChoiceList, List: []netip.Prefix{netip.MustParsePrefix("10.0.9.9/16")}}
	for _, verb := range []struct {
		name string
		most uint64
		run  func() error
	}{
		{"attach", mostAttachTrips, func() error {
			_, err := m.Attach(t.Context(), switchmgr.AttachRequest{Namespace: "one", VLANs: &model.VLANs{Access: 100}, IP: address})
			return err
		}},
		{"show", mostShowTrips, func() error { _, err := m.Show(t.Context()); return err }},
		{"detach", mostDetachTrips, func() error {
			_, err := m.Detach(t.Context(), switchmgr.DetachRequest{Namespace: "one"})
			return err
		}},
	} {
		begin := requests.Load()
		if err := verb.run(); err != nil {
			t.Fatalf("%s: %v", verb.name, err)
		}
		if asked := requests.Load() - begin; asked > verb.most {
			t.Errorf("%s: %d requests, more than %d", verb.name, asked, verb.most)
		} else {
			t.Logf("%s: %d requests", verb.name, asked)
		}
	}
}

// TestAllocations: each further namespace takes a bounded number of
// allocations.
func TestAllocations(t *testing.T) {
	m := open(t, switchmgr.Options{})
	count := func() uint64 {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.Mallocs
	}
	const few, some = 10, 60
	costsOf(t, m, few, count) // what is made once
	first, second := costsOf(t, m, few, count), costsOf(t, m, some, count)
	for i, most := range []uint64{mostApplyAllocs, mostReapplyAllocs, mostDestroyAllocs} {
		each := (second[i] - first[i]) / (some - few)
		if each > most {
			t.Errorf("%s: %d allocations for each namespace, more than %d", costly[i], each, most)
		}
		t.Logf("%s: %d allocations for each namespace", costly[i], each)
	}
}

// costly are the steps of costsOf.
var costly = [...]string{"apply", "second apply", "destroy"}

// costsOf makes a lab, looks at it again, and destroys it; it returns what has
// been counted in each step.
func costsOf(t *testing.T, m *switchmgr.Manager, n int, count func() uint64) (costs [len(costly)]uint64) {
	t.Helper()
	l := wideLab(n)
	for i := range costly {
		begin := count()
		if costly[i] == "destroy" {
			if _, err := m.DestroyAll(t.Context()); err != nil {
				t.Fatal(err)
			}
		} else if r := apply(t, m, l, switchmgr.ApplyOptions{}); i > 0 && len(r.Plan) != 0 {
			t.Fatalf("a second apply does\n%v", r.Plan)
		}
		costs[i] = count() - begin
	}
	return costs
}

// countRequests stands between ovsns and ovsdb-server and counts what ovsns
// asks.
func countRequests(t *testing.T) (socket string, requests *atomic.Uint64) {
	t.Helper()
	socket, requests = filepath.Join(t.TempDir(), "db.sock"), new(atomic.Uint64)
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return // closed
			}
			server, err := net.Dial("unix", "/run/openvswitch/db.sock")
			if err != nil {
				client.Close()
				continue
			}
			go func() {
				defer client.Close()
				_, _ = io.Copy(client, server) // until one of them ends
			}()
			go func() {
				defer server.Close()
				asked := json.NewDecoder(client)
				for {
					var text json.RawMessage
					var request struct{ Method string }
					if asked.Decode(&text) != nil || json.Unmarshal(text, &request) != nil {
						return
					}
					if request.Method == "transact" {
						requests.Add(1) // before it can be answered
					}
					if _, err := server.Write(text); err != nil {
						return
					}
				}
			}()
		}
	}()
	return socket, requests
}
