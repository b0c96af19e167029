package shell

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// ip writes a command of ip(8) for a namespace, or for the host itself.
func (s *script) ip(namespace string, words ...string) {
	command := []string{"ip"}
	if namespace != model.HostEnd {
		command = append(command, "-n", namespace)
	}
	s.run(append(command, words...)...)
}

// sysctl sets a setting of the host. sysctl(8) reads some names as patterns or
// assignments; those are written to their file.
func (s *script) sysctl(path, value string) {
	if plain(path, "/_.-") {
		s.run("sysctl", "-q", "-w", path+"="+value)
		return
	}
	s.raw(line("echo", value) + " > " + quote("/proc/sys/"+path))
}

// quietStart gives a new namespace the settings of [nsmgr.QuietStart].
func (s *script) quietStart(namespace string) {
	words := []string{"ip", "netns", "exec", namespace, "sysctl", "-q", "-w"}
	for _, path := range slices.Sorted(maps.Keys(nsmgr.QuietStart)) {
		words = append(words, path+"="+nsmgr.QuietStart[path])
	}
	s.run(words...)
}

func (s *script) putSwitch(before model.Object, sw model.Switch) {
	datapath := "datapath_type=" + string(sw.Datapath)
	if before != nil {
		s.run("ovs-vsctl", "set", "bridge", sw.Name, datapath)
		return
	}
	// Without a mode the switch's own port would be an open trunk.
	s.raw(line("ovs-vsctl", "add-br", sw.Name, "--", "set", "bridge", sw.Name, datapath) +
		` other_config:hwaddr="$(mac)" ` + line("--", "set", "port", sw.Name, "vlan_mode=access"))
}

func (s *script) putGateway(before model.Object, g model.Gateway) {
	was, exists := before.(model.Gateway)
	switch {
	case exists:
	case g.Port != "":
		s.ip(model.HostEnd, "link", "add", "name", g.Port, "type", "veth", "peer", "name", g.Interface)
		s.deafen(g.Port)
		s.addPort(g.Switch, g.Port, model.VLANs{Access: g.VLAN})
		if s.needsChecksums(g.Switch) {
			s.run("ethtool", "-K", g.Interface, "tx", "off")
		}
	case g.VLAN != 0:
		s.raw(line(append([]string{"ovs-vsctl", "add-port", g.Switch, g.Interface}, columns(model.VLANs{Access: g.VLAN})...)...) + " " +
			line("--", "set", "interface", g.Interface, "type=internal") + ` mac="$(mac)"`)
	}
	s.readdress(model.HostEnd, g.Interface, was.Addresses, g.Addresses)
	if !exists {
		s.ip(model.HostEnd, "link", "set", "dev", g.Interface, "up")
		if g.Port != "" {
			s.ip(model.HostEnd, "link", "set", "dev", g.Port, "up")
		}
	}
}

// removeGateway leaves to the switch what goes with it.
func (s *script) removeGateway(g model.Gateway) {
	stays := s.Wished.Has(model.SwitchKey(g.Switch))
	switch {
	case g.Port != "":
		if stays {
			s.run("ovs-vsctl", "del-port", g.Switch, g.Port)
		}
		s.ip(model.HostEnd, "link", "delete", "dev", g.Port)
	case !stays:
	case g.VLAN != 0:
		s.run("ovs-vsctl", "del-port", g.Switch, g.Interface)
	default:
		s.readdress(model.HostEnd, g.Interface, g.Addresses, nil)
		s.ip(model.HostEnd, "link", "set", "dev", g.Interface, "down")
	}
}

func (s *script) putUplink(before model.Object, u model.Uplink) {
	was, exists := before.(model.Uplink)
	if exists {
		s.changePort(was.Switch, u.Switch, u.Interface, was.VLANs, u.VLANs)
		return
	}
	s.addPort(u.Switch, u.Interface, u.VLANs)
	s.ip(model.HostEnd, "link", "set", "dev", u.Interface, "up")
}

