package nsmgr

import (
	"testing"

	"github.com/ovsns/ovsns/model"
)

// TestHeldNamespaces: what goes is what was looked at, whatever has its name by
// then.
func TestHeldNamespaces(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red", "blue", "green")
	for _, ns := range []string{"red", "blue", "green"} {
		attach(t, h, ns, "eth0", ns+"-eth0")
	}
	ip(t, "netns", "add", "theirs")
	defer ip(t, "netns", "delete", "theirs")
	pid := startInside(t, "red", "sleep", "1000")

	held, err := h.HoldNamespaces(ctx)
	must(t, err)
	defer held.Close()
	if got := marks(held.Namespaces()); got != "blue true, green true, red true, theirs false" {
		t.Errorf("Namespaces: %s", got)
	}
	all, err := held.Processes(ctx)
	if len(all) != 1 || len(all["red"]) != 1 || all["red"][0].PID != pid {
		t.Errorf("Processes: %v, %v, not only %d in red", all, err, pid)
	}
	_, err = h.FindDeletion(ctx, Going{Namespaces: []string{"red", "theirs"}, Held: held})
	wantClass(t, err, model.ErrNotManaged)

	ip(t, "netns", "delete", "green")
	create(t, h, "green", "late")
	d, err := h.FindDeletion(ctx, Going{Namespaces: []string{"green", "late", "nobody", "red"}, Held: held})
	must(t, err)
	defer d.Close()
	must(t, d.DeleteLinks())
	must(t, d.DeleteNames())
	list, err := h.Namespaces(ctx)
	if got := marks(list); err != nil || got != "blue true, green true, late true, theirs false" {
		t.Errorf("Namespaces: %s, %v", got, err)
	}
	if links, err := h.Links(ctx, ""); err != nil || len(links) != 2 || links[1].Name != "blue-eth0" {
		t.Errorf("links of the host: %+v, %v", links, err)
	}
	var none *Held
	none.Close()
}
