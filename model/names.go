package model

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of names, in bytes.
const (
	// MaxIfname is the longest name of a network interface (IFNAMSIZ less the
	// terminating zero, netdevice(7)).
	MaxIfname = 15
	// MaxNamespace is the longest name of a file in /run/netns (NAME_MAX).
	MaxNamespace = 255
)

// DefaultSwitch is the switch that `ovsns switch create` makes without a name.
const DefaultSwitch = "sw0"

// HostEnd is the name that stands for the host itself at the end of a link.
const HostEnd = "host"

// CheckNamespace reports whether a namespace may have this name. The error is
// [ErrInvalid].
func CheckNamespace(name string) error {
	switch {
	case name == "":
		return Invalidf("the name of a namespace may not be empty")
	case len(name) > MaxNamespace:
		return Invalidf("namespace name %.20q... is %d bytes long; %d is the most", name, len(name), MaxNamespace)
	case name == "." || name == "..":
		return Invalidf("namespace name %q is a directory", name)
	case name == HostEnd:
		return Invalidf("namespace name %q is reserved for the host itself", name)
	case strings.HasPrefix(name, "-"):
		return Invalidf("namespace name %q looks like a flag", name)
	}
	if bad := badRune(name, "/"); bad != "" {
		return Invalidf("namespace name %q contains %s", name, bad)
	}
	return nil
}

// CheckIfname reports whether a network interface may have this name: the
// rule of the kernel's dev_valid_name, without names that /proc/sys, the
// kernel or a command line take for something else. The error is [ErrInvalid].
func CheckIfname(name string) error { return checkIfname("interface", name) }

// CheckSwitch reports whether a switch may have this name: it is the name of
// the switch's own interface too. The error is [ErrInvalid].
func CheckSwitch(name string) error { return checkIfname("switch", name) }

func checkIfname(noun, name string) error {
	switch {
	case name == "":
		return Invalidf("the name of the %s may not be empty", noun)
	case len(name) > MaxIfname:
		return Invalidf("%s name %.20q is %d bytes long; %d is the most", noun, name, len(name), MaxIfname)
	case name == "." || name == ".." || name == "lo" || name == "all" || name == "default":
		return Invalidf("%s name %q is reserved", noun, name)
	case strings.HasPrefix(name, "-"):
		return Invalidf("%s name %q looks like a flag", noun, name)
	}
	// A per cent sign makes the kernel choose a name itself ("eth%d").
	if bad := badRune(name, "/:%"); bad != "" {
		return Invalidf("%s name %q contains %s", noun, name, bad)
	}
	return nil
}

// badRune describes the first character of s that no name may have, or one of
// those in forbidden.
func badRune(s, forbidden string) string {
	if !utf8.ValidString(s) {
		return "bytes that are not UTF-8"
	}
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			return "white space"
		case !unicode.IsPrint(r):
			return "an unprintable character"
		case strings.ContainsRune(forbidden, r):
			return strconv.QuoteRune(r)
		}
	}
	return ""
}

// PortName returns the name of the host's end of the veth whose other end is
// ifname in the namespace: at most 15 bytes, readable, the same each time.
// "red" and "eth0" give "red-eth0"; what is too long keeps its first letters
// and ends in a hash. When a name is taken by another of our own ports, the
// next attempt gives another one; attempt starts at 0.
func PortName(namespace, ifname string, attempt int) string {
	name := namespace + "-" + ifname
	if attempt == 0 && len(name) <= MaxIfname && plain(name) {
		return name
	}
	return hashed(namespace, namespace+"\x00"+ifname+"\x00"+strconv.Itoa(attempt))
}

// GatewayInterface returns the name of the host's interface in a VLAN of a
// switch: the switch's own for the untagged segment, else "sw0.100".
func GatewayInterface(sw string, vlan VID) string {
	if vlan == 0 {
		return sw
	}
	name := sw + "." + strconv.Itoa(int(vlan))
	if len(name) <= MaxIfname {
		return name
	}
	return hashed(sw, name)
}

// StandInPort returns the name of the switch's end of a veth whose other end
// stands in for an interface that the switch cannot make: "sw0.100-sw".
func StandInPort(ifname string) string {
	name := ifname + "-sw"
	if len(name) <= MaxIfname {
		return name
	}
	return hashed(ifname, name)
}

// hashed returns the first letters of prefix and 40 bits of a hash of whole.
func hashed(prefix, whole string) string {
	sum := sha256.Sum256([]byte(whole))
	hash := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
	prefix = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !plain(string(r)) {
			return -1
		}
		return r
	}, prefix)
	prefix = strings.TrimLeft(prefix, "-") // not to look like a flag
	if prefix == "" {
		prefix = "ns"
	}
	return prefix[:min(len(prefix), MaxIfname-1-len(hash))] + "-" + hash
}

// plain reports whether every tool takes the name without quotes.
func plain(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.') {
			return false
		}
	}
	return true
}