func (s *script) putAttachment(before model.Object, a model.Attachment) {
	if was, exists := before.(model.Attachment); exists {
		s.changeAttachment(was, a)
		return
	}
	words := append([]string{"link", "add", "name", a.Port}, linkWords(model.MAC{}, a.MTU)...)
	words = append(words, "type", "veth", "peer", "name", a.Ifname, "netns", a.Namespace)
	s.ip(model.HostEnd, append(words, linkWords(a.MAC, a.MTU)...)...)
	s.deafen(a.Port)
	if s.needsChecksums(a.Switch) {
		s.run("ip", "netns", "exec", a.Namespace, "ethtool", "-K", a.Ifname, "tx", "off")
	}
	s.ip(model.HostEnd, "link", "set", "dev", a.Port, "up")
	s.ip(a.Namespace, "link", "set", "dev", a.Ifname, "up")
	s.readdress(a.Namespace, a.Ifname, nil, a.Addresses)
	s.putDefaults("add", a, a.Gateways)
	// Last, so that the switch does not hear how the namespace starts.
	s.addPort(a.Switch, a.Port, a.VLANs)
}

// linkWords are the properties of a new link.
func linkWords(mac model.MAC, mtu int) []string {
	var words []string
	if !mac.IsZero() {
		words = append(words, "address", mac.String())
	}
	if mtu != 0 {
		words = append(words, "mtu", strconv.Itoa(mtu))
	}
	return words
}

// deafen keeps the host's own stack off a port of a switch.
func (s *script) deafen(port string) {
	s.ip(model.HostEnd, "link", "set", "dev", port, "arp", "off", "addrgenmode", "none")
	s.sysctl("net/ipv6/conf/"+port+"/disable_ipv6", "1")
	s.sysctl("net/ipv4/conf/"+port+"/rp_filter", "1")
}

func (s *script) needsChecksums(sw string) bool {
	w, _ := model.Get[model.Switch](s.Wished, model.SwitchKey(sw))
	return w.Datapath.Userspace() && !s.TSO
}

func (s *script) changeAttachment(was, a model.Attachment) {
	s.changePort(was.Switch, a.Switch, a.Port, was.VLANs, a.VLANs)
	if a.MTU != was.MTU {
		mtu := strconv.Itoa(a.MTU)
		if a.MTU == 0 {
			mtu = "1500"
		}
		s.ip(model.HostEnd, "link", "set", "dev", a.Port, "mtu", mtu)
		s.ip(a.Namespace, "link", "set", "dev", a.Ifname, "mtu", mtu)
	}
	if a.MAC != was.MAC && !a.MAC.IsZero() {
		s.ip(a.Namespace, "link", "set", "dev", a.Ifname, "address", a.MAC.String())
	}
	if s.readdress(a.Namespace, a.Ifname, was.Addresses, a.Addresses) {
		s.putDefaults("replace", a, a.Gateways) // the kernel may have dropped them
		return
	}
	s.putDefaults("add", a, without(a.Gateways, was.Gateways))
}

// dropDefaults writes which default routes of an attachment go.
func (s *script) dropDefaults(was, a model.Attachment) {
	for _, g := range without(was.Gateways, a.Gateways) {
		s.ip(a.Namespace, "route", "delete", "default", "via", g.String(), "dev", a.Ifname)
	}
}

func (s *script) putDefaults(verb string, a model.Attachment, gateways []netip.Addr) {
	for _, g := range gateways {
		s.ip(a.Namespace, "route", verb, "default", "via", g.String(), "dev", a.Ifname, "proto", "static")
	}
}

