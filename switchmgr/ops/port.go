package ops

import (
	"strconv"

	"github.com/ovsns/ovsns/model"
)

// port is a port of a switch, for scripts.
type port struct {
	Switch, Name string
	model.VLANs
}

// portRows returns the commands for a change of a port.
func portRows(c model.Change, before, after port) []string {
	switch {
	case c.Before == nil:
		return []string{addPort(after.Switch, after.Name, after.VLANs)}
	case c.After == nil:
		return []string{line("ovs-vsctl", "del-port", before.Switch, before.Name)}
	case before.Switch == "": // it was no port any more
		return []string{addPort(after.Switch, after.Name, after.VLANs)}
	case before.Switch != after.Switch:
		return []string{line("ovs-vsctl", "del-port", before.Switch, before.Name, "--") + " " +
			line(addPortWords(after.Switch, after.Name, after.VLANs)...)}
	case !before.Equal(after.VLANs):
		return []string{setPort(after.Name, after.VLANs)}
	}
	return nil
}

func setPort(name string, v model.VLANs) string {
	words := []string{"ovs-vsctl", "clear", "port", name, "tag", "trunks", "--", "set", "port", name}
	return line(append(words, columns(v)...)...)
}

func addPort(sw, name string, v model.VLANs) string {
	return line(append([]string{"ovs-vsctl"}, addPortWords(sw, name, v)...)...)
}

func addPortWords(sw, name string, v model.VLANs) []string {
	return append([]string{"add-port", sw, name}, columns(v)...)
}

// columns are those of a port that say its VLANs. The mode is always explicit: a
// port without one and without a tag would be an open trunk.
func columns(v model.VLANs) []string {
	var words []string
	if id := v.Access + v.Native; id != 0 { // at most one is set
		words = append(words, "tag="+strconv.Itoa(int(id)))
	}
	if len(v.Trunk) != 0 && !v.Trunk.All() {
		words = append(words, "trunks="+v.Trunk.String())
	}
	return append(words, "vlan_mode="+string(v.Mode()))
}
