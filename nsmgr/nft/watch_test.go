package nft

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestWatch(t *testing.T) {
	h := newHost(t)
	ctx, stop := context.WithCancel(t.Context())
	news, ended := make(chan struct{}, 1000), make(chan error, 1)
	go func() { ended <- h.fw.Watch(ctx, func() { news <- struct{}{} }) }()
	expectNews(t, news, "the beginning")
	h.sh("nft 'add table ip foreign; add set ip foreign s { type ipv4_addr; }; add chain ip foreign forward { type filter hook forward priority 0; }'")
	expectNews(t, news, "a foreign chain")
	h.sh("nft add element ip foreign s { 192.0.2.1 }")
	if n := quiet(news); n > 0 {
		t.Errorf("%d news of a foreign set", n)
	}
	if err := h.fw.Apply(ctx, Rules{Segments: []string{"sw0"}}, Rules{}); err != nil {
		t.Fatal(err)
	}
	expectNews(t, news, "our table")
	for _, damage := range []string{
		"delete element inet ovsns segments { sw0 }",
		"flush chain inet ovsns forward",
		"add rule ip foreign forward drop",
		"flush ruleset",
	} {
		h.sh("nft " + damage)
		expectNews(t, news, damage)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context Watch returned %v", err)
	}
}

func expectNews(t *testing.T, news chan struct{}, of string) {
	t.Helper()
	select {
	case <-news:
	case <-time.After(time.Minute):
		t.Fatalf("no news of %s", of)
	}
	quiet(news)
}

// quiet counts the news until there are none for a while.
func quiet(news chan struct{}) int {
	for n := 0; ; n++ {
		select {
		case <-news:
		case <-time.After(100 * time.Millisecond):
			return n
		}
	}
}
