package plan

import (
	"maps"
	"slices"

	"github.com/ovsns/ovsns/model"
)

// NamespaceRequest asks for namespaces.
type NamespaceRequest struct {
	Names   []string
	Forward *bool // nil keeps; a new one does not forward
}

// CreateNamespaces wishes for namespaces.
func (e *Editor) CreateNamespaces(r NamespaceRequest) error {
	for _, name := range r.Names {
		if err := e.createNamespace(name, r); err != nil {
			return err
		}
	}
	return nil
}

// createNamespace wishes for one namespace; what the request does not say stays.
func (e *Editor) createNamespace(name string, r NamespaceRequest) error {
	if err := model.CheckNamespace(name); err != nil {
		return err
	}
	if err := e.host.checkNamespace(name); err != nil {
		return err
	}
	n, _ := model.Get[model.Namespace](e.state, model.NamespaceKey(name))
	n.Name = name
	if r.Forward != nil {
		n.Forward = *r.Forward
	}
	e.put(n)
	return nil
}

// SetNamespaces wishes that namespaces which exist are as the request says.
func (e *Editor) SetNamespaces(r NamespaceRequest) error {
	for _, name := range r.Names {
		if err := e.knownNamespace(name); err != nil {
			return err
		}
	}
	return e.CreateNamespaces(r)
}

// DeleteNamespaces wishes namespaces gone, with what joins them to anything.
func (e *Editor) DeleteNamespaces(names []string) error {
	for _, name := range names {
		if err := e.knownNamespace(name); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := e.drop(model.Namespace{Name: name}); err != nil {
			return err
		}
	}
	return nil
}

// knownNamespace reports a namespace that is missing or not ours.
func (e *Editor) knownNamespace(name string) error {
	if err := model.CheckNamespace(name); err != nil {
		return err
	}
	if err := e.host.checkNamespace(name); err != nil {
		return err
	}
	if !e.state.Has(model.NamespaceKey(name)) && e.host.Namespaces[name] != TakenOurs {
		return model.NotFoundf("no namespace is named %q", name).WithHint("ovsns ns create %s", name)
	}
	return nil
}

// attachmentsOf returns the attachments of a namespace.
func (e *Editor) attachmentsOf(namespace string) []model.Attachment {
	return find[model.Attachment](e, within(namespace))
}

// linksOf returns the links with an end in a namespace, or [model.HostEnd].
func (e *Editor) linksOf(end string) []model.Link {
	return find[model.Link](e, within(model.EndPlace(end)))
}

func namespaceNoun() entry {
	return noun[model.Namespace]{
		drop: func(e *Editor, n model.Namespace) error {
			e.remove(n.Key())
			return e.dropAll(within(n.Name))
		},
		file: file[NamespaceRequest]{
			requests: namespaceRequests,
			key:      func(r NamespaceRequest) model.Key { return model.NamespaceKey(r.Names[0]) },
			request:  (*Editor).CreateNamespaces,
		},
		export: func(x *exporter, n model.Namespace) {
			if x.lab.Namespaces == nil {
				x.lab.Namespaces = map[string]model.LabNamespace{}
			}
			x.lab.Namespaces[n.Name] = model.LabNamespace{Forward: n.Forward}
		},
	}.entry()
}

// namespaceRequests asks for those that a lab file names, at the ends of links
// as well.
func namespaceRequests(lab *model.Lab) ([]NamespaceRequest, error) {
	names := slices.Collect(maps.Keys(lab.Namespaces))
	for _, link := range lab.Links {
		if link.IsCable(lab) {
			continue
		}
		names = append(names, link.A, link.B)
	}
	slices.Sort(names)
	var list []NamespaceRequest
	for _, name := range slices.Compact(names) {
		if name != model.HostEnd {
			list = append(list, NamespaceRequest{Names: []string{name}, Forward: new(lab.Namespaces[name].Forward)})
		}
	}
	return list, nil
}
