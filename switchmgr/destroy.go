package switchmgr

import (
	"context"
	"strconv"

	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/plan"
)

// DestroyAll removes everything that ovsns made on this host, and nothing
// else: also records that are damaged, or in a format of another ovsns, and of
// what those speak of what carries the mark of ovsns. Result.Notes says which
// processes stay behind.
func (m *Manager) DestroyAll(ctx context.Context) (*Result, error) {
	var purged *ovsdb.Undo
	r, err := m.changeSeen(ctx, manner{}, func() (*view, error) { return m.observeRemains(ctx) },
		func(e *plan.Editor, v *view) ([]string, error) {
			e.DestroyAll()
			var names []string
			for name := range v.Host.Namespaces {
				names = append(names, name)
			}
			notes, err := m.leftBehind(ctx, names, v, true)
			if err != nil || !v.purge {
				return notes, err
			}
			notes = append(notes, strconv.Itoa(len(v.Snap.Unreadable))+" records that cannot be read are removed too")
			if !m.opts.DryRun {
				purged, err = m.db.Purge(ctx)
			}
			return notes, err
		})
	if err != nil {
		return nil, local.Few(err, purged.Run(context.WithoutCancel(ctx)))
	}
	return r, nil
}

// observeRemains sees what is recorded and what is left over. What is recorded
// goes, whatever is left of it: no need to look inside.
func (m *Manager) observeRemains(ctx context.Context) (*view, error) {
	v, err := m.observe(ctx, local.Scope{All: true, Closed: true, Leftovers: true, Ping: !m.opts.DryRun})
	if err == nil {
		v.purge = len(v.Snap.Unreadable) > 0 || v.Snap.CheckFormat() != nil
	}
	return v, err
}
