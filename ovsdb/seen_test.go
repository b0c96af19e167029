package ovsdb

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestNeighbours(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0", "blue-eth0", "green-eth0", "grey-eth0")
	red := attachment("red", model.VLANs{Access: 100})
	far := attachment("grey", model.VLANs{Access: 100})
	far.Switch = "sw1"
	commit(t, c, made(sw0, model.Switch{Name: "sw1", Datapath: "netdev"}, far, red,
		attachment("blue", model.VLANs{Access: 200}), attachment("green", model.VLANs{Access: 100})))
	vsctl(t, "set", "port", "green-eth0", "external_ids:ovsns-address=nonsense")
	asked := []model.Segment{{Switch: "sw0", VLAN: 100}, {Switch: "sw0"}}
	for name, scope := range map[string][]model.Segment{
		"none": nil, "one": asked[:1], "all": asked, "any switch": {{VLAN: 100}}, "another": {{Switch: "sw0", VLAN: 200}},
	} {
		seen := observe(t, c, Scope{Neighbours: scope})
		list, err := c.Neighbours(patient(t), seen, asked)
		if err != nil || len(list) != 1 || !model.Equal(list[0], red) {
			t.Errorf("%s: neighbours are %+v, %v", name, list, err)
		}
	}
	native := attachment("red", model.VLANs{Trunk: model.VIDSet{10, 100}, Native: 100})
	commit(t, c, changed(red, native))
	list, err := c.Neighbours(patient(t), observe(t, c, Scope{Neighbours: []model.Segment{{VLAN: 100}}}), asked)
	if err != nil || len(list) != 1 || !model.Equal(list[0], native) {
		t.Errorf("neighbours are %+v, %v", list, err)
	}
}

// TestSeen: what a snapshot shows is not read again, but when others have
// changed it since, Commit does what it does without a snapshot.
func TestSeen(t *testing.T) {
	red := attachment("red", model.VLANs{Access: 100})
	thief := attachment("blue", model.VLANs{})
	thief.Port = "red-eth0"
	all := Scope{Switches: []string{"sw0"}}
	for name, tc := range map[string]struct {
		before    model.Plan
		meanwhile func(t *testing.T, c *Client)
		plan      model.Plan
		class     error
		left      []model.Object
	}{
		"made":           {made(sw0), nil, made(red), nil, []model.Object{sw0, red}},
		"gone":           {made(sw0, red), nil, gone(red), nil, []model.Object{sw0}},
		"port is taken":  {made(sw0), changes("add-port", "sw0", "red-eth0"), made(red), model.ErrNotManaged, []model.Object{sw0}},
		"port is ours":   {made(sw0), commits(made(thief)), made(red), model.ErrConflict, []model.Object{sw0, thief}},
		"port is there":  {made(sw0), commits(made(red)), made(red), nil, []model.Object{sw0, red}},
		"port is gone":   {made(sw0, red), changes("del-port", "red-eth0"), gone(red), nil, []model.Object{sw0}},
		"port is anew":   {made(sw0, red), renews(red), gone(red), nil, []model.Object{sw0}},
		"port is theirs": {made(sw0, red), changes("remove", "port", "red-eth0", "external_ids", "ovsns-owner"), gone(red), model.ErrNotManaged, []model.Object{sw0}},
		"switch is gone": {made(sw0), changes("del-br", "sw0"), made(red), model.ErrNotFound, nil},
		"switch is anew": {made(sw0), renews(sw0), made(red), nil, []model.Object{sw0, red}},
		"switch is made": {nil, commits(made(sw0)), made(sw0), nil, []model.Object{sw0}},
		"switch is taken": {
			nil, changes("add-br", "sw0", "--", "set", "bridge", "sw0", "datapath_type=netdev"), made(sw0), model.ErrNotManaged, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := dialHost(t)
			veth(t, "red-eth0")
			commit(t, c, tc.before)
			seen := observe(t, c, all)
			if tc.meanwhile != nil {
				tc.meanwhile(t, c)
			}
			_, err := c.Commit(patient(t), seen, tc.plan)
			if tc.class != nil {
				wantClass(t, err, tc.class)
			} else if err != nil {
				t.Error(err)
			}
			wantRecorded(t, observe(t, c, all).Recorded, tc.left...)
		})
	}
}

// changes has ovs-vsctl change something meanwhile, commits ovsns.
func changes(args ...string) func(*testing.T, *Client) {
	return func(t *testing.T, _ *Client) { vsctl(t, args...) }
}

func commits(p model.Plan) func(*testing.T, *Client) {
	return func(t *testing.T, c *Client) { commit(t, c, p) }
}

// renews takes an object away and makes it again.
func renews(o model.Object) func(*testing.T, *Client) {
	return func(t *testing.T, c *Client) {
		commit(t, c, gone(o))
		commit(t, c, made(o))
	}
}
