package nsmgr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// TestInspectPeers makes veths whose ends have the same indexes in several
// namespaces, and looks who belongs to whom.
func TestInspectPeers(t *testing.T) {
	h := newHost(t)
	for _, ns := range []string{"a", "b", "c"} {
		ip(t, "netns", "add", ns)
	}
	for _, pair := range []string{"a b", "b c", "a c"} {
		var x, y string
		_, err := fmt.Sscan(pair, &x, &y)
		if err != nil {
			t.Fatal(err)
		}
		ip(t, "link", "add", "to-"+y, "netns", x, "type", "veth", "peer", "name", "to-"+x, "netns", y)
	}
	ip(t, "link", "add", "to-host", "netns", "a", "type", "veth", "peer", "name", "to-a")
	ip(t, "link", "add", "x1", "netns", "b", "type", "veth", "peer", "name", "x2", "netns", "b")
	ip(t, "-n", "c", "link", "add", "name", "br1", "type", "bridge")
	ip(t, "-n", "c", "link", "set", "to-b", "master", "br1")
	ip(t, "-n", "c", "addr", "add", "10.0.0.1/24", "dev", "to-a", "valid_lft", "100", "preferred_lft", "100")
	ip(t, "-n", "c", "addr", "add", "10.0.1.1/24", "dev", "to-a")

	seen, err := h.Inspect(context.Background(), []string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[Place]Place{
		{"a", "to-b"}: {"b", "to-a"}, {"a", "to-c"}: {"c", "to-a"}, {"a", "to-host"}: {"", "to-a"},
		{"b", "to-a"}: {"a", "to-b"}, {"b", "to-c"}: {"c", "to-b"}, {"b", "x1"}: {"b", "x2"},
		{"c", "to-a"}: {"a", "to-c"}, {"c", "to-b"}: {"b", "to-c"}, {"", "to-a"}: {"a", "to-host"},
	} {
		if f := foundAt(t, seen, at); f.Peer == nil || *f.Peer != want {
			t.Errorf("%v leads to %v, not to %v", at, f.Peer, want)
		}
	}
	if f := foundAt(t, seen, Place{"c", "to-b"}); f.Master != "br1" {
		t.Errorf("the master of %s is %q", f.Name, f.Master)
	}
	f := foundAt(t, seen, Place{"c", "to-a"})
	if len(f.Addresses) != 2 || fmt.Sprint(f.Dynamic) != "[10.0.0.1/24]" {
		t.Errorf("of %v expire %v", f.Addresses, f.Dynamic)
	}
	if f := foundAt(t, seen, Place{"a", "lo"}); !f.Fallback {
		t.Error("lo is not taken for granted")
	}
}

func foundAt(t *testing.T, seen map[string]*Inspection, at Place) Found {
	t.Helper()
	for _, f := range seen[at.Namespace].Links {
		if f.Name == at.Name {
			return f
		}
	}
	t.Fatalf("%v was not found", at)
	return Found{}
}

func TestInspectSame(t *testing.T) {
	h := newHost(t)
	ip(t, "netns", "add", "a")
	ip(t, "netns", "attach", "main", strconv.Itoa(os.Getpid()))
	seen, err := h.Inspect(context.Background(), []string{"a", "main"})
	if err != nil {
		t.Fatal(err)
	}
	if got := seen["main"].SameAs; got != "the host" || seen["a"].SameAs != "" {
		t.Errorf("main is the same as %q", got)
	}
}

func TestMark(t *testing.T) {
	h := newHost(t)
	ctx := context.Background()
	ip(t, "netns", "add", "a")
	ip(t, "link", "add", "p", "type", "veth", "peer", "name", "q")
	ip(t, "link", "set", "q", "alias", "theirs")
	managed := func() bool {
		info, _, err := h.FindNamespace(ctx, "a")
		if err != nil {
			t.Fatal(err)
		}
		return info.Managed
	}
	for range 2 {
		if err := errors.Join(h.MarkNamespace(ctx, "a"), h.Mark(ctx, "", "p", "ovsns: x")); err != nil || !managed() {
			t.Errorf("not marked: %v", err)
		}
	}
	if err := errors.Join(h.Unmark(ctx, "a", "lo"), h.Unmark(ctx, "", "p"), h.Unmark(ctx, "", "q")); err != nil || managed() {
		t.Errorf("still marked: %v", err)
	}
	if l, _, _ := h.FindLink(ctx, "", "p"); l.Alias != "" {
		t.Errorf("p has the alias %q", l.Alias)
	}
	if err := h.Mark(ctx, "", "q", "ovsns: x"); !errors.Is(err, model.ErrConflict) {
		t.Errorf("somebody's alias is overwritten: %v", err)
	}
	if err := h.Mark(ctx, "", "none", "ovsns: x"); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("nothing is marked: %v", err)
	}
}
