package sandbox

import (
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

var (
	hostPrefixes    = []netip.Prefix{netip.MustParsePrefix("198.51.100.1/24"), netip.MustParsePrefix("2001:db8:ffff::1/64")}
	outsidePrefixes = []netip.Prefix{netip.MustParsePrefix("198.51.100.2/24"), netip.MustParsePrefix("2001:db8:ffff::2/64")}
	anywhere        = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
)

// outside is the machine that plays the internet: a process of pid 1's in a
// network namespace of its own.
type outside struct {
	host    *nsmgr.Host
	process *process
}

// startOutside makes the namespace and starts its process; connect makes both
// a part of the host.
func startOutside(r *reaper) (*outside, error) {
	host, err := nsmgr.New()
	if err != nil {
		return nil, err
	}
	o := &outside{host: host}
	err = host.Do("", func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil { // until Do returns
			return os.NewSyscallError("unshare", err)
		}
		if err := os.WriteFile(outsidePath, nil, 0o444); err != nil {
			return err
		}
		if err := mount("/proc/thread-self/ns/net", outsidePath, "", unix.MS_BIND, ""); err != nil {
			return err
		}
		o.process, err = startService(r, outsideName, "/proc/self/exe", []string{roleOutside})
		return err
	})
	if err != nil {
		host.Close()
		return nil, model.Failedf("cannot make the outside").Because(err)
	}
	return o, nil
}

// connect lays a cable to the host, whose default routes then lead outside,
// and waits until there are answers. There is no route back: only what the
// host masquerades gets any.
func (o *outside) connect(ctx context.Context) error {
	defer o.host.Close()
	if err := o.wire(ctx); err != nil {
		return model.Failedf("cannot make the outside").Because(err)
	}
	for _, p := range outsidePrefixes {
		conn, err := dialUntil(ctx, "tcp", net.JoinHostPort(p.Addr().String(), outsidePort), o.process)
		if err != nil {
			return startFailed("the outside", outsideName, err)
		}
		conn.Close()
	}
	return nil
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
	for i := range hostPrefixes {
		errs = append(errs,
			h.AddAddress(ctx, outsideName, outsideLink, outsidePrefixes[i]),
			h.AddAddress(ctx, "", outsideLink, hostPrefixes[i]),
			h.ReplaceRoute(ctx, "", nsmgr.Route{To: anywhere[i], Via: outsidePrefixes[i].Addr()}))
	}
	return errors.Join(errs...)
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
