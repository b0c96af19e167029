package model_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ovsns/ovsns/model"
)

// objects generates objects of few names, so that States have keys in common.
func objects() *rapid.Generator[model.Object] {
	name := rapid.SampledFrom([]string{"red", "blue", "green"})
	vlan := rapid.Map(rapid.IntRange(0, 2), func(n int) model.VID { return model.VID(n) })
	addresses := rapid.SliceOfN(rapid.SampledFrom(cidrs("10.0.0.1/24", "10.0.0.2/24", "2001:db8::1/64")), 0, 2)
	return rapid.Custom(func(t *rapid.T) model.Object {
		n, v := name.Draw(t, "name"), vlan.Draw(t, "vlan")
		list := addresses.Draw(t, "addresses")
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			return model.Switch{Name: n, Datapath: rapid.SampledFrom([]model.Datapath{"system", "netdev"}).Draw(t, "datapath")}
		case 1:
			return model.Namespace{Name: n}
		case 2:
			return model.Gateway{Switch: n, VLAN: v, Addresses: list}
		case 3:
			return model.Attachment{Namespace: n, Ifname: "eth0", Addresses: list, VLANs: model.VLANs{Access: v}}
		case 4:
			return model.Link{A: model.LinkEnd{Namespace: n, Addresses: list}, B: model.LinkEnd{Namespace: "host"}}
		case 5:
			return model.Sysctl{Name: n, Value: "1", Before: fmt.Sprint(v)}
		default:
			return model.NAT{Subnet: netip.MustParsePrefix("10.0.0.0/24"), OutInterface: n}
		}
	})
}

func states() *rapid.Generator[*model.State] {
	return rapid.Map(rapid.SliceOfN(objects(), 0, 12), func(list []model.Object) *model.State { return model.NewState(list...) })
}

// same compares without Diff.
func same(a, b *model.State) bool {
	return slices.EqualFunc(a.Objects(), b.Objects(), model.Equal)
}

func TestDiffProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := states().Draw(t, "a"), states().Draw(t, "b")
		if p := model.Diff(a, a.Clone()); len(p) > 0 {
			t.Fatalf("a State differs from itself: %v", p)
		}
		was := a.Clone()
		p := model.Diff(a, b)
		if !same(p.Apply(a), b) {
			t.Fatalf("%v does not lead to the State it was made for", p)
		}
		if !same(a, was) {
			t.Fatal("Apply changed its argument")
		}
		if !same(p.Reverse().Apply(b), a) {
			t.Fatalf("%v does not lead back", p.Reverse())
		}
		seen := map[model.Key]bool{}
		for _, c := range p {
			if seen[c.Key()] {
				t.Fatalf("%s changes twice", c.Key())
			}
			seen[c.Key()] = true
			if model.Equal(c.Before, c.After) {
				t.Fatalf("%s changes nothing", c)
			}
		}
		if again := model.Diff(a.Clone(), b.Clone()); text(again) != text(p) {
			t.Fatalf("the order is not stable:\n%s\n%s", text(p), text(again))
		}
	})
}

func text(p model.Plan) string {
	var b strings.Builder
	if err := p.WriteText(&b); err != nil {
		panic(err) // a Builder does not fail
	}
	return b.String()
}

// What refers to something is made after it and removed before it.
func TestDiffOrder(t *testing.T) {
	all := model.NewState(oneOfEach()...)
	made := model.Diff(model.NewState(), all)
	for i, o := range oneOfEach() {
		if made[i].Key() != o.Key() || made[i].Action() != model.ActionCreate {
			t.Errorf("change %d is %s; want + %s", i, made[i], o.Key())
		}
	}
	removed := model.Diff(all, model.NewState())
	if text(removed) != text(made.Reverse()) {
		t.Errorf("removing is not making backwards:\n%s", text(removed))
	}
	// A name that passes from one kind to another is free before it is taken.
	swap := model.Diff(model.NewState(model.NAT{Subnet: cidrs("10.0.0.0/24")[0]}), model.NewState(model.Switch{Name: "sw0"}))
	if len(swap) != 2 || swap[0].Action() != model.ActionDelete {
		t.Errorf("removals do not come first: %v", swap)
	}
}

