package ovsdb

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
)

// watchHost starts Watch and returns its news and, when it ends, its error.
func watchHost(t *testing.T, c *Client) (news chan struct{}, ended chan error, stop context.CancelFunc) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	news, ended = make(chan struct{}, 1000), make(chan error, 1)
	go func() { ended <- c.Watch(ctx, func() { news <- struct{}{} }) }()
	return news, ended, stop
}

// expectNews waits for news, and until it is quiet again.
func expectNews(t *testing.T, news chan struct{}, of string) {
	t.Helper()
	select {
	case <-news:
	case <-time.After(time.Minute):
		t.Fatalf("no news of %s", of)
	}
	quiet(news)
}

func expectNone(t *testing.T, news chan struct{}, of string) {
	t.Helper()
	if n := quiet(news); n > 0 {
		t.Errorf("%d news of %s", n, of)
	}
}

// quiet counts the news until there are none for a while.
func quiet(news chan struct{}) int {
	for n := 0; ; n++ {
		select {
		case <-news:
		case <-time.After(400 * time.Millisecond):
			return n
		}
	}
}

func TestWatch(t *testing.T) {
	c := dialHost(t)
	veth(t, "red-eth0")
	commit(t, c, made(sw0, attachment("red", model.VLANs{Access: 100})))
	watcher := dialHost(t)
	news, ended, stop := watchHost(t, watcher)
	expectNews(t, news, "the beginning")

	for _, change := range [][]string{
		{"set", "port", "red-eth0", "tag=200"},
		{"clear", "port", "red-eth0", "vlan_mode"},
		{"set", "port", "red-eth0", "trunks=5"},
		{"set", "port", "red-eth0", "external_ids:ovsns-vlan=7"},
		{"remove", "port", "red-eth0", "external_ids", "ovsns-owner"},
		{"set", "port", "red-eth0", "external_ids:ovsns-owner=ovsns"},
		{"set", "open_vswitch", ".", "external_ids:ovsns-namespace/blue=true"},
		{"remove", "open_vswitch", ".", "external_ids", "ovsns-namespace/blue"},
		{"del-port", "red-eth0"},
		{"del-br", "sw0"},
	} {
		vsctl(t, change...)
		expectNews(t, news, change[0]+" "+change[1])
	}
	for _, change := range [][]string{
		{"set", "open_vswitch", ".", "external_ids:other=1", "other_config:other=1"},
		{"remove", "open_vswitch", ".", "external_ids", "other", "--", "remove", "open_vswitch", ".", "other_config", "other"},
		{"add-br", "foreign", "--", "set", "bridge", "foreign", "datapath_type=netdev"},
		{"set", "port", "foreign", "tag=5"},
		{"del-br", "foreign"},
	} {
		vsctl(t, change...)
		expectNone(t, news, change[0]+" "+change[1])
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context Watch returned %v", err)
	}
}

func TestWatchLostServer(t *testing.T) {
	dir := t.TempDir()
	server, err := startServer(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(patient(t), Options{Endpoints: "unix:" + dir + "/db.sock"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	news, ended, _ := watchHost(t, c)
	expectNews(t, news, "the beginning")
	if err := server.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait()
	wantClass(t, <-ended, model.ErrNotReady)
	wantClass(t, c.Watch(patient(t), func() {}), model.ErrNotReady) // lost before it began
}
