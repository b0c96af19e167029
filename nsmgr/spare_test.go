package nsmgr

import (
	"fmt"
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

// spareNamespaces waits for what Prepare makes.
func spareNamespaces(h *Host) (ids []nsID) {
	<-h.spares.done
	for _, c := range h.spares.list {
		ids = append(ids, c.id)
	}
	return ids
}

func TestPrepare(t *testing.T) {
	h := newHost(t)
	before := threadNamespaces(t)
	ip(t, "netns", "add", "taken")
	h.Prepare("red", "taken", "blue")
	h.Prepare("green") // there are some already
	ids := spareNamespaces(h)
	if len(ids) != 2 {
		t.Fatalf("%d are prepared", len(ids))
	}
	if list, err := h.Namespaces(testContext(t)); len(list) != 1 || err != nil {
		t.Errorf("before they have names there are %v %v", list, err)
	}
	create(t, h, "red", "blue", "green")
	for i, name := range []string{"red", "blue"} {
		if id, err := statNS(netnsPath(name)); err != nil || id != ids[i] {
			t.Errorf("%s is %v, not the one that was prepared, %v: %v", name, id, ids[i], err)
		}
		lo := ipLinkOf(t, name, "lo")
		if lo.Alias != "ovsns" || !slices.Contains(lo.Flags, "UP") {
			t.Errorf("lo of %s has alias %q and flags %v", name, lo.Alias, lo.Flags)
		}
	}
	if h.Prepare("red"); len(spareNamespaces(h)) > 0 {
		t.Error("one is prepared for a name that is taken")
	}
	if h.Prepare("grey"); len(spareNamespaces(h)) != 1 {
		t.Error("none is prepared after there was nothing to prepare")
	}
	if after := threadNamespaces(t); after != before {
		t.Errorf("threads were in %v and are in %v", before, after)
	}
}

// TestPrepareMany: those that have names already and those that are made then
// are made together; of very many only some are made in advance.
func TestPrepareMany(t *testing.T) {
	h := newHost(t)
	var names []string
	for i := range sparesAtMost + 2 {
		names = append(names, fmt.Sprint("n", i))
	}
	h.Prepare(names...)
	if n := len(spareNamespaces(h)); n != sparesAtMost {
		t.Errorf("%d are prepared", n)
	}
	must(t, h.CreateNamespaces(testContext(t), names[:2]...))
	must(t, h.CreateNamespaces(testContext(t), names[2:]...))
	list, err := h.Namespaces(testContext(t))
	if len(list) != len(names) || err != nil {
		t.Errorf("there are %d, %v", len(list), err)
	}
	if n := len(h.spares.list); n > 0 {
		t.Errorf("%d are left", n)
	}
}

// TestPrepareForNothing: nothing is left of what no name was found for.
func TestPrepareForNothing(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	held := openNamespaces(t)
	h.Prepare("red", "blue", "green")
	ip(t, "netns", "add", "red")
	wantClass(t, h.CreateNamespaces(ctx, "red"), model.ErrConflict)
	if len(spareNamespaces(h)) < 2 {
		t.Fatal("what was prepared before is gone")
	}
	file, err := os.OpenFile(netnsPath("blue"), os.O_CREATE, fileMode) // somebody else is about to make it
	must(t, err)
	must(t, flock(int(file.Fd())))
	wantClass(t, h.CreateNamespaces(ctx, "green", "blue"), model.ErrConflict)
	if _, err := lstat(netnsPath("green")); err == nil {
		t.Error("green was made all the same")
	}
	must(t, os.Remove(file.Name()))
	must(t, file.Close())
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
