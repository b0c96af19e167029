package nsmgr

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
)

func TestNeighbours(t *testing.T) {
	h := newHost(t)
	begin := time.Now()
	ip(t, "netns", "add", "neigh")
	t.Cleanup(func() { ip(t, "netns", "delete", "neigh") })
	for _, line := range []string{
		"link add a0 type veth peer name a1", "addr add 10.9.0.1/24 dev a0", "link set a0 up", "link set a1 up",
		"neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev a0 nud reachable",
		"neigh add 10.9.0.3 lladdr 02:00:00:00:00:03 dev a0 nud permanent",
		"neigh add 2001:db8:9::2 dev a0 nud failed",
	} {
		ip(t, append([]string{"-n", "neigh"}, strings.Fields(line)...)...)
	}
	byAddress := func() map[string]Neighbour {
		list, err := h.Neighbours(t.Context(), "neigh")
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]Neighbour{}
		for _, n := range list {
			m[n.Address.String()] = n
		}
		return m
	}
	two := Neighbour{Address: netip.MustParseAddr("10.9.0.2"), Interface: "a0", MAC: model.MAC{2, 5: 2}}
	got := byAddress()["10.9.0.2"]
	if whole := time.Since(begin); got.Age > whole+time.Second { // the kernel counts in ticks
		t.Errorf("it is %v old after %v", got.Age, whole)
	}
	if got.Age = 0; got != two {
		t.Errorf("got %+v", got)
	}
	if n := byAddress()["2001:db8:9::2"]; !n.Unanswered {
		t.Errorf("got %+v", n)
	}
	for range 2 {
		if err := h.ForgetNeighbours(t.Context(), "neigh", func(Neighbour) bool { return true }); err != nil {
			t.Fatal(err)
		}
	}
	if now := byAddress(); len(now) != 1 || now["10.9.0.3"].MAC.IsZero() {
		t.Errorf("left: %v", now)
	}
}