func TestChangeString(t *testing.T) {
	red := oneOfEach()[6].(model.Attachment)
	moved := red
	moved.Access, moved.Gateways, moved.MTU = 200, nil, 1500
	tests := []struct {
		change model.Change
		action model.Action
		want   string
	}{
		{model.Change{After: model.Namespace{Name: "red"}}, model.ActionCreate, "+ namespace red"},
		{model.Change{After: model.Switch{Name: "sw0", Datapath: "netdev"}}, model.ActionCreate, "+ switch sw0: datapath netdev"},
		{model.Change{Before: model.NAT{Subnet: cidrs("10.0.0.0/24")[0]}}, model.ActionDelete, "- nat 10.0.0.0/24"},
		{model.Change{After: red}, model.ActionCreate, "+ attachment red/eth0: switch sw0, port red-eth0, vlan 100, " +
			"address 10.1.0.1/24, gateway 10.1.0.254, mac 02:00:00:00:00:01, mtu 1400"},
		{model.Change{Before: red, After: moved}, model.ActionUpdate,
			"~ attachment red/eth0: vlan 100 -> vlan 200, gateway 10.1.0.254 -> none, mtu 1400 -> 1500"},
	}
	for _, tt := range tests {
		if got := tt.change.String(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
		if got := tt.change.Action(); got != tt.action {
			t.Errorf("%s: the action is %q; want %q", tt.want, got, tt.action)
		}
	}
}

func TestPlanJSON(t *testing.T) {
	red := model.Attachment{Namespace: "red", Ifname: "eth0", Switch: "sw0", Port: "red-eth0"}
	trunk := red
	trunk.Trunk, trunk.Native = model.VIDSet{10, 20, 21}, 10
	trunk.Addresses, trunk.Gateways = cidrs("10.0.0.1/24"), ips("10.0.0.254")
	trunk.MAC = model.MAC{2, 0, 0, 0, 0, 1}
	down := red
	down.Condition = "eth0 is down"
	got, err := json.MarshalIndent(model.Plan{
		{Before: model.Namespace{Name: "blue"}},
		{Before: red, After: trunk},
		{Before: down, After: red},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "action": "delete",
    "kind": "namespace",
    "name": "blue",
    "before": {
      "name": "blue"
    }
  },
  {
    "action": "update",
    "kind": "attachment",
    "name": "red/eth0",
    "before": {
      "namespace": "red",
      "ifname": "eth0",
      "switch": "sw0",
      "port": "red-eth0"
    },
    "after": {
      "namespace": "red",
      "ifname": "eth0",
      "switch": "sw0",
      "trunk": "10,20-21",
      "native_vlan": 10,
      "addresses": [
        "10.0.0.1/24"
      ],
      "gateways": [
        "10.0.0.254"
      ],
      "mac": "02:00:00:00:00:01",
      "port": "red-eth0"
    },
    "differences": [
      {
        "name": "vlans",
        "before": "untagged",
        "after": "trunk 10,20-21 native 10"
      },
      {
        "name": "address",
        "before": "",
        "after": "10.0.0.1/24"
      },
      {
        "name": "gateway",
        "before": "",
        "after": "10.0.0.254"
      },
      {
        "name": "mac",
        "before": "",
        "after": "02:00:00:00:00:01"
      }
    ]
  },
  {
    "action": "update",
    "kind": "attachment",
    "name": "red/eth0",
    "before": {
      "namespace": "red",
      "ifname": "eth0",
      "switch": "sw0",
      "port": "red-eth0"
    },
    "after": {
      "namespace": "red",
      "ifname": "eth0",
      "switch": "sw0",
      "port": "red-eth0"
    },
    "differences": [
      {
        "name": "state",
        "before": "eth0 is down",
        "after": "",
        "observed": true
      }
    ]
  }
]`
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
}

func TestEmptyPlanIsAnEmptyList(t *testing.T) {
	for _, p := range []model.Plan{nil, {}, model.Diff(model.NewState(), model.NewState())} {
		if got, err := json.Marshal(p); string(got) != "[]" || err != nil {
			t.Errorf("got %s, %v", got, err)
		}
	}
}

// Each kind can be read again from the JSON of a plan.
func TestObjectsSurviveJSON(t *testing.T) {
	for _, o := range oneOfEach() {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var back model.Object
		switch o.(type) {
		case model.Attachment:
			back = decode[model.Attachment](t, data)
		case model.Gateway:
			back = decode[model.Gateway](t, data)
		case model.Uplink:
			back = decode[model.Uplink](t, data)
		case model.Cable:
			back = decode[model.Cable](t, data)
		case model.Link:
			back = decode[model.Link](t, data)
		case model.Route:
			back = decode[model.Route](t, data)
		case model.NAT:
			back = decode[model.NAT](t, data)
		case model.Allow:
			back = decode[model.Allow](t, data)
		case model.Sysctl:
			back = decode[model.Sysctl](t, data)
		case model.Switch:
			back = decode[model.Switch](t, data)
		case model.Namespace:
			back = decode[model.Namespace](t, data)
		}
		if !model.Equal(o, back) {
			t.Errorf("%s reads as %v", data, back)
		}
	}
}

func decode[T model.Object](t *testing.T, data []byte) model.Object {
	t.Helper()
	var o T
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return o
}

func TestMadeAndRemoved(t *testing.T) {
	sw0, sw1, sw2 := model.Switch{Name: "sw0"}, model.Switch{Name: "sw1"}, model.Switch{Name: "sw2"}
	changed := model.Switch{Name: "sw1", Datapath: "netdev"}
	p := model.Plan{{Before: sw0}, {Before: sw1, After: changed}, {After: sw2}, {After: model.Namespace{Name: "red"}}}
	if got := model.Made[model.Switch](p); !slices.Equal(got, []model.Switch{changed, sw2}) {
		t.Errorf("made %v", got)
	}
	if got := model.Removed[model.Switch](p); !slices.Equal(got, []model.Switch{sw0}) {
		t.Errorf("removed %v", got)
	}
}

// brokenPipe fails from the second line on.
type brokenPipe struct{ lines int }

var errPipe = errors.New("broken pipe")

func (w *brokenPipe) Write(p []byte) (int, error) {
	if w.lines++; w.lines > 1 {
		return 0, errPipe
	}
	return len(p), nil
}

func TestWriteTextReportsErrors(t *testing.T) {
	p := model.Plan{{After: model.Switch{Name: "a"}}, {After: model.Switch{Name: "b"}}, {After: model.Switch{Name: "c"}}}
	w := &brokenPipe{}
	if err := p.WriteText(w); !errors.Is(err, errPipe) || w.lines != 2 {
		t.Errorf("got %v after %d lines", err, w.lines)
	}
}
