package shell_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// randomLabs is how many are tried; each is the same in each run.
func randomLabs() uint64 {
	if testing.Short() {
		return 1
	}
	return 20
}

// dice draws verbs of few names, so that they meet.
type dice struct{ *rand.Rand }

func one[T any](d dice, list ...T) T { return list[d.IntN(len(list))] }

func (d dice) namespace() string { return one(d, "red", "blue", "green") }
func (d dice) sw() string        { return one(d, "sw0", "sw0", "sw1") }
func (d dice) vid() model.VID    { return one[model.VID](d, 0, 100, 200) }

// network returns the number of the subnet that a segment has most of the time.
func network(sw string, vlan model.VID) int { return int(sw[2]-'0')*100 + int(vlan)/100 }

func (d dice) gateway(sw string, vlan model.VID) []netip.Prefix {
	n := network(sw, vlan)
	v4, v6 := fmt.Sprintf("10.0.%d.%d/24", n, 253+d.IntN(2)), fmt.Sprintf("2001:db8:%d::fe/64", n)
	return one(d, cidrs(v4), cidrs(v4), cidrs(v6), cidrs(v4, v6))
}

func (d dice) vlans() *model.VLANs {
	return one(d, nil, vlans("", "", ""), vlans("100", "", ""), vlans("200", "", ""),
		vlans("", "100-103,200", ""), vlans("", "100,200", "100"))
}

func (d dice) addresses() switchmgr.AddressChoice {
	n, host := one(d, 0, 1, 2, 100, 101), 1+d.IntN(9)
	v4, v6 := fmt.Sprintf("10.0.%d.%d/24", n, host), fmt.Sprintf("2001:db8:%d::%d/64", n, host)
	return one(d, ips(), ips(), ips(v4), ips(v6), ips(v4, v6), ips(v4, fmt.Sprintf("10.0.%d.%d/24", n, host+10)),
		switchmgr.AddressChoice{Choice: switchmgr.ChoiceNone})
}

func (d dice) mac() model.MAC {
	return one(d, model.MAC{}, model.MAC{2, 0, 0, 0, 0, byte(1 + d.IntN(250))})
}

// someAddress returns an address of a namespace, or one that nobody has.
func (d dice) someAddress(lab *model.State, ns string) string {
	for _, a := range model.All[model.Attachment](lab) {
		if a.Namespace == ns && len(a.Addresses) > 0 && d.IntN(2) == 0 {
			return one(d, a.Addresses...).String()
		}
	}
	return "10.0.99.1/24"
}

// segment returns one that the host is in, if there is any.
func (d dice) segment(lab *model.State) string {
	list := []string{"sw0"}
	for _, g := range model.All[model.Gateway](lab) {
		list = append(list, g.Segment().String())
	}
	for _, ns := range []string{"red", "blue", "green"} {
		if lab.Has(model.LinkKey(ns, model.HostEnd)) {
			list = append(list, ns)
		}
	}
	return one(d, list...)
}

// hop returns a neighbour of a namespace, most of the time.
func (d dice) hop(lab *model.State, ns string) string {
	list := []string{"10.0.0.254"}
	for _, a := range model.All[model.Attachment](lab) {
		for _, p := range a.Addresses {
			if a.Namespace == ns && p.Addr().Is4() {
				last := p.Addr().As4()
				last[3] = 254
				list = append(list, netip.AddrFrom4(last).String())
			}
		}
	}
	return list[len(list)-1]
}

func (d dice) end(ns string, n int) []netip.Prefix {
	return one(d, nil, cidrs(fmt.Sprintf("192.0.2.%d/24", n+d.IntN(2))), cidrs(fmt.Sprintf("2001:db8:2::%d/64", n), fmt.Sprintf("192.0.%d.%d/24", len(ns), n)))
}

