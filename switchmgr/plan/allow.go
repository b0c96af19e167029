package plan

import (
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// AddAllow wishes that two segments may route to each other.
func (e *Editor) AddAllow(a, b string) error {
	allow, err := e.pair(a, b)
	if err != nil {
		return err
	}
	if _, allow.InterfaceA, err = e.router(allow.A); err != nil {
		return err
	}
	if _, allow.InterfaceB, err = e.router(allow.B); err != nil {
		return err
	}
	e.put(allow)
	return nil
}

// DeleteAllow wishes that two segments no longer route to each other.
func (e *Editor) DeleteAllow(a, b string) error {
	allow, err := e.pair(a, b)
	if err != nil {
		return err
	}
	if !e.state.Has(allow.Key()) {
		return model.NotFoundf("segments %s and %s are not allowed to route to each other", a, b)
	}
	e.remove(allow.Key())
	return nil
}

// pair reads two segments, which the place that routes the first one shall join.
func (e *Editor) pair(a, b string) (model.Allow, error) {
	var allow model.Allow
	var err error
	if allow.A, err = e.segment(a); err != nil {
		return allow, err
	}
	if allow.B, err = e.segment(b); err != nil {
		return allow, err
	}
	if allow.A == allow.B {
		return allow, model.Invalidf("segment %s always reaches itself", a)
	}
	if allow.B.String() < allow.A.String() {
		allow.A, allow.B = allow.B, allow.A
	}
	allow.Place, _, _ = e.router(allow.A) // one without a router is the host's
	return allow, nil
}

// segment reads "sw0", "sw0:100" or the name of a namespace.
func (e *Editor) segment(s string) (model.Segment, error) {
	name, vlan, tagged := strings.Cut(s, ":")
	if e.state.Has(model.SwitchKey(name)) {
		if !tagged {
			return model.Segment{Switch: name}, nil
		}
		vid, err := model.ParseVID(vlan)
		return model.Segment{Switch: name, VLAN: vid}, err
	}
	if e.state.Has(model.NamespaceKey(s)) {
		return model.Segment{Namespace: s}, nil
	}
	return model.Segment{}, model.NotFoundf("%s is neither a switch, a VLAN of one (sw0:100) nor a namespace", strconv.Quote(s))
}

// router returns the place that routes a segment, and its interface there.
func (e *Editor) router(s model.Segment) (model.Place, string, error) {
	if s.Namespace != "" {
		l, ok := model.Get[model.Link](e.state, model.LinkKey(s.Namespace, model.HostEnd))
		if !ok {
			return model.Host, "", model.NotFoundf("namespace %s is not linked to the host", s.Namespace).
				WithHint("ovsns link add %s host --ip-a 192.0.2.2/24 --ip-b 192.0.2.1/24", s.Namespace)
		}
		end, _ := l.End(model.HostEnd)
		return model.Host, end.Ifname, nil
	}
	g, ok := model.Get[model.Gateway](e.state, model.GatewayKey(s.Switch, s.VLAN))
	if !ok {
		return model.Host, "", model.NotFoundf("segment %s has no gateway in the host", s).
			WithHint("ovsns gateway set -s %s%s 172.16.10.254/24", s.Switch, vlanFlag(s.VLAN))
	}
	return g.Place(), g.Interface, nil
}

func (e *Editor) removeAllows(s model.Segment) {
	for _, a := range model.All[model.Allow](e.state) {
		if a.A == s || a.B == s {
			e.remove(a.Key())
		}
	}
}

func allowNoun() entry {
	return noun[model.Allow]{
		file: file[[2]string]{
			requests: func(lab *model.Lab) ([][2]string, error) { return lab.Allow, nil },
			request:  func(e *Editor, pair [2]string) error { return e.AddAllow(pair[0], pair[1]) },
		},
		export: func(x *exporter, a model.Allow) {
			x.lab.Allow = append(x.lab.Allow, [2]string{a.A.String(), a.B.String()})
		},
	}.entry()
}
