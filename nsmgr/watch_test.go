package nsmgr

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// watchHost starts Watch and returns its news and, when it ends, its error.
func watchHost(t *testing.T, h *Host) (news chan News, ended chan error, stop context.CancelFunc) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	news, ended = make(chan News, 10000), make(chan error, 1)
	go func() { ended <- h.Watch(ctx, func(n News) { news <- n }) }()
	if n := <-news; n.Kind != NewsMissed {
		t.Fatalf("it begins with %v", n)
	}
	return news, ended, stop
}

// heard collects news until there are none for a while.
func heard(news chan News) []News {
	for list := []News{}; ; {
		select {
		case n := <-news:
			list = append(list, n)
		case <-time.After(300 * time.Millisecond):
			return list
		}
	}
}

func expectNews(t *testing.T, news chan News, want News, of string) {
	t.Helper()
	deadline := time.After(time.Minute)
	var others []News
	for {
		select {
		case n := <-news:
			if n == want {
				heard(news)
				return
			}
			others = append(others, n)
		case <-deadline:
			t.Fatalf("no news %v of %s, but %v", want, of, others)
		}
	}
}

func sh(t *testing.T, script string) {
	t.Helper()
	if out, err := exec.Command("sh", "-ec", script).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
}

func TestWatch(t *testing.T) {
	h := newHost(t)
	create(t, h, "red", "blue")
	attach(t, h, "red", "eth0", "red-eth0")
	must(t, h.CreateVeths(testContext(t), Veth{ // no end of it is in the host
		VethEnd{Namespace: "red", Name: "eth1", Alias: mark}, VethEnd{Namespace: "blue", Name: "eth1", Alias: mark},
	}))
	sh(t, "ip -n red addr add 10.0.0.1/24 dev eth0; ip -n red link set eth0 up; ip link set red-eth0 up")
	sh(t, "ip -n red route add default via 10.0.0.9 proto static; ip -n red route add 10.9.0.0/16 via 10.0.0.9 proto static")
	sh(t, "ip link add up0 type veth peer name up1; ip addr add 192.0.2.1/24 dev up0")
	sh(t, "sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0")
	watcher, err := New()
	must(t, err)
	defer watcher.Close()
	news, ended, stop := watchHost(t, watcher)
	for _, c := range []struct {
		script string
		want   News
	}{
		{"ip link set red-eth0 down", News{Kind: NewsLink, Interface: "red-eth0", Managed: true}},
		{"ip link set up0 name up9", News{Kind: NewsLink, Interface: "up0"}},
		{"ip link set up9 name up0", News{Kind: NewsLink, Interface: "up0"}},
		{"ip addr del 192.0.2.1/24 dev up0", News{Kind: NewsAddress, Interface: "up0"}},
		{"sysctl -qw net.ipv4.ip_forward=1", News{Kind: NewsForward}},
		{"sysctl -qw net.ipv6.conf.all.forwarding=1", News{Kind: NewsForward}},
		{"ip -n red link set eth0 mtu 1400", News{Kind: NewsLink, Namespace: "red", Interface: "eth0"}},
		{"ip -n blue link set eth1 up", News{Kind: NewsLink, Namespace: "blue", Interface: "eth1", Managed: true}},
		{"ip -n red route replace default via 10.0.0.8", News{Kind: NewsRoute, Namespace: "red"}},
		{"ip -n red route del 10.9.0.0/16", News{Kind: NewsRoute, Namespace: "red"}},
		{"ip -n red addr del 10.0.0.1/24 dev eth0", News{Kind: NewsAddress, Namespace: "red"}},
		{"ip link del red-eth0", News{Kind: NewsLink, Interface: "red-eth0", Managed: true}},
		{"ip netns del red", News{Kind: NewsNamespace, Namespace: "red"}},
		{"ip netns add red", News{Kind: NewsNamespace, Namespace: "red"}},
		{"umount /run/netns/blue", News{Kind: NewsNamespace, Namespace: "blue"}},
	} {
		sh(t, c.script)
		expectNews(t, news, c.want, c.script)
	}
	create(t, h, "green") // made while it watches
	expectNews(t, news, News{Kind: NewsNamespace, Namespace: "green"}, "green")
	for _, flag := range []string{"down", "up"} {
		sh(t, "ip -n green link set lo "+flag)
		expectNews(t, news, News{Kind: NewsLink, Namespace: "green", Interface: "lo", Managed: true}, "lo of green")
	}

	for _, script := range []string{
		"ip -n green addr add 10.1.0.1/24 dev lo; ip -n green route add 10.2.0.0/16 dev lo",
		"ip -n red link set lo up", // not ours any more
		"ip route add blackhole 198.51.100.0/24 proto static; ip route del blackhole 198.51.100.0/24",
	} {
		sh(t, script)
		if list := heard(news); len(list) > 0 {
			t.Errorf("news of %s: %v", script, list)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context Watch returned %v", err)
	}
}

// TestWatchHoldsNothing deletes a namespace while it is watched: it must go,
// not only its name.
func TestWatchHoldsNothing(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	h.drop("red")
	watcher, err := New()
	must(t, err)
	defer watcher.Close()
	watchHost(t, watcher)
	sh(t, "ip netns del red; for i in $(seq 100); do [ -e /sys/class/net/red-eth0 ] || exit 0; ls /sys/class/net >/dev/null; "+
		"sleep 0.05; done; exit 1")
}

// TestWatchMany counts what a watch of many namespaces costs.
func TestWatchMany(t *testing.T) {
	h := newHost(t)
	const n = 100
	for i := range n {
		create(t, h, fmt.Sprint("ns", i))
		h.drop(fmt.Sprint("ns", i))
	}
	watcher, err := New()
	must(t, err)
	defer watcher.Close()
	before := openFiles(t)
	news, _, _ := watchHost(t, watcher)
	if files := openFiles(t) - before; files > 10 {
		t.Errorf("%d namespaces take %d files", n, files)
	}
	for i := range n {
		must(t, h.SetLink(testContext(t), fmt.Sprint("ns", i), "lo", LinkChange{Up: new(false)}))
	}
	deadline := time.After(time.Minute)
	for from := map[string]bool{}; len(from) < n; {
		select {
		case e := <-news:
			from[e.Namespace] = true
		case <-deadline:
			t.Fatalf("news of %d namespaces of %d", len(from), n)
		}
	}
	begin, now := cpuTime(t), time.Now()
	heard(news)
	<-time.After(time.Second)
	if used := cpuTime(t) - begin; used > 100*time.Millisecond {
		t.Errorf("it used %v of %v while nothing happened", used, time.Since(now))
	}
}

func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	must(t, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
