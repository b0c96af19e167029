package nft

import (
	"context"
	"errors"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// TestPlace has a namespace play the host. What is around it stays as it is, as
// does it when the same is asked of what is around it.
func TestPlace(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	router := h.place("router")
	router.lab()
	for _, setup := range []string{"", iptables("-nft", "-P FORWARD DROP"), iptables("-nft", "-P FORWARD ACCEPT") + iptables("-legacy", "-P FORWARD DROP")} {
		router.sh(setup + ":")
		before := router.ruleset()
		router.apply(wholeLab(), Rules{})
		h.same("with rules in the namespace", "")
		router.reaches("red", outAddrs, true)
		router.reaches("red", blueAddrs, false)
		router.apply(redAndBlue, Rules{})
		router.reaches("red", blueAddrs, true)
		if o := router.observe(); len(o.NAT) != 2 || len(o.Incomplete) > 0 || o.NAT[0].Packets != 1 {
			t.Errorf("in the namespace: %+v", o)
		}

		whole := router.ruleset()
		router.apply(router.observe().Rules, Rules{}) // with the place in each
		router.same("after what is there already", whole)
		if o := h.observe(); len(o.NAT)+len(o.Segments)+len(h.blockers()) > 0 {
			t.Errorf("the host has %+v, blockers %+v", o, h.blockers())
		}
		h.apply(wholeLab(), Rules{})
		h.apply(Rules{}, wholeLab())
		router.same("with rules in the host", whole)
		router.apply(Rules{}, wholeLab())
		router.apply(Rules{}, redAndBlue)
		router.sameBut("after removal", before)
	}
}

func TestPlaceWatch(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	router := h.place("router")
	ctx, stop := context.WithCancel(t.Context())
	news, ended := make(chan struct{}, 1000), make(chan error, 1)
	go func() { ended <- router.fw.Watch(ctx, func() { news <- struct{}{} }) }()
	expectNews(t, news, "the beginning")
	h.apply(wholeLab(), Rules{})
	if n := quiet(news); n > 0 {
		t.Errorf("%d news of the host", n)
	}
	router.apply(wholeLab(), Rules{})
	expectNews(t, news, "the namespace")
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Watch: %v", err)
	}
}

// TestPlaceGone: the place comes and goes under a Firewall.
func TestPlaceGone(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	router := h.place("router")
	router.apply(wholeLab(), Rules{})
	h.sh("ip netns delete " + router.at)
	_, errObserve := router.fw.Observe(t.Context())
	_, errBlockers := router.fw.Blockers(t.Context())
	for _, err := range []error{
		errObserve, errBlockers, router.fw.Apply(t.Context(), wholeLab(), Rules{}),
		router.fw.Watch(t.Context(), func() { t.Error("it watches") }),
	} {
		if !errors.Is(err, model.ErrNotFound) {
			t.Errorf("error %v, want ErrNotFound", err)
		}
	}
	h.same("after errors", "")
	h.sh("ip netns add " + router.at)
	if o := router.observe(); len(o.Segments) > 0 {
		t.Errorf("a new namespace of that name has %+v", o)
	}
}
