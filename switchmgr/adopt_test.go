package switchmgr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// makeByHand makes a switch with two namespaces, as tutorials do.
const makeByHand = `set -e
ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev
ip addr add 172.16.10.254/24 dev br0; ip link set br0 up
for n in red blue; do
	ip netns add $n; ip -n $n link set lo up
	ip link add eth0 netns $n type veth peer name $n-br
	ip -n $n link set eth0 up; ip link set $n-br up
	ovs-vsctl add-port br0 $n-br
done
ip -n red addr add 172.16.10.1/24 dev eth0
ip -n blue addr add 172.16.10.5/24 dev eth0
ip -n red route add default via 172.16.10.254`

func adopt(t *testing.T, m *switchmgr.Manager, names ...string) *switchmgr.Result {
	t.Helper()
	r, err := m.Adopt(t.Context(), names)
	return must(t, r, err)
}

func TestAdopt(t *testing.T) {
	m := lab(t)
	shell(t, makeByHand)
	if r := adopt(t, m); len(r.Plan) != 6 {
		t.Fatalf("adopted %v, %v", r.Plan, r.Notes)
	}
	for name, verb := range map[string]func() (*switchmgr.Result, error){
		"adopt":   func() (*switchmgr.Result, error) { return m.Adopt(t.Context(), nil) },
		"restore": func() (*switchmgr.Result, error) { return m.Restore(t.Context()) },
		"apply": func() (*switchmgr.Result, error) {
			exported, err := m.Export(t.Context())
			if err != nil {
				return nil, err
			}
			return m.ApplyLab(t.Context(), exported, switchmgr.ApplyOptions{Prune: true})
		},
	} {
		r, err := verb()
		if r := must(t, r, err); len(r.Plan) != 0 {
			t.Errorf("%s has something to do: %v", name, r.Plan)
		}
	}
	r, err := m.Repair(t.Context(), switchmgr.Look{})
	if err != nil || len(r.Plan) != 0 {
		t.Errorf("there is something to repair: %v %v", r, err)
	}
	if _, err := m.Adopt(t.Context(), []string{"nowhere"}); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("a switch that does not exist: %v", err)
	}
}

// TestAdoptCutOff takes away the marks that a command which was killed after
// it had recorded everything would not have made.
func TestAdoptCutOff(t *testing.T) {
	m := lab(t)
	shell(t, makeByHand)
	before := adopt(t, m)
	shell(t, `ip -n red link set lo alias ""; ip -n red link set eth0 alias ""; ip link set red-br alias ""
		ip link set blue-br alias ""`)
	after := adopt(t, m)
	if len(after.Plan) != 2 || len(before.Plan) != 6 {
		t.Errorf("the rest is %v, %v", after.Plan, after.Notes)
	}
	shell(t, `ip link show red-br | grep 'alias ovsns: red eth0'`)
	if r := adopt(t, m); len(r.Plan) != 0 {
		t.Errorf("there is still something to do: %v", r.Plan)
	}
}

// TestAdoptLater: what is added by hand to a lab of ovsns is adopted too.
func TestAdoptLater(t *testing.T) {
	m := lab(t)
	r, err := m.CreateSwitch(t.Context(), switchmgr.SwitchRequest{Name: "sw0"})
	must(t, r, err)
	r, err = m.Attach(t.Context(), switchmgr.AttachRequest{Namespace: "red"})
	must(t, r, err)
	shell(t, `ip link add eth7 netns red type veth peer name extra
		ovs-vsctl add-port sw0 extra tag=7; ip -n red addr add 10.7.0.1/24 dev eth7`)
	r = adopt(t, m)
	if len(r.Plan) != 1 || !strings.HasPrefix(r.Plan[0].String(), "+ attachment red/eth7: switch sw0, port extra, vlan 7, address 10.7.0.1/24") {
		t.Errorf("adopted %v, %v", r.Plan, r.Notes)
	}
}
