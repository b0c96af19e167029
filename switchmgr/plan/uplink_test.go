package plan_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

func TestUplink(t *testing.T) {
	l := newLab(t)
	l.must(createSwitch("sw0"))
	want(t, l.must(uplink("eth1", "100,200")), "+ uplink eth1: switch sw0, trunk 100,200")
	want(t, l.must(uplink("eth1", "")), "")
	want(t, l.must(uplink("eth1", "100")), "~ uplink eth1: trunk 100,200 -> trunk 100")
	want(t, l.must(uplink("eth2", "")), "+ uplink eth2: switch sw0, untagged")
	for name, up := range map[string]bool{"eth1": true, "eth2": false} {
		if u, _ := model.Get[model.Uplink](l.state, model.UplinkKey(name)); u.WasUp != up {
			t.Errorf("%s is recorded as having been up: %v", name, u.WasUp)
		}
	}
	l.must(deleteUplink("eth2"))
	l.refused(model.ErrNotFound, "eth2 is not an uplink", "ovsns uplink list", deleteUplink("eth2"))
	l.must(createSwitch("sw1"))
	l.refused(model.ErrConflict, "eth1 is an uplink of switch sw0", "ovsns uplink delete eth1", func(e *plan.Editor) error {
		return e.AddUplink(plan.UplinkRequest{Interface: "eth1", Switch: "sw1"})
	})
}

// TestUplinkInUserspace wants the host's own stack kept off the wire, and the
// interface given back as it was.
func TestUplinkInUserspace(t *testing.T) {
	l := newLab(t)
	l.host.Auto = model.DatapathNetdev
	for name := range model.UplinkSettings("eth1") {
		l.host.Sysctls[name] = "0"
	}
	l.must(createSwitch("sw0"))
	want(t, l.must(uplink("eth1", "")),
		"+ sysctl net/ipv4/conf/eth1/arp_ignore: value 8, before 0",
		"+ sysctl net/ipv4/conf/eth1/rp_filter: value 1, before 0",
		"+ sysctl net/ipv6/conf/eth1/disable_ipv6: value 1, before 0",
		"+ uplink eth1: switch sw0, untagged")
	want(t, l.must(uplink("eth1", "")), "")
	l.must(deleteUplink("eth1"))
	for name := range model.UplinkSettings("eth1") {
		if l.host.Sysctls[name] != "0" {
			t.Errorf("%s was not put back", name)
		}
	}
}

func TestUplinkRefuses(t *testing.T) {
	l := newLab(t)
	l.refused(model.ErrNotFound, "no switch", "ovsns switch create", uplink("eth1", ""))
	l.must(createSwitch("sw0"), attach("red"))
	l.refused(model.ErrConflict, "eth0 has the address 198.51.100.7/24", "ip address del 198.51.100.7/24 dev eth0", uplink("eth0", ""))
	l.refused(model.ErrNotFound, "eth9", "", uplink("eth9", ""))
	l.refused(model.ErrInvalid, "reserved", "", uplink("lo", ""))
	l.host.Interfaces["red-eth0"] = plan.Interface{Owner: plan.TakenOurs}
	l.refused(model.ErrConflict, "part of the lab", "", uplink("red-eth0", ""))
	l.host.Interfaces["sw0"] = plan.Interface{Owner: plan.TakenForeign, Kind: "openvswitch"} // has no mark
	l.refused(model.ErrConflict, "part of the lab", "", uplink("sw0", ""))
	l.host.Taken["eth1"] = plan.TakenForeign
	l.refused(model.ErrNotManaged, "eth1", "", uplink("eth1", ""))
}
