// Package labs holds ready-made labs: the classic experiments with network
// namespaces as lab files, with what they expect and a text that says what to
// look at.
//
//	files/w4-gateway.yaml     # the text, as a comment at the head
//	                          version: 1 ...
//	files/w1-vlans.m2.yaml    what a second machine has
//
// They are data; cmd/ovsns shows and runs them.
package labs

import (
	"embed"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

//go:embed files
var files embed.FS

// Lab is a ready-made lab.
type Lab struct {
	Name  string `json:"name"` // "w4-gateway"
	Title string `json:"title"`
	// Text says what there is, and which commands show it.
	Text string `json:"text"`
	// Machines are those that play it; a user sits at the first one.
	Machines []Machine `json:"machines"`
	// Cables join the machines.
	Cables []Cable `json:"cables"`
}

// Machine is one host of a lab.
type Machine struct {
	Name string `json:"name"`
	// File is its lab file, in YAML.
	File string `json:"file"`
}

// Cable is a wire between two machines.
type Cable struct {
	A          string `json:"a"`
	InterfaceA string `json:"interface_a"`
	B          string `json:"b"`
	InterfaceB string `json:"interface_b"`
}

// All returns the labs, by name.
func All() []Lab {
	wire := Cable{A: "m1", InterfaceA: "eth1", B: "m2", InterfaceB: "eth1"}
	return []Lab{
		load("w1-vlans", []Cable{wire}, "m2"),
		load("w2-routed", []Cable{}),
		load("w3-cable", []Cable{}),
		load("w4-gateway", []Cable{}),
		load("w5-basics", []Cable{}),
	}
}

// Find returns the lab of a name; "w4" is short for "w4-gateway". The error is
// [model.ErrNotFound].
func Find(name string) (Lab, error) {
	all := All()
	names := make([]string, len(all))
	for i, l := range all {
		short, _, _ := strings.Cut(l.Name, "-")
		if name == l.Name || name == short {
			return l, nil
		}
		names[i] = l.Name
	}
	err := model.NotFoundf("there is no lab %s", name)
	if near := model.Nearest(name, names); near != "" {
		return Lab{}, err.WithHint("ovsns lab show %s", near)
	}
	return Lab{}, err.WithHint("ovsns lab list")
}

// load reads the files of a lab.
func load(name string, cables []Cable, more ...string) Lab {
	l := Lab{Name: name, Cables: cables, Machines: []Machine{{Name: "m1", File: read(name)}}}
	l.Title, l.Text = head(l.Machines[0].File)
	for _, m := range more {
		l.Machines = append(l.Machines, Machine{Name: m, File: read(name + "." + m)})
	}
	return l
}

func read(name string) string {
	text, err := files.ReadFile("files/" + name + ".yaml")
	if err != nil {
		panic(err) // it is not in the program: a test would have told
	}
	return string(text)
}

// head returns the comment that a file begins with: its first line, then the
// rest.
func head(file string) (title, text string) {
	var lines []string
	for line := range strings.Lines(file) {
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		lines = append(lines, strings.TrimPrefix(comment, " "))
	}
	text = strings.TrimSpace(strings.Join(lines[min(1, len(lines)):], ""))
	return strings.TrimSpace(strings.Join(slices.Clip(lines[:min(1, len(lines))]), "")), text
}