// readdress adds the new addresses of an interface before it takes away the
// old ones, and reports whether it takes any away.
func (s *script) readdress(namespace, ifname string, before, after []netip.Prefix) bool {
	for _, p := range without(after, before) {
		words := []string{"address", "add", p.String(), "dev", ifname}
		if p.Addr().Is6() {
			words = append(words, "nodad")
		}
		s.ip(namespace, words...)
	}
	gone := without(before, after)
	left := append(slices.Clone(before), without(after, before)...)
	// The first of a subnet last, to have fewer to put back.
	for _, p := range slices.Backward(gone) {
		left = without(left, []netip.Prefix{p})
		s.ip(namespace, "address", "delete", p.String(), "dev", ifname)
		s.keepSecondaries(namespace, ifname, p, left)
	}
	misplaced := model.Misplaced(left, after)
	for _, p := range slices.Backward(misplaced) {
		s.ip(namespace, "address", "delete", p.String(), "dev", ifname)
		left = without(left, []netip.Prefix{p})
		s.keepSecondaries(namespace, ifname, p, left)
	}
	for _, p := range misplaced {
		s.ip(namespace, "address", "add", p.String(), "dev", ifname)
	}
	gone = append(gone, misplaced...)
	s.gone[namespace] = append(s.gone[namespace], gone...)
	return len(gone) > 0
}

// keepSecondaries puts back what the kernel takes along with the first IPv4
// address of a subnet.
func (s *script) keepSecondaries(namespace, ifname string, gone netip.Prefix, left []netip.Prefix) {
	for _, p := range left {
		if p.Addr().Is4() && p.Masked() == gone.Masked() {
			s.ip(namespace, "address", "replace", p.String(), "dev", ifname)
		}
	}
}

// putRoutesAgain puts back the routes that stay, of which the kernel has
// dropped those into the subnets of addresses that went.
func (s *script) putRoutesAgain() {
	for _, r := range model.All[model.Route](s.Wished) {
		was, _ := model.Get[model.Route](s.before, r.Key())
		near := func(p netip.Prefix) bool { return p.Masked().Contains(r.Via) }
		if was == r && slices.ContainsFunc(s.gone[r.Namespace], near) {
			s.about = "# " + r.Key().String() + " went with an address.\n"
			s.putRoute(r)
		}
	}
}

func (s *script) putRoute(r model.Route) {
	verb := "add"
	if s.before.Has(r.Key()) {
		verb = "replace"
	}
	s.ip(r.Namespace, append(routeWords(verb, r), "proto", "static")...)
}

func routeWords(verb string, r model.Route) []string {
	words := []string{"route", verb, destination(r.To), "via", r.Via.WithZone("").String()}
	if ifname := r.Via.Zone(); ifname != "" {
		words = append(words, "dev", ifname)
	}
	return words
}

func destination(p netip.Prefix) string {
	if p.Bits() == 0 {
		return "default"
	}
	return p.String()
}

// ends returns the end from which a link is made, the host's if it has one,
// and the other.
func ends(l model.Link) (near, far model.LinkEnd) {
	if l.B.Namespace == model.HostEnd {
		return l.B, l.A
	}
	return l.A, l.B
}

func (s *script) putLink(before model.Object, l model.Link) {
	was, exists := before.(model.Link)
	near, far := ends(l)
	if !exists {
		words := append([]string{"link", "add", "name", near.Ifname}, linkWords(near.MAC, 0)...)
		words = append(words, "type", "veth", "peer", "name", far.Ifname, "netns", far.Namespace)
		s.ip(near.Namespace, append(words, linkWords(far.MAC, 0)...)...)
	}
	for _, end := range []model.LinkEnd{l.A, l.B} {
		old, _ := was.End(end.Namespace)
		if !exists {
			s.ip(end.Namespace, "link", "set", "dev", end.Ifname, "up")
		} else if end.MAC != old.MAC && !end.MAC.IsZero() {
			s.ip(end.Namespace, "link", "set", "dev", end.Ifname, "address", end.MAC.String())
		}
		s.readdress(end.Namespace, end.Ifname, old.Addresses, end.Addresses)
	}
}

// without returns the elements of list that are not in others.
func without[T comparable](list, others []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return slices.Contains(others, v) })
}
