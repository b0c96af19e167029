package ovsdb

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
)

// client dials the private host and empties its database afterwards.
func dialHost(t *testing.T) *Client {
	t.Helper()
	c := dialAt(t, "")
	t.Cleanup(func() {
		for _, br := range strings.Fields(vsctl(t, "list-br")) {
			vsctl(t, "del-br", br)
		}
		vsctl(t, "clear", "Open_vSwitch", ".", "external_ids")
	})
	return c
}

func dialAt(t *testing.T, endpoints string) *Client {
	t.Helper()
	c, err := Dial(patient(t), Options{Endpoints: endpoints})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// patient is for what ends long before: a busy machine is no failure.
func patient(t *testing.T) context.Context { return contextFor(t, time.Minute) }

// inTime calls f with longer and longer time limits until it reports success:
// how long a busy machine needs is not known.
func inTime(t *testing.T, limit time.Duration, f func(context.Context) error) {
	t.Helper()
	for ; ; limit *= 2 {
		err := f(contextFor(t, limit))
		if err == nil {
			return
		}
		if limit > 10*time.Second {
			t.Fatalf("with %v: %v", limit, err)
		}
	}
}

func contextFor(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func vsctl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("ovs-vsctl", append([]string{"--timeout=10"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ovs-vsctl %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// veth makes devices that can be ports.
func veth(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := run("ip", "link", "add", name, "type", "veth", "peer", "name", "p"+name); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := run("ip", "link", "del", name); err != nil {
				t.Error(err)
			}
		})
	}
}

// made is the plan that makes objects; gone that removes them.
func made(objects ...model.Object) model.Plan {
	return model.Diff(model.NewState(), model.NewState(objects...))
}

func gone(objects ...model.Object) model.Plan { return made(objects...).Reverse() }

func changed(before, after model.Object) model.Plan {
	return model.Plan{{Before: before, After: after}}
}

func commit(t *testing.T, c *Client, p model.Plan) *Undo {
	t.Helper()
	u, err := c.Commit(patient(t), nil, p)
	if err != nil {
		t.Fatalf("commit: %v", err)
	}
	return u
}

func observe(t *testing.T, c *Client, s Scope) *Snapshot {
	t.Helper()
	n, err := c.Observe(patient(t), s)
	if err != nil {
		t.Fatalf("observe: %v", err)
	}
	if len(n.Unreadable) > 0 {
		t.Fatalf("unreadable: %v", n.Unreadable)
	}
	return n
}

// wantRecorded compares what is recorded with what was asked for.
func wantRecorded(t *testing.T, got *model.State, want ...model.Object) {
	t.Helper()
	if p := model.Diff(model.NewState(want...), got); len(p) > 0 {
		var b strings.Builder
		_ = p.WriteText(&b)
		t.Errorf("recorded differs:\n%s", b.String())
	}
}

func wantClass(t *testing.T, err, class error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, c := range []error{model.ErrInvalid, model.ErrNotFound, model.ErrConflict, model.ErrNotManaged, model.ErrNotReady} {
		if errors.Is(err, c) != (c == class) {
			t.Fatalf("error %q is of class %v, want %v", err, c, class)
		}
	}
}

// derived are columns that ovs-vswitchd or ovsdb-server fill in.
var derived = []string{
	"_uuid", "next_cfg", "cur_cfg", "statistics", "datapath_id", "datapath_version", "status", "rstp_status",
	"rstp_statistics", "bond_active_slave", "mac_in_use", "ifindex", "ofport", "error", "cfm_remote_mpids",
	"cfm_flap_count", "cfm_fault", "cfm_fault_status", "cfm_remote_opstate", "cfm_health", "lacp_current",
	"admin_state", "link_state", "link_resets", "link_speed", "duplex", "mtu", "bfd_status", "datapaths",
}

// dump returns the rows of the database as text, with names in place of UUIDs
// and without what is derived.
func dump(t *testing.T) string {
	t.Helper()
	type table struct {
		Headings []string
		Data     [][]any
	}
	var lines, names []string
	for _, name := range []string{"Open_vSwitch", "Bridge", "Port", "Interface"} {
		var tab table
		if err := json.Unmarshal([]byte(vsctl(t, "--format=json", "list", name)), &tab); err != nil {
			t.Fatal(err)
		}
		for _, row := range tab.Data {
			line, id, title := name, "", ""
			for i, h := range tab.Headings {
				text, _ := json.Marshal(row[i])
				switch h {
				case "_uuid":
					id = row[i].([]any)[1].(string)
				case "name":
					title = row[i].(string)
				}
				if !slices.Contains(derived, h) {
					line += " " + h + "=" + string(text)
				}
			}
			lines = append(lines, line)
			names = append(names, id, name+":"+title)
		}
	}
	text := strings.NewReplacer(names...).Replace(strings.Join(lines, "\n"))
	lines = strings.Split(text, "\n")
	for i := range lines {
		lines[i] = sortedSets(lines[i])
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// sortedSets puts the references of a line in order: their order was that of
// the UUIDs.
func sortedSets(line string) string {
	words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("[],", r) })
	slices.Sort(words)
	return strings.Join(words, " ")
}

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

var sw0 = model.Switch{Name: "sw0", Datapath: model.DatapathNetdev}

func attachment(ns string, v model.VLANs) model.Attachment {
	return model.Attachment{
		Namespace: ns, Ifname: "eth0", Switch: "sw0", VLANs: v, Port: ns + "-eth0",
		Addresses: prefixes("172.16.10.1/24", "2001:db8::1/64"),
		Gateways:  []netip.Addr{netip.MustParseAddr("172.16.10.254")},
		MAC:       model.MAC{2, 0, 0, 0, 0, 1}, MTU: 1400,
	}
}
