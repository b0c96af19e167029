package model

// Place is a network stack with interfaces, rules and settings of its own: the
// host's, or that of a namespace.
type Place string

// Host is the host itself, the zero value.
const Host Place = ""

// vrfPrefix begins the names of router namespaces.
const vrfPrefix = "vrf-"

// VRFPlace returns the router namespace of a VRF; "" is the host.
func VRFPlace(vrf string) Place {
	if vrf == "" {
		return Host
	}
	return Place(vrfPrefix + vrf)
}

// EndPlace returns the place of the end of a [Link].
func EndPlace(end string) Place {
	if end == HostEnd {
		return Host
	}
	return Place(end)
}

// String returns "host" ([HostEnd]) or the name of the namespace.
func (p Place) String() string {
	if p == Host {
		return HostEnd
	}
	return string(p)
}

// Namespace returns the name of the namespace, "" for the host, as package
// nsmgr has it.
func (p Place) Namespace() string { return string(p) }

// inPlace returns what must be there for something to stand in a place.
func inPlace(p Place) []Key {
	if p == Host {
		return nil
	}
	return []Key{NamespaceKey(string(p))}
}
