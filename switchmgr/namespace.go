package switchmgr

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// CreateNamespaces makes named namespaces with their loopback up. The errors
// are [model.ErrInvalid] for a bad name and [model.ErrNotManaged] for one that
// somebody else made; then none is made.
func (m *Manager) CreateNamespaces(ctx context.Context, r NamespaceRequest) (*Result, error) {
	if err := checkNames(r.Names); err != nil {
		return nil, err
	}
	return m.change(ctx, local.Scope{Namespaces: r.Names}, func(e *plan.Editor) error { return e.CreateNamespaces(r) })
}

// SetNamespaces changes namespaces: what the request does not say stays. The error
// is [model.ErrNotFound] for one that does not exist.
func (m *Manager) SetNamespaces(ctx context.Context, r NamespaceRequest) (*Result, error) {
	if err := checkNames(r.Names); err != nil {
		return nil, err
	}
	return m.change(ctx, local.Scope{Namespaces: r.Names}, func(e *plan.Editor) error { return e.SetNamespaces(r) })
}

func checkNames(names []string) error {
	for _, name := range names {
		if err := model.CheckNamespace(name); err != nil {
			return err
		}
	}
	return nil
}

// DeleteNamespaces removes namespaces with what joins them to switches and to
// each other. While processes run inside the error is [model.ErrConflict],
// unless force; then Result.Notes says who stays behind.
func (m *Manager) DeleteNamespaces(ctx context.Context, names []string, force bool) (*Result, error) {
	if err := checkNames(names); err != nil {
		return nil, err
	}
	s := local.Scope{Namespaces: names, Host: true, Leftovers: true}
	return m.deleteNamespaces(ctx, s, force, func(*view) []string { return names })
}

// DeleteAllNamespaces removes every namespace that ovsns made, as
// [Manager.DeleteNamespaces] does.
func (m *Manager) DeleteAllNamespaces(ctx context.Context, force bool) (*Result, error) {
	return m.deleteNamespaces(ctx, local.Scope{All: true, Leftovers: true}, force, func(v *view) []string {
		var names []string
		for _, n := range model.All[model.Namespace](v.Snap.Recorded) {
			names = append(names, n.Name)
		}
		for _, n := range model.All[model.Namespace](v.Actual) {
			if !slices.Contains(names, n.Name) {
				names = append(names, n.Name)
			}
		}
		return names
	})
}

func (m *Manager) deleteNamespaces(ctx context.Context, s local.Scope, force bool, pick func(*view) []string) (*Result, error) {
	return m.changeSeen(ctx, manner{}, func() (*view, error) { return m.observe(ctx, s) },
		func(e *plan.Editor, v *view) ([]string, error) {
			names := pick(v)
			if err := e.DeleteNamespaces(names); err != nil {
				return nil, err
			}
			return m.leftBehind(ctx, names, v, force)
		})
}

// leftBehind reports the processes that run in namespaces which are to go.
func (m *Manager) leftBehind(ctx context.Context, names []string, v *view, force bool) ([]string, error) {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return v.Host.Namespaces[name] != plan.TakenOurs })
	all, err := m.processesOf(ctx, names, v)
	if err != nil {
		return nil, err
	}
	var notes []string
	for _, name := range names {
		running := all[name]
		if len(running) == 0 {
			continue
		}
		if !force {
			return nil, model.Conflictf("%s in namespace %s", runs(running), name).
				WithHint("ovsns ns delete %s --force", name)
		}
		notes = append(notes, fmt.Sprintf("%s on in what was namespace %s", runs(running), name))
	}
	return notes, nil
}

// processesOf lists the processes of namespaces.
func (m *Manager) processesOf(ctx context.Context, names []string, v *view) (map[string][]nsmgr.Process, error) {
	if v.Held != nil {
		return v.Held.Processes(ctx)
	}
	return m.host.ProcessesOf(ctx, names...)
}

// runs returns "process 12 (sleep) runs" or "processes 12 (a), 13 (b) run".
func runs(list []nsmgr.Process) string {
	var each []string
	for _, p := range list {
		each = append(each, fmt.Sprintf("%d (%s)", p.PID, p.Command))
	}
	if len(each) == 1 {
		return "process " + each[0] + " runs"
	}
	return "processes " + strings.Join(each, ", ") + " run"
}

// Namespaces lists the namespaces that ovsns made, by name.
func (m *Manager) Namespaces(ctx context.Context) ([]NamespaceView, error) {
	lab, err := m.Show(ctx)
	if err != nil {
		return nil, err
	}
	return lab.Namespaces, nil
}

// Namespace returns one namespace with the processes that run in it. The
// errors are [model.ErrNotFound] and [model.ErrNotManaged].
func (m *Manager) Namespace(ctx context.Context, name string) (NamespaceView, error) {
	if err := m.checkManaged(ctx, name); err != nil {
		return NamespaceView{}, err
	}
	v, err := m.observe(ctx, local.Scope{Namespaces: []string{name}})
	if err != nil {
		return NamespaceView{}, err
	}
	recorded, ok := model.Get[model.Namespace](v.Snap.Recorded, model.NamespaceKey(name))
	if !ok { // made by a command that was cut off
		recorded.Name = name
	}
	n := v.namespaceView(recorded, v.members())
	if n.Problem == "" {
		n.Processes, err = m.host.Processes(ctx, name)
	}
	return n, err
}

// checkManaged reports a namespace that is missing or not ours. One that is
// recorded but gone is there, and has a problem.
func (m *Manager) checkManaged(ctx context.Context, name string) error {
	if err := model.CheckNamespace(name); err != nil {
		return err
	}
	info, found, err := m.host.FindNamespace(ctx, name)
	if err != nil {
		return err
	}
	if found && !info.Managed {
		return model.NotManagedf("namespace %s was not made by ovsns", name)
	}
	if found {
		return nil
	}
	v, err := m.observe(ctx, local.Scope{})
	if err != nil {
		return err
	}
	if !v.Snap.Recorded.Has(model.NamespaceKey(name)) {
		return noNamespace(name)
	}
	return nil
}

func noNamespace(name string) error {
	return model.NotFoundf("no namespace is named %q", name).WithHint("ovsns ns create %s", name)
}

// Processes lists the processes that run in a named namespace, whoever made
// it, by process number. The error is [model.ErrNotFound].
func (m *Manager) Processes(ctx context.Context, name string) ([]nsmgr.Process, error) {
	if err := m.checkExists(ctx, name); err != nil {
		return nil, err
	}
	return m.host.Processes(ctx, name)
}

func (m *Manager) checkExists(ctx context.Context, name string) error {
	if err := model.CheckNamespace(name); err != nil {
		return err
	}
	_, found, err := m.host.FindNamespace(ctx, name)
	if err == nil && !found {
		err = noNamespace(name)
	}
	return err
}

// Exec replaces this process by a command inside a named namespace, whoever
// made it; it only returns on failure. Call it from the main thread. The
// errors are [model.ErrNotFound] for the namespace, and those of execve(2).
func (m *Manager) Exec(ctx context.Context, name string, argv, env []string) error {
	if err := m.checkExists(ctx, name); err != nil {
		return err
	}
	if err := nsmgr.CheckPrivilege(); err != nil {
		return err
	}
	return m.host.Exec(name, argv, env)
}
