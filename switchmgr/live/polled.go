package live

import (
	"context"
	"fmt"

	"github.com/ovsns/ovsns/model"
)

// readSettings finds out whether somebody has changed a setting of the lab, in the
// host or in a namespace that is a router. The kernel tells when forwarding of the
// host is switched, but of no other one.
func (f *Feed) readSettings() {
	f.mu.Lock()
	i := f.interest
	f.mu.Unlock()
	if i == nil {
		return
	}
	for _, s := range i.Settings() {
		value, err := f.host.Sysctl(s.Place.Namespace(), s.Name)
		if err != nil {
			continue // its interface or namespace is gone, which is news of another kind
		}
		was, read := f.settings[s.Key()]
		if !read {
			was = s.Value
		}
		if value != was && value != s.Value {
			f.newsOf(s.Place)
		}
		f.settings[s.Key()] = value
	}
}

// newsOf notes that a setting of a place was changed.
func (f *Feed) newsOf(place model.Place) {
	if place != model.Host {
		f.mu.Lock()
		f.focus.add(place.Namespace())
		f.mu.Unlock()
	}
	f.news(SourceSettings)
}

// RulesChanged reports whether the rules that matter are others than when it was
// asked last: other programs edit theirs all the time. The rules are read before the
// look: a change in between is news again.
func (f *Feed) RulesChanged(ctx context.Context) bool {
	rules := f.readRules(ctx)
	same := rules != "" && rules == f.rules
	f.rules = rules
	return !same
}

// ForgetRules has the next RulesChanged report that they are others.
func (f *Feed) ForgetRules() { f.rules = "" }

// readRules returns the firewall's part in the lab without its counters, ""
// when it cannot be read.
func (f *Feed) readRules(ctx context.Context) string {
	o, err := f.firewall.Observe(ctx)
	if err != nil {
		return ""
	}
	text := fmt.Sprintln(o.Segments, o.Allow, o.Incomplete, o.Blocked, o.Surplus)
	for _, n := range o.NAT {
		text += fmt.Sprintln(n.Subnet, n.OutInterface)
	}
	return text
}
