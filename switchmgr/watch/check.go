package watch

import (
	"context"
	"fmt"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// readSettings finds out whether somebody has changed a setting of the lab, in the
// host or in a namespace that is a router. The kernel tells when forwarding of the
// host is switched, but of no other one.
func (w *watcher) readSettings() {
	if w.known == nil {
		return
	}
	settings := model.All[model.Sysctl](w.known)
	for _, n := range model.All[model.Namespace](w.known) {
		settings = append(settings, n.Settings()...)
	}
	for _, s := range settings {
		value, err := w.host.Sysctl(s.Place.Namespace(), s.Name)
		if err != nil {
			continue // its interface or namespace is gone, which is news of another kind
		}
		was, read := w.settings[s.Key()]
		if !read {
			was = s.Value
		}
		if value != was && value != s.Value {
			w.newsOf(s.Place)
		}
		w.settings[s.Key()] = value
	}
}

// newsOf notes that a setting of a place was changed.
func (w *watcher) newsOf(place model.Place) {
	if place != model.Host {
		w.mu.Lock()
		w.focus.add(place.Namespace())
		w.mu.Unlock()
	}
	w.news(SourceSettings)
}

// rulesChanged reports whether there is cause to look. When the firewall is
// the only one, the rules that matter are compared with what they were: other
// programs edit theirs all the time.
func (w *watcher) rulesChanged(ctx context.Context, c causes) bool {
	if _, told := c[SourceFirewall]; !told {
		return true
	}
	// The rules are read before the look: a change in between is news again.
	rules := w.readRules(ctx)
	same := rules != "" && rules == w.rules
	w.rules = rules
	return !same || len(c) > 1 || w.pace.failures > 0
}

// readRules returns the firewall's part in the lab without its counters, ""
// when it cannot be read.
func (w *watcher) readRules(ctx context.Context) string {
	o, err := w.firewall.Observe(ctx)
	if err != nil {
		return ""
	}
	text := fmt.Sprintln(o.Segments, o.Allow, o.Incomplete, o.Blocked, o.Surplus)
	for _, n := range o.NAT {
		text += fmt.Sprintln(n.Subnet, n.OutInterface)
	}
	return text
}

// concerns reports whether news is about something that is recorded, and which
// namespaces to look into.
func (w *watcher) concerns(n nsmgr.News) (namespaces []string, concerns bool) {
	w.mu.Lock()
	i := w.interest
	w.mu.Unlock()
	if i == nil {
		return nil, true // the first look is still to come
	}
	return i.Concerns(n)
}
