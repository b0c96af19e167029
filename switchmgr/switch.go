package switchmgr

import (
	"context"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// CreateSwitch makes a switch, with its gateway and NAT when asked for. The
// errors are [model.ErrInvalid] for a bad name, [model.ErrNotManaged] for a
// bridge or interface of that name that ovsns did not make, and
// [model.ErrConflict] for a gateway subnet that is in use.
func (m *Manager) CreateSwitch(ctx context.Context, r SwitchRequest) (*Result, error) {
	if r.Name == "" {
		r.Name = model.DefaultSwitch
	}
	if err := model.CheckSwitch(r.Name); err != nil {
		return nil, err
	}
	s := local.Scope{Host: true, DB: ovsdb.Scope{
		Names:    append(gatewayNames(r.Name, 0), r.Name),
		Switches: []string{r.Name}, // another datapath concerns all that is attached
	}}
	return m.change(ctx, s, func(e *plan.Editor) error { return e.CreateSwitch(r) })
}

// DeleteSwitch removes a switch with its gateways and uplinks; name "" is the
// only one there is. While namespaces are attached the error is
// [model.ErrConflict], unless force detaches them. A port that ovsns did not
// make is never removed: [model.ErrNotManaged].
func (m *Manager) DeleteSwitch(ctx context.Context, name string, force bool) (*Result, error) {
	s := local.Scope{Host: true, DB: ovsdb.Scope{All: true}}
	if name != "" {
		s.DB = ovsdb.Scope{Names: []string{name}, Switches: []string{name}}
	}
	return m.change(ctx, s, func(e *plan.Editor) error { return e.DeleteSwitch(name, force) })
}

// Switches lists the switches that ovsns made, by name.
func (m *Manager) Switches(ctx context.Context) ([]SwitchView, error) {
	lab, err := m.Show(ctx)
	if err != nil {
		return nil, err
	}
	return lab.Switches, nil
}

// Switch returns one switch; name "" is the only one there is. The errors are
// [model.ErrNotFound] and, for "" with several, [model.ErrInvalid].
func (m *Manager) Switch(ctx context.Context, name string) (SwitchView, error) {
	list, err := m.Switches(ctx)
	if err != nil {
		return SwitchView{}, err
	}
	var names []string
	for _, sw := range list {
		names = append(names, sw.Name)
		if sw.Name == name || name == "" && len(list) == 1 {
			return sw, nil
		}
	}
	switch {
	case name != "":
		return SwitchView{}, model.NotFoundf("no switch is named %q", name).WithHint("ovsns switch list")
	case len(list) == 0:
		return SwitchView{}, model.NotFoundf("there is no switch").WithHint("ovsns switch create")
	}
	return SwitchView{}, model.Invalidf("there are several switches (%s); say which one", strings.Join(names, ", ")).
		WithHint("ovsns switch show %s", names[0])
}
