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

// interest is what news must be about to matter; nil lets everything through.
type interest struct {
	host       map[string]string // names of interfaces, with the namespace where they lead
	namespaces map[string]bool
	inside     map[[2]string]bool // namespace and name of an interface
	routed     map[string]bool    // namespaces with routes
	settings   bool
}

func newInterest(s *model.State) *interest {
	i := &interest{
		host: map[string]string{}, namespaces: map[string]bool{}, inside: map[[2]string]bool{}, routed: map[string]bool{},
	}
	for _, o := range s.Objects() {
		i.add(o)
	}
	return i
}

func (i *interest) add(o model.Object) {
	switch o := o.(type) {
	case model.Switch:
		i.host[o.Name] = ""
	case model.Gateway:
		i.host[o.Interface] = ""
	case model.Uplink:
		i.host[o.Interface] = ""
	case model.Namespace:
		i.namespaces[o.Name] = true
		i.inside[[2]string{o.Name, "lo"}] = true
	case model.Attachment:
		i.host[o.Port] = o.Namespace
		i.inside[[2]string{o.Namespace, o.Ifname}] = true
		i.routed[o.Namespace] = i.routed[o.Namespace] || len(o.Gateways) > 0
	case model.Link:
		for _, ends := range [][2]model.LinkEnd{{o.A, o.B}, {o.B, o.A}} {
			i.inside[[2]string{ends[0].Namespace, ends[0].Ifname}] = true
			if ends[0].Namespace == model.HostEnd {
				i.host[ends[0].Ifname] = ends[1].Namespace
			}
		}
	case model.Route:
		i.routed[o.Namespace] = true
	case model.Sysctl:
		i.settings = true
	}
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
	if n.Namespace != "" {
		return []string{n.Namespace}, i.inNamespace(n)
	}
	switch n.Kind {
	case nsmgr.NewsLink, nsmgr.NewsAddress:
		to, known := i.host[n.Interface]
		if to != "" {
			namespaces = []string{to}
		}
		return namespaces, known || n.Managed
	case nsmgr.NewsForward:
		return nil, i.settings
	}
	return nil, true
}

func (i *interest) inNamespace(n nsmgr.News) bool {
	switch n.Kind {
	case nsmgr.NewsRoute:
		return i.routed[n.Namespace]
	case nsmgr.NewsLink:
		return i.namespaces[n.Namespace] && (n.Managed || i.inside[[2]string{n.Namespace, n.Interface}])
	}
	return i.namespaces[n.Namespace]
}
