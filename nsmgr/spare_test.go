package nsmgr

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
)

// openNamespaces returns the network namespaces that this process holds open.
func openNamespaces(t *testing.T) map[nsID]bool {
	t.Helper()
	ids := map[nsID]bool{}
	files, err := filepath.Glob("/proc/self/fd/*")
	must(t, err)
	for _, file := range files {
		if target, err := os.Readlink(file); err != nil || !strings.HasPrefix(target, "net:[") {
			continue
		}
		if id, err := statNS(file); err == nil {
			ids[id] = true
		}
	}
	return ids
}

func TestPrepare(t *testing.T) {
	h := newHost(t)
	before := threadNamespaces(t)
	h.Prepare("red")
	h.Prepare("blue") // one is enough
	<-h.spare.ready
	id := h.spare.c.id
	if list, err := h.Namespaces(testContext(t)); len(list) > 0 || err != nil {
		t.Errorf("before it has a name there are %v %v", list, err)
	}
	create(t, h, "red", "blue")
	if red, err := statNS(netnsPath("red")); err != nil || red != id {
		t.Errorf("red is %v, not the one that was prepared, %v: %v", red, id, err)
	}
	lo := ipLinkOf(t, "red", "lo")
	if lo.Alias != "ovsns" || !slices.Contains(lo.Flags, "UP") {
		t.Errorf("lo has alias %q and flags %v", lo.Alias, lo.Flags)
	}
	if h.Prepare("red"); h.spare != nil {
		t.Error("one is prepared for a name that is taken")
	}
	if after := threadNamespaces(t); after != before {
		t.Errorf("threads were in %v and are in %v", before, after)
	}
}

// TestPrepareForNothing: nothing is left of what no name was found for.
func TestPrepareForNothing(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	held := openNamespaces(t)
	h.Prepare("red")
	ip(t, "netns", "add", "red")
	wantClass(t, h.CreateNamespaces(ctx, "red"), model.ErrConflict)
	if h.Prepare("red"); h.spare == nil {
		t.Fatal("what was prepared before is gone")
	}
	must(t, h.Close())
	h.Prepare("blue")
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for len(openNamespaces(t)) >= len(held) { // the host's own goes too
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d namespaces are open, %d were", len(openNamespaces(t)), len(held))
		}
	}
}
