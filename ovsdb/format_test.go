package ovsdb

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func formatOf(t *testing.T) string {
	t.Helper()
	return strings.Trim(vsctl(t, "--if-exists", "get", "Open_vSwitch", ".", "external_ids:ovsns-format"), `"`)
}

// TestFormatIsThereWithTheFirstRecord, and as long as anything is recorded.
func TestFormatIsThereWithTheFirstRecord(t *testing.T) {
	c := dialHost(t)
	vsctl(t, "set", "Open_vSwitch", ".", "external_ids:system-id=x")
	vsctl(t, "add-br", "foreign", "--", "set", "bridge", "foreign", "datapath_type=netdev")
	before := dump(t)
	red := model.Namespace{Name: "red"}
	nat := model.NAT{Subnet: netip.MustParsePrefix("10.0.0.0/24")}
	u := commit(t, c, made(red))
	if got := formatOf(t); got != Format {
		t.Errorf("the first record is in format %q", got)
	}
	undo(t, u, before)
	commit(t, c, made(red, nat, sw0))
	for _, p := range []model.Plan{gone(nat), changed(red, red), gone(sw0), made(sw0), gone(red)} {
		commit(t, c, p)
		if got := formatOf(t); got != Format {
			t.Errorf("after\n%v the format is %q", p, got)
		}
	}
	there := dump(t)
	u = commit(t, c, gone(sw0))
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	undo(t, u, there)
	commit(t, c, made(red, nat))
	// What removes something in two steps has seen it only before the first.
	seen := observe(t, c, Scope{All: true})
	for _, p := range []model.Plan{gone(red, sw0), gone(nat)} {
		if got := formatOf(t); got != Format {
			t.Errorf("the format is %q", got)
		}
		if _, err := c.Commit(patient(t), seen, p); err != nil {
			t.Fatal(err)
		}
	}
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// TestAnotherFormat is read as far as it can be, and changed by nothing but Purge.
func TestAnotherFormat(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0")
	red := attachment("red", model.VLANs{Access: 100})
	nat := model.NAT{Subnet: netip.MustParsePrefix("10.0.0.0/24")}
	empty := dump(t)
	commit(t, c, made(sw0, red, model.Namespace{Name: "red"}, nat))
	written := vsctl(t, "get", "Open_vSwitch", ".", "external_ids")
	for name, tc := range map[string]struct {
		change []string
		format string
		names  string
	}{
		"newer": {[]string{"set", "Open_vSwitch", ".", "external_ids:ovsns-format=9"}, "9", "in format 9"},
		"none": {
			[]string{"remove", "Open_vSwitch", ".", "external_ids", "ovsns-format", "--", "remove", "bridge", "sw0", "external_ids", "ovsns-format"},
			"", "without a format",
		},
	} {
		vsctl(t, "set", "Open_vSwitch", ".", "external_ids="+written, "--", "set", "bridge", "sw0", "external_ids:ovsns-format="+Format)
		seen := observe(t, c, Scope{All: true})
		vsctl(t, tc.change...)
		vsctl(t, "set", "Open_vSwitch", ".", "external_ids:ovsns-nat/10.5.0.0/24=eth0")
		before := dump(t)
		n, err := c.Observe(patient(t), Scope{All: true})
		if err != nil {
			t.Fatal(err)
		}
		wantRecorded(t, n.Recorded, sw0, red, model.Namespace{Name: "red"}, nat)
		if n.Format != tc.format || len(n.Unreadable) != 1 {
			t.Errorf("%s: format %q, unreadable %v", name, n.Format, n.Unreadable)
		}
		refused := func(what string, err error) {
			t.Helper()
			wantClass(t, err, model.ErrConflict)
			if text := err.Error(); !strings.Contains(text, tc.names) || !strings.Contains(text, "writes format "+Format) ||
				strings.Contains(text, "\n") || model.Hint(err) != "ovsns destroy --all" {
				t.Errorf("%s %s: %q, hint %q", name, what, text, model.Hint(err))
			}
		}
		refused("look", n.CheckFormat())
		for what, p := range map[string]model.Plan{
			"record": made(model.Namespace{Name: "blue"}), "switch": made(sw0), "detach": gone(red), "forget": gone(nat), "destroy": gone(sw0, red),
		} {
			_, err := c.Commit(patient(t), nil, p)
			refused(what, err)
			_, err = c.Commit(patient(t), seen, p)
			refused(what+" as seen before", err)
			_, err = c.Submit(patient(t), n, p)
			refused(what+" as seen", err)
			refused(what+" asked", c.Check(patient(t), p))
		}
		_, err = c.Release(patient(t), nil, "red-eth0")
		refused("release", err)
		_, err = c.Adopt(patient(t), inventory(t, c), made(model.Namespace{Name: "blue"}))
		refused("adopt", err)
		if after := dump(t); after != before {
			t.Errorf("%s: before:\n%s\nafter:\n%s", name, before, after)
		}
		u, err := c.Purge(patient(t))
		if err != nil {
			t.Fatal(err)
		}
		if after := dump(t); after != empty {
			t.Errorf("%s: the empty database was:\n%s\nit is:\n%s", name, empty, after)
		}
		undo(t, u, before)
	}
}

// TestPurge takes away what no plan can speak of, and nothing of others.
func TestPurge(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0", "blue-eth0", "theirs")
	vsctl(t, "add-br", "foreign", "--", "set", "bridge", "foreign", "datapath_type=netdev", "--", "add-port", "foreign", "theirs")
	before := dump(t)
	if u, err := c.Purge(patient(t)); u != nil || err != nil {
		t.Errorf("of nothing: %v, %v", u, err)
	}
	commit(t, c, made(sw0, attachment("red", model.VLANs{}), model.Namespace{Name: "red"}))
	vsctl(t, "set", "bridge", "sw0", "external_ids:ovsns-datapath=nonsense", "--", "set", "port", "red-eth0", "external_ids:ovsns-kind=x",
		"--", "set", "Open_vSwitch", ".", "external_ids:ovsns-nonsense/x=y",
		"--", "add-port", "foreign", "blue-eth0", "--", "set", "port", "blue-eth0", "external_ids:ovsns-owner=ovsns")
	there := dump(t)
	u, err := c.Purge(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	if after := dump(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	undo(t, u, there)
	vsctl(t, "add-port", "sw0", "other", "--", "set", "interface", "other", "type=internal")
	there = dump(t)
	_, err = c.Purge(patient(t))
	wantClass(t, err, model.ErrNotManaged)
	if after := dump(t); after != there {
		t.Errorf("before:\n%s\nafter:\n%s", there, after)
	}
}

// TestClearedRoot: with the keys of the row of Open_vSwitch goes the format, but
// the switches tell it, and the next record puts it back: to stay as long as there
// is a switch.
func TestClearedRoot(t *testing.T) {
	c := dialHost(t)
	red := model.Namespace{Name: "red"}
	commit(t, c, made(sw0, red))
	vsctl(t, "clear", "Open_vSwitch", ".", "external_ids")
	seen := observe(t, c, Scope{})
	if seen.Format != Format {
		t.Errorf("the format is %q", seen.Format)
	}
	for _, s := range []*Snapshot{nil, seen} {
		vsctl(t, "clear", "Open_vSwitch", ".", "external_ids")
		u, err := c.Commit(patient(t), s, made(red))
		if err != nil {
			t.Fatal(err)
		}
		if got := formatOf(t); got != Format {
			t.Errorf("the format is %q", got)
		}
		if err := u.Run(patient(t)); err != nil {
			t.Fatal(err)
		}
		wantRecorded(t, observe(t, c, Scope{}).Recorded, sw0)
		if got := formatOf(t); got != Format {
			t.Errorf("undone, the format is %q", got)
		}
	}
}
