package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a command costs the system is counted, not timed: a count is the same on
// every machine, however busy. The limits leave room for no more than a stray
// message; who makes ovsns cheaper lowers them.
var costs = []struct {
	what, command string
	// messages to the kernel, for each namespace
	limit float64
	// all its messages beside ten namespaces
	most int
}{
	{"apply", "apply -f FILE", 5.5, 60},
	{"apply with nothing to do", "apply -f FILE", 3.5, 40},
	{"show", "show", 3.5, 40}, // it looks into each
	{"attach beside them", "attach one --vlan 50 --ip 10.1.0.1/16", 0.5, 5},
	{"detach beside them", "detach one", 0.5, 8},
	{"destroy", "destroy --all --yes", 5.5, 66},
}

// TestCosts counts with strace(1): no command starts a program, and for each
// namespace it sends as few netlink messages as promised.
func TestCosts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const few, many = 10, 30
	first, second := b.costsOf(few), b.costsOf(many)
	for i, c := range costs {
		if programs := first[i].programs + second[i].programs; programs != 0 {
			t.Errorf("%s starts %d programs", c.what, programs)
		}
		if first[i].messages == 0 {
			t.Errorf("%s: strace shows no netlink message", c.what)
		}
		each := float64(second[i].messages-first[i].messages) / (many - few)
		t.Logf("%s: %.2f netlink messages for each namespace, %d for %d", c.what, each, first[i].messages, few)
		if each > c.limit || first[i].messages > c.most {
			t.Errorf("%s sends %.2f netlink messages for each namespace, more than %g, or more than %d for %d",
				c.what, each, c.limit, c.most, few)
		}
	}
}

// cost is what one run of a command has cost.
type cost struct{ messages, programs int }

// costsOf runs all commands on a lab of n namespaces.
func (b *bench) costsOf(n int) (list []cost) {
	b.Helper()
	file := filepath.Join(b.TempDir(), "lab.yaml")
	if err := os.WriteFile(file, []byte(wideLab(n)), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, c := range costs {
		b.Must("strace -f -qq -v -s 0 -e signal=none -e trace=execve,execveat,sendto,sendmsg,sendmmsg -o " + b.trace +
			" ovsns --quiet " + strings.ReplaceAll(c.command, "FILE", file))
		text, err := os.ReadFile(b.trace)
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, cost{
			messages: strings.Count(string(text), "nlmsg_type="),
			programs: strings.Count(string(text), "execve") - 1, // ovsns itself
		})
	}
	return list
}

// wideLab is n namespaces on one switch.
func wideLab(n int) string {
	var lab strings.Builder
	lab.WriteString("version: 1\nswitches: {sw0: {}}\nnamespaces:\n")
	for i := range n {
		fmt.Fprintf(&lab, "  n%d: {interfaces: [{switch: sw0, vlan: %d, ip: 10.0.0.%d/16}]}\n", i, 100+i/10, i+1)
	}
	return lab.String()
}

// TestDryRunMakesNoNamespace: an attach makes one, before it knows its plan; a
// dry run makes none.
func TestDryRunMakesNoNamespace(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Must("ovsns --quiet switch create")
	for command, made := range map[string]int{"--dry-run attach red": 0, "attach blue": 1} {
		b.Must("strace -f -qq -e signal=none -e trace=unshare -o " + b.trace + " ovsns --quiet " + command)
		text, err := os.ReadFile(b.trace)
		if err != nil {
			b.Fatal(err)
		}
		if n := strings.Count(string(text), "unshare("); n != made {
			t.Errorf("ovsns %s makes %d namespaces, not %d", command, n, made)
		}
	}
}
