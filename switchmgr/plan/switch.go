package plan

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// SwitchRequest asks for a switch.
type SwitchRequest struct {
	Name     string         // "" is [model.DefaultSwitch]
	Datapath model.Datapath // "" or [model.DatapathAuto]: the kernel's where it has one
	// Gateways are the addresses of the host on the untagged segment.
	Gateways     []netip.Prefix
	NAT          bool   // masquerade the gateways' subnets
	OutInterface string // limits NAT; "" is any
}

// CreateSwitch wishes for a switch, with its gateway and NAT when asked for.
func (e *Editor) CreateSwitch(r SwitchRequest) error {
	if r.Name == "" {
		r.Name = model.DefaultSwitch
	}
	if err := model.CheckSwitch(r.Name); err != nil {
		return err
	}
	sw, exists := model.Get[model.Switch](e.state, model.SwitchKey(r.Name))
	if !exists {
		if err := e.checkNew(r.Name); err != nil {
			return err
		}
		sw = model.Switch{Name: r.Name, Datapath: e.host.Auto}
	}
	sw.Datapath = e.datapath(sw.Datapath, r.Datapath)
	e.put(sw)
	if len(r.Gateways) == 0 && !r.NAT && r.OutInterface == "" {
		return nil
	}
	return e.SetGateway(GatewayRequest{
		Switch: r.Name, Addresses: r.Gateways, NAT: r.NAT, OutInterface: r.OutInterface,
	})
}

// datapath returns what a switch gets that has one datapath and is asked for
// another: what can be had in userspace is a matter of the host.
func (e *Editor) datapath(has, asked model.Datapath) model.Datapath {
	switch {
	case asked == "", asked == model.DatapathAuto:
		return has
	case asked != model.DatapathNetdev:
		return asked
	case has.Userspace():
		return has
	case e.host.Auto.Userspace():
		return e.host.Auto
	}
	return asked
}

// DeleteSwitch wishes a switch gone, with its gateways and uplinks; with force
// also what is attached to it.
func (e *Editor) DeleteSwitch(name string, force bool) error {
	sw, err := e.pickSwitch(name)
	if err != nil {
		return err
	}
	attached := find[model.Attachment](e, onSwitch(sw.Name))
	if len(attached) > 0 && !force {
		return model.Conflictf("%s still attached to switch %s", subjects(attached), sw.Name).
			WithHint("ovsns switch delete %s --force", sw.Name)
	}
	e.remove(sw.Key())
	return e.dropAll(onSwitch(sw.Name))
}

// subjects returns "namespace red is" or "namespaces blue, red are".
func subjects(attached []model.Attachment) string {
	var names []string
	for _, a := range attached {
		names = append(names, a.Namespace)
	}
	names = slices.Compact(names)
	if len(names) == 1 {
		return "namespace " + names[0] + " is"
	}
	if rest := len(names) - 5; rest > 0 {
		names = append(names[:5], "...")
	}
	return "namespaces " + strings.Join(names, ", ") + " are"
}

// pickSwitch returns the switch of that name, or the only one when name is
// empty.
func (e *Editor) pickSwitch(name string) (model.Switch, error) {
	if name != "" {
		sw, ok := model.Get[model.Switch](e.state, model.SwitchKey(name))
		if ok {
			return sw, nil
		}
		if e.host.Taken[name] == TakenForeign {
			return sw, model.NotManagedf("switch %s was not made by ovsns", name)
		}
		return sw, model.NotFoundf("no switch is named %q", name).WithHint("ovsns switch create %s", name)
	}
	all := model.All[model.Switch](e.state)
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		return model.Switch{}, model.NotFoundf("there is no switch").WithHint("ovsns switch create")
	}
	names := switchNames(all)
	return model.Switch{}, model.Invalidf("there are several switches (%s); say which one", strings.Join(names, ", ")).
		WithHint("-s %s", names[0])
}

func switchNames(list []model.Switch) []string {
	names := make([]string, 0, len(list))
	for _, sw := range list {
		names = append(names, sw.Name)
	}
	return names
}

func switchNoun() entry {
	return noun[model.Switch]{
		tags: func(sw model.Switch) []any { return []any{hostName(sw.Name)} },
		drop: func(e *Editor, sw model.Switch) error { return e.DeleteSwitch(sw.Name, false) },
		file: file[SwitchRequest]{
			requests: switchRequests,
			key:      func(r SwitchRequest) model.Key { return model.SwitchKey(r.Name) },
			request:  (*Editor).CreateSwitch,
		},
		export: func(x *exporter, sw model.Switch) {
			out := model.LabSwitch{Datapath: sw.Datapath}
			if sw.Datapath.Userspace() {
				out.Datapath = model.DatapathNetdev // in whichever way the next host can
			}
			if x.lab.Switches == nil {
				x.lab.Switches = map[string]model.LabSwitch{}
			}
			x.lab.Switches[sw.Name] = out
		},
	}.entry()
}

func switchRequests(lab *model.Lab) ([]SwitchRequest, error) {
	var list []SwitchRequest
	for _, name := range slices.Sorted(maps.Keys(lab.Switches)) {
		list = append(list, SwitchRequest{Name: name, Datapath: lab.Switches[name].Datapath})
	}
	return list, nil
}
