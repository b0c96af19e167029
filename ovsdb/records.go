package ovsdb

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// rootKey returns the key in external_ids of the row of Open_vSwitch that
// records an object; "" for objects that have rows of their own.
func rootKey(o model.Object) string {
	name := o.Key().Name
	switch o.(type) {
	case model.Namespace:
		return PrefixNamespace + name
	case model.Route:
		return PrefixRoute + name
	case model.Link:
		return PrefixLink + name
	case model.NAT:
		return PrefixNAT + name
	case model.Allow:
		return PrefixAllow + name
	case model.Sysctl:
		return PrefixSysctl + name
	}
	return ""
}

// rootValue returns the value that goes with rootKey.
func rootValue(o model.Object) string {
	switch o := o.(type) {
	case model.Namespace:
		return "true"
	case model.Route:
		return o.Via.String()
	case model.Link:
		return joinPairs(append(endPairs("a", o.A), endPairs("b", o.B)...))
	case model.NAT:
		return o.OutInterface
	case model.Allow:
		return joinPairs(append(segmentPairs("a", o.A, o.InterfaceA), segmentPairs("b", o.B, o.InterfaceB)...))
	case model.Sysctl:
		// A setting may hold several words ("32768 60999").
		return url.PathEscape(o.Before) + " " + url.PathEscape(o.Value)
	}
	return ""
}

// rootObject reads one key of external_ids; nil for a key that is not ours.
func rootObject(key, value string) (model.Object, error) {
	prefix, name, _ := strings.Cut(key, "/")
	switch prefix + "/" {
	case PrefixNamespace:
		return model.Namespace{Name: name}, nil
	case PrefixRoute:
		return routeOf(name, value)
	case PrefixLink:
		return linkOf(splitPairs(value))
	case PrefixNAT:
		subnet, err := netip.ParsePrefix(name)
		return model.NAT{Subnet: subnet, OutInterface: value}, err
	case PrefixAllow:
		return allowOf(splitPairs(value))
	case PrefixSysctl:
		return sysctlOf(name, value)
	}
	return nil, nil
}

func routeOf(name, via string) (model.Object, error) {
	ns, to, _ := strings.Cut(name, "/")
	prefix, err := netip.ParsePrefix(to)
	if err != nil {
		return nil, err
	}
	hop, err := netip.ParseAddr(via)
	return model.Route{Namespace: ns, To: prefix, Via: hop}, err
}

func sysctlOf(name, value string) (model.Object, error) {
	before, now, _ := strings.Cut(value, " ")
	s := model.Sysctl{Name: name}
	var err error
	if s.Before, err = url.PathUnescape(before); err != nil {
		return nil, err
	}
	s.Value, err = url.PathUnescape(now)
	return s, err
}

func linkOf(p map[string]string) (model.Object, error) {
	a, err := endOf("a", p)
	if err != nil {
		return nil, err
	}
	b, err := endOf("b", p)
	return model.Link{A: a, B: b}, err
}

func endPairs(side string, e model.LinkEnd) []string {
	return []string{
		side, e.Namespace,
		side + "-if", e.Ifname,
		side + "-ip", joinBy(",", e.Addresses),
		side + "-mac", e.MAC.String(),
	}
}

func endOf(side string, p map[string]string) (model.LinkEnd, error) {
	e := model.LinkEnd{Namespace: p[side], Ifname: p[side+"-if"]}
	if e.Namespace == "" || e.Ifname == "" {
		return e, model.Failedf("end %s is incomplete", side)
	}
	var err error
	if e.Addresses, err = splitList(p[side+"-ip"], netip.ParsePrefix); err != nil {
		return e, err
	}
	return e, e.MAC.UnmarshalText([]byte(p[side+"-mac"]))
}

func allowOf(p map[string]string) (model.Object, error) {
	a, err := segmentOf("a", p)
	if err != nil {
		return nil, err
	}
	b, err := segmentOf("b", p)
	return model.Allow{A: a, B: b, InterfaceA: p["a-if"], InterfaceB: p["b-if"]}, err
}

func segmentPairs(side string, s model.Segment, ifname string) []string {
	return []string{
		side + "-switch", s.Switch,
		side + "-vlan", vidText(s.VLAN),
		side + "-namespace", s.Namespace,
		side + "-if", ifname,
	}
}

func segmentOf(side string, p map[string]string) (model.Segment, error) {
	s := model.Segment{Switch: p[side+"-switch"], Namespace: p[side+"-namespace"]}
	if (s.Switch == "") == (s.Namespace == "") {
		return s, model.Failedf("segment %s is incomplete", side)
	}
	if v := p[side+"-vlan"]; v != "" {
		n, err := strconv.ParseUint(v, 10, 16)
		s.VLAN = model.VID(n)
		return s, err
	}
	return s, nil
}

// joinPairs writes keys and values in turn as "k=v k=v" and leaves out what is
// empty. No value holds white space: names may not, see [model.CheckIfname].
func joinPairs(list []string) string {
	var words []string
	for i := 0; i < len(list); i += 2 {
		if list[i+1] != "" {
			words = append(words, list[i]+"="+list[i+1])
		}
	}
	return strings.Join(words, " ")
}

func splitPairs(s string) map[string]string {
	pairs := map[string]string{}
	for word := range strings.SplitSeq(s, " ") {
		k, v, _ := strings.Cut(word, "=")
		pairs[k] = v
	}
	return pairs
}
