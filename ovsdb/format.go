package ovsdb

import (
	"maps"
	"strings"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// KeyFormat is the version of what is recorded, on the row of Open_vSwitch as
// long as anything is, and on every Bridge of ours, should somebody clear the
// former.
const KeyFormat = prefix + "format"

// Format is the value of [KeyFormat] that this package writes. What is recorded
// in another one is read as far as it can be, and not changed but for
// [Client.Purge].
const Format = "2"

// format returns the version of what is recorded, "" if it has none; [Format]
// if nothing is recorded.
func (l *layout) format() string {
	if version, told := l.ids[KeyFormat]; told {
		return version
	}
	recorded := len(ourKeys(l.ids)) > 0
	for _, name := range sortedKeys(l.bridges) {
		ids := l.bridges[name].ExternalIDs
		if version := ids[KeyFormat]; owned(ids) && version != "" {
			return version
		}
		recorded = recorded || owned(ids)
	}
	if recorded {
		return ""
	}
	return Format
}

// checkFormat requires that what is recorded may be changed.
func (l *layout) checkFormat() error {
	there := "without a format"
	switch version := l.format(); version {
	case Format:
		return nil
	case "":
	default:
		there = "in format " + version
	}
	return model.Conflictf("the switch database holds records of another ovsns, %s; this one writes format %s", there, Format).
		WithHint("ovsns destroy --all")
}

// CheckFormat reports whether what was observed is recorded in a format that may
// be changed, as [Client.Commit] would. The error is [model.ErrConflict].
func (n *Snapshot) CheckFormat() error { return n.l.checkFormat() }

// ourKeys returns the keys of a map that ovsns has written.
func ourKeys(ids map[string]string) map[string]string {
	ours := maps.Clone(ids)
	maps.DeleteFunc(ours, func(key, _ string) bool { return !strings.HasPrefix(key, prefix) })
	return ours
}

// guardFormat requires that the format is still ours, or that nobody has begun
// to record anything.
func (t *transaction) guardFormat() {
	broken := model.Conflictf("the switch database was changed by somebody else at the same time")
	if t.l.ids[KeyFormat] == Format {
		row := ovsdb.Row{"_uuid": ovsdb.UUID{GoUUID: t.l.root}}
		t.Guard(broken, rows.Wait(schema.RootTable, row, 0, rows.Is(t.l.root), rows.Includes(KeyFormat, Format)))
		return
	}
	t.Guard(broken, rows.Wait(schema.RootTable, ovsdb.Row{"external_ids": rows.Map(t.l.ids)}, 0, rows.Is(t.l.root)))
}

// writeFormat says in which format the first record is.
func (t *transaction) writeFormat() {
	if !t.e.makes || t.l.ids[KeyFormat] == Format {
		return
	}
	t.Write(t.putFormat())
	t.OnUndo(func(rows.Outcome) []ovsdb.Operation { // after all else is undone
		return []ovsdb.Operation{t.dropFormat(t.l.ids)}
	})
}

// eraseFormat takes the format away with the last record. What else is recorded
// the server compares: the snapshot may be older than a change of our own.
func (t *transaction) eraseFormat() {
	if t.e.makes || t.Writes() == 0 {
		return
	}
	foreign := maps.Clone(t.l.ids)
	maps.DeleteFunc(foreign, func(key, _ string) bool { return strings.HasPrefix(key, prefix) })
	t.Write(t.dropFormat(foreign))
	if t.l.ids[KeyFormat] == Format { // as guardFormat has it
		t.OnUndo(func(rows.Outcome) []ovsdb.Operation { return []ovsdb.Operation{t.putFormat()} })
	}
}

func (t *transaction) putFormat() ovsdb.Operation {
	keys := rows.ReplaceKeys("external_ids", nil, map[string]string{KeyFormat: Format})
	return rows.Mutate(schema.RootTable, rows.Where(rows.Is(t.l.root)), keys...)
}

// dropFormat takes the format away if, beside it, only these keys are there, and
// no switch of ours.
func (t *transaction) dropFormat(others map[string]string) ovsdb.Operation {
	all := rows.Map{KeyFormat: Format}
	maps.Copy(all, others)
	conditions := rows.Where(rows.Is(t.l.root), ovsdb.NewCondition("external_ids", ovsdb.ConditionEqual, all))
	var ours []string
	for name, b := range t.l.bridges {
		if owned(b.ExternalIDs) && !t.e.bridges[name].drop {
			ours = append(ours, b.UUID)
		}
	}
	if len(ours) > 0 {
		conditions = append(conditions, ovsdb.NewCondition("bridges", ovsdb.ConditionExcludes, rows.UUIDs(ours...)))
	}
	return rows.Mutate(schema.RootTable, conditions, rows.Change("external_ids", ovsdb.MutateOperationDelete, rows.Strings([]string{KeyFormat})))
}
