package model

import (
	"strings"
	"unicode"
)

// LabVersion is the version of the lab file that this package describes.
const LabVersion = 1

// LabName is what a lab is called.
var LabName = Property[string]{"name", "What the lab is called, for people.", texts[string]("one line of text", checkTitle)}

func checkTitle(s string) error {
	odd := func(c rune) bool { return !unicode.IsPrint(c) }
	if s == "" || strings.ContainsFunc(s, odd) {
		return Invalidf("name %s is not one line of text", quoted(s))
	}
	return nil
}

// Lab is what a lab file says: switches, namespaces and what joins them. It is
// a wish, written by people; package switchmgr/plan makes a [State] of it. A
// part that is left out is empty.
type Lab struct {
	Version    int                     `json:"version"`
	Name       string                  `json:"name,omitempty"`
	Switches   map[string]LabSwitch    `json:"switches,omitempty"`
	Namespaces map[string]LabNamespace `json:"namespaces,omitempty"`
	Links      []LabLink               `json:"links,omitempty"`
	// NAT lists subnets to masquerade beside those of the gateways.
	NAT []LabNAT `json:"nat,omitempty"`
	// Allow lists pairs of segments that may route to each other, each written
	// as in `ovsns allow add`: "sw0", "sw0:100", or a namespace that is linked
	// to the host.
	Allow [][2]string `json:"allow,omitempty"`
	// Expect says who shall reach whom; `ovsns check` measures it.
	Expect []Expectation `json:"expect,omitempty"`
}
