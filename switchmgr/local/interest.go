package local

import (
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// Interest is what news must be about to matter.
type Interest struct {
	host       map[string]string // names of interfaces, with the namespace where they lead
	namespaces map[string]bool
	inside     map[[2]string]bool // namespace and name of an interface
	routed     map[string]bool    // namespaces with routes
	settings   []model.Sysctl
}

// Settings lists the settings of the host and of namespaces that matter: the kernel
// sends no news of them, but of the host's forwarding.
func (i *Interest) Settings() []model.Sysctl { return i.settings }

// NewInterest returns what news must be about to concern a recorded lab.
func NewInterest(recorded *model.State) *Interest {
	i := &Interest{
		host: map[string]string{}, namespaces: map[string]bool{}, inside: map[[2]string]bool{}, routed: map[string]bool{},
	}
	for _, o := range recorded.Objects() {
		kinds[o.Key().Kind].interest(i, o)
	}
	return i
}

// Concerns reports whether news is about something that is recorded, and which
// namespaces to look into.
func (i *Interest) Concerns(n nsmgr.News) (namespaces []string, concerns bool) {
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
		return nil, len(i.settings) > 0
	case nsmgr.NewsRoute, nsmgr.NewsNamespace, nsmgr.NewsMissed:
	}
	return nil, true
}

func (i *Interest) inNamespace(n nsmgr.News) bool {
	switch n.Kind {
	case nsmgr.NewsRoute:
		return i.routed[n.Namespace]
	case nsmgr.NewsLink:
		return i.namespaces[n.Namespace] && (n.Managed || i.inside[[2]string{n.Namespace, n.Interface}])
	case nsmgr.NewsAddress, nsmgr.NewsNamespace, nsmgr.NewsForward, nsmgr.NewsMissed:
	}
	return i.namespaces[n.Namespace]
}
