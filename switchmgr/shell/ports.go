package shell

import (
	"strconv"

	"github.com/ovsns/ovsns/model"
)

// addPort puts an interface on a switch.
func (s *script) addPort(sw, port string, v model.VLANs) {
	s.run(append([]string{"ovs-vsctl", "add-port", sw, port}, columns(v)...)...)
}

// columns are those of a port that say its VLANs. The mode is always
// explicit: a port without one and without a tag would be an open trunk.
func columns(v model.VLANs) []string {
	var words []string
	if id := v.Access + v.Native; id != 0 { // at most one is set
		words = append(words, "tag="+strconv.Itoa(int(id)))
	}
	if len(v.Trunk) != 0 {
		words = append(words, "trunks="+v.Trunk.String())
	}
	return append(words, "vlan_mode="+string(v.Mode()))
}

// changePort gives a port other VLANs, or another switch.
func (s *script) changePort(from, to, port string, was, now model.VLANs) {
	switch {
	case from != to:
		s.run(append([]string{"ovs-vsctl", "del-port", from, port, "--", "add-port", to, port}, columns(now)...)...)
	case !was.Equal(now):
		s.run(append([]string{"ovs-vsctl", "clear", "port", port, "tag", "trunks", "--", "set", "port", port}, columns(now)...)...)
	}
}