// verb draws one change of a lab.
func (d dice) verb(lab *model.State) (string, verb) {
	ns, sw, vlan := d.namespace(), d.sw(), d.vid()
	subnet := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(network(sw, vlan)), 0}), 24)
	out := one(d, "", "", "wan")
	a, b, hop := d.segment(lab), d.segment(lab), d.hop(lab, ns)
	other := one(d, "host", "red", "blue")
	switch d.IntN(27) {
	case 0, 1, 2, 3, 4, 5:
		r := switchmgr.AttachRequest{Namespace: ns, Switch: sw, VLANs: d.vlans(), IP: d.addresses(), MAC: d.mac(), MTU: one(d, 0, 0, 1400, 1500)}
		return fmt.Sprintf("attach %+v", r), attach(r)
	case 6, 7:
		r := switchmgr.GatewayRequest{Switch: sw, VLAN: vlan, Addresses: d.gateway(sw, vlan), NAT: d.IntN(2) == 0}
		return fmt.Sprintf("gateway set %+v", r), setGateway(r)
	case 8:
		return fmt.Sprint("gateway delete ", sw, vlan), func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteGateway(ctx, sw, vlan)
		}
	case 9:
		return "detach " + ns, detach(ns)
	case 10, 11, 12:
		r := switchmgr.LinkRequest{A: ns, B: other, IPA: d.end(ns, 10), IPB: d.end(ns, 20), MACA: d.mac()}
		return fmt.Sprintf("link add %+v", r), link(r)
	case 13:
		return fmt.Sprint("link delete ", ns, other), func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteLink(ctx, ns, other)
		}
	case 14:
		p := d.someAddress(lab, ns)
		return fmt.Sprint("addr delete ", ns, p), deleteAddress(ns, p)
	case 15:
		p := fmt.Sprintf("10.0.%d.%d/24", network(sw, vlan), 30+d.IntN(9))
		return fmt.Sprint("addr add ", ns, p), addAddress(ns, p)
	case 16, 17:
		to := one(d, "default", "203.0.113.0/24", "198.51.100.0/24")
		return fmt.Sprint("route add ", ns, to, hop), route(ns, to, hop)
	case 18:
		return fmt.Sprint("nat add ", subnet, out), nat(subnet.String(), out)
	case 19:
		return fmt.Sprint("nat delete ", subnet), func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteNAT(ctx, subnet)
		}
	case 20, 21:
		return fmt.Sprint("allow add ", a, b), allow(a, b)
	case 22:
		nic := one(d, "nic0", "nic1")
		v := d.vlans()
		if v == nil {
			v = &model.VLANs{}
		}
		return fmt.Sprint("uplink add ", nic, sw, *v), uplink(nic, sw, *v)
	case 23:
		nic := one(d, "nic0", "nic1")
		return "uplink delete " + nic, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteUplink(ctx, nic)
		}
	case 24:
		return fmt.Sprint("allow delete ", a, b), func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteAllow(ctx, a, b)
		}
	case 25:
		for _, r := range model.All[model.Route](lab) {
			return fmt.Sprint("route delete ", r), func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
				return m.DeleteRoute(ctx, r)
			}
		}
		return "switch delete sw1", func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteSwitch(ctx, "sw1", true)
		}
	default:
		return "ns delete " + ns, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			return m.DeleteNamespaces(ctx, []string{ns}, true)
		}
	}
}

// verbs draws a lab. What ovsns refuses changes nothing, and is left out.
func (d dice) verbs(t *testing.T) []verb {
	list := []verb{
		createSwitch(switchmgr.SwitchRequest{Name: "sw0", Gateways: d.gateway("sw0", 0), NAT: true}),
		createSwitch(switchmgr.SwitchRequest{Name: "sw1"}),
	}
	lab := model.NewState()
	for range 35 {
		name, v := "", verb(nil)
		list = append(list, func(ctx context.Context, m *switchmgr.Manager) (*switchmgr.Result, error) {
			name, v = d.verb(lab)
			r, err := v(ctx, m)
			for _, class := range []error{model.ErrInvalid, model.ErrNotFound, model.ErrConflict} {
				if errors.Is(err, class) && !strings.Contains(err.Error(), " failed, ") {
					return &switchmgr.Result{}, nil
				}
			}
			t.Log(name)
			if err == nil {
				lab = r.Plan.Apply(lab)
			}
			return r, err
		})
	}
	return list
}

func TestRandomLabs(t *testing.T) {
	for seed := range randomLabs() {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := dice{rand.New(rand.NewPCG(seed, 0))}
			differ(t, d.verbs(t), true)
		})
	}
}
