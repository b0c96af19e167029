package live

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/local"
)

// Lab is the lab as it was seen last, with a revision that grows with each change.
// Its methods may be called by several goroutines.
type Lab struct {
	mu       sync.Mutex
	revision uint64
	forgot   uint64 // of what went until then nothing is known any more
	objects  map[model.Key]version
	gone     map[model.Key]uint64 // the revisions in which objects went
	drift    []local.Drift
	drifted  uint64        // when drift was last another one
	changed  chan struct{} // closed with the next revision
}

// version is an object with the revision since which it is so, and that in which it
// came.
type version struct {
	model.Object
	since, born uint64
}

// mostGone is how many objects that went are remembered: who was last told before the
// oldest of them gets the whole lab.
const mostGone = 1000

// NewLab returns an empty Lab, of revision 0.
func NewLab() *Lab {
	return &Lab{objects: map[model.Key]version{}, gone: map[model.Key]uint64{}, changed: make(chan struct{})}
}

// Change is what has changed since a revision.
type Change struct {
	// Revision is that of now.
	Revision uint64 `json:"revision"`
	// Whole says that Added is the whole lab: nothing is known of the revision that
	// was asked for.
	Whole bool `json:"whole,omitempty"`
	// Added, Changed and Removed are objects as they are recorded, in the order in
	// which they are made; of those that went only the keys are left, by name.
	Added   []model.Object `json:"added"`
	Changed []model.Object `json:"changed"`
	Removed []model.Key    `json:"removed"`
	// Drift is all that has drifted now; nil when that is what it was.
	Drift []local.Drift `json:"drift"`
}

// Update notes what was seen: what is recorded, and in which respects the host is not
// like it. Where both are as before, so is the revision.
func (l *Lab) Update(recorded *model.State, drift []local.Drift) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.revision + 1
	before := len(l.gone)
	any := l.put(recorded, next)
	for k := range l.objects {
		if !recorded.Has(k) {
			delete(l.objects, k)
			l.gone[k] = next
		}
	}
	if len(l.gone) > before {
		any = true
	}
	if !reflect.DeepEqual(l.drift, drift) && len(l.drift)+len(drift) > 0 {
		l.drift, l.drifted, any = drift, next, true
	}
	if !any {
		return
	}
	l.forget()
	l.revision = next
	close(l.changed)
	l.changed = make(chan struct{})
}

// put takes in the objects that are new, or others than before, and reports whether
// there are any.
func (l *Lab) put(recorded *model.State, next uint64) (any bool) {
	for _, o := range recorded.Objects() {
		k := o.Key()
		was, known := l.objects[k]
		if known && model.Equal(was.Object, o) {
			continue
		}
		any = true
		born := was.born
		if !known {
			born = next
			delete(l.gone, k)
		}
		l.objects[k] = version{o, next, born}
	}
	return any
}

// forget drops what went first, when too much has.
func (l *Lab) forget() {
	if len(l.gone) <= mostGone {
		return
	}
	revisions := slices.Sorted(maps.Values(l.gone))
	l.forgot = revisions[len(revisions)/2]
	maps.DeleteFunc(l.gone, func(_ model.Key, at uint64) bool { return at <= l.forgot })
}

// Since returns what has changed since a revision: since 0, or one that is not known,
// it is the whole lab.
func (l *Lab) Since(revision uint64) Change {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := Change{Revision: l.revision, Added: []model.Object{}, Changed: []model.Object{}, Removed: []model.Key{}}
	if revision == 0 || revision < l.forgot || revision > l.revision {
		c.Whole, revision = true, 0
	}
	all := model.NewState()
	for _, v := range l.objects {
		if v.since > revision {
			all.Put(v.Object)
		}
	}
	for _, o := range all.Objects() {
		if l.objects[o.Key()].born > revision {
			c.Added = append(c.Added, o)
		} else {
			c.Changed = append(c.Changed, o)
		}
	}
	if !c.Whole {
		c.Removed = l.goneSince(revision)
	}
	if l.drifted > revision || c.Whole {
		c.Drift = append([]local.Drift{}, l.drift...)
	}
	return c
}

func (l *Lab) goneSince(revision uint64) []model.Key {
	keys := []model.Key{}
	for k, at := range l.gone {
		if at > revision {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b model.Key) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// Wait waits until the lab has another revision and returns what has changed since;
// for 0 it returns as soon as the lab was seen. The error is that of ctx.
func (l *Lab) Wait(ctx context.Context, revision uint64) (Change, error) {
	for {
		l.mu.Lock()
		now, changed := l.revision, l.changed
		l.mu.Unlock()
		if now != revision {
			return l.Since(revision), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Change{}, ctx.Err()
		}
	}
}
