package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// The outside of [Options.Outside]: its name in `ip netns`, the private host's
// interface to it, and the addresses at both ends, of the ranges for
// documentation (RFC 5737, RFC 3849).
const (
	outsideName = "outside"
	outsidePath = "/run/netns/" + outsideName
	outsideLink = "eth0" // at both ends
	outsidePort = "80"
)

var outsideWays = []way{
	{
		host: netip.MustParsePrefix("198.51.100.1/24"), outside: netip.MustParsePrefix("198.51.100.2/24"),
		all: netip.MustParsePrefix("0.0.0.0/0"),
	},
	{
		host: netip.MustParsePrefix("2001:db8:ffff::1/64"), outside: netip.MustParsePrefix("2001:db8:ffff::2/64"),
		all: netip.MustParsePrefix("::/0"),
	},
}

// solicited is the group that is asked for the outside's IPv6 address (RFC
// 4291, 2.7.1), as /proc/net/igmp6 writes it.
const solicited = "ff0200000000000000000001ff000002"

// way is a pair of addresses, and what the host reaches by it.
type way struct{ host, outside, all netip.Prefix }

// outside is the machine that plays the internet: a process of pid 1's in a
// network namespace of its own.
type outside struct {
	host    *nsmgr.Host
	process *process
}

// startOutside makes the namespace, starts its process and lays a cable to the
// host, whose default routes then lead outside. There is no route back: only
// what the host masquerades gets answers.
func startOutside(ctx context.Context, r *reaper) (*outside, error) {
	host, err := nsmgr.New()
	if err != nil {
		return nil, err
	}
	o := &outside{host: host}
	err = host.Do("", func() error { return o.begin(r) })
	if err == nil {
		err = o.wire(ctx)
	}
	if err != nil {
		host.Close()
		return nil, model.Failedf("cannot make the outside").Because(err)
	}
	return o, nil
}

// begin moves the calling thread to the outside, and starts the process there.
func (o *outside) begin(r *reaper) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	if err := os.WriteFile(outsidePath, nil, 0o444); err != nil {
		return err
	}
	if err := mount("/proc/thread-self/ns/net", outsidePath, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	var err error
	o.process, err = startService(r, outsideName, "/proc/self/exe", []string{roleOutside})
	return err
}

func (o *outside) wire(ctx context.Context) error {
	if err := nsmgr.JoinPaths(ctx, "/proc/self/ns/net", outsideLink, outsidePath, outsideLink); err != nil {
		return err
	}
	h := o.host
	errs := []error{
		h.SetLink(ctx, outsideName, "lo", nsmgr.LinkChange{Up: new(true)}),
		h.SetSysctl(outsideName, "net/ipv4/ip_forward", "0"),
	}
	for _, w := range outsideWays {
		errs = append(errs,
			h.AddAddress(ctx, outsideName, outsideLink, w.outside),
			h.AddAddress(ctx, "", outsideLink, w.host),
			h.ReplaceRoute(ctx, "", nsmgr.Route{To: w.all, Via: w.outside.Addr()}))
	}
	return errors.Join(errs...)
}

// await returns when there are answers.
func (o *outside) await(ctx context.Context) error {
	defer o.host.Close()
	if err := o.awaitGroup(ctx); err != nil {
		return startFailed("the outside", outsideName, err)
	}
	for _, w := range outsideWays {
		conn, err := dialUntil(ctx, "tcp", net.JoinHostPort(w.outside.Addr().String(), outsidePort), o.process)
		if err != nil {
			return startFailed("the outside", outsideName, err)
		}
		conn.Close()
	}
	return nil
}

// awaitGroup waits until the kernel has joined the group of the IPv6 address,
// which it does a little later than it adds the address. Who is asked before
// is asked again only after a second.
func (o *outside) awaitGroup(ctx context.Context) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	return o.host.Do(outsideName, func() error {
		for {
			groups, err := os.ReadFile("/proc/thread-self/net/igmp6")
			if err != nil || bytes.Contains(groups, []byte(solicited)) {
				return err
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
}

// outsideMain is the life of the outside.
func outsideMain() int {
	server := &http.Server{
		Addr: ":" + outsidePort, Handler: http.HandlerFunc(greet), ReadHeaderTimeout: 10 * time.Second,
	}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	return 1
}

// greet tells clients which address of theirs is seen, so that NAT shows.
func greet(w http.ResponseWriter, r *http.Request) {
	client, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "hello %s, this is the outside\n", client.Addr().Unmap())
}
