package main

import (
	"context"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/hack/bench/rawdb"
	"github.com/ovsns/ovsns/hack/bench/task"
)

const netnsDir = "/run/netns"

// build makes the network.
func (f *floor) build(ctx context.Context) error { return f.make(ctx, create) }

// attach makes one namespace more on the switch that is there.
func (f *floor) attach(ctx context.Context) error { return f.make(ctx, extend) }

// make makes the namespaces, and has the switch take them in a transaction.
func (f *floor) make(ctx context.Context, take func(*rawdb.Client, []member) (int, error)) error {
	db, err := rawdb.Dial(ctx, f.socket)
	if err != nil {
		return err
	}
	defer db.Close()
	tso, err := hasTSO(db)
	if err != nil {
		return err
	}
	host, err := hostNamespace()
	if err != nil {
		return err
	}
	f.phase("start")
	if err := f.inParallel(func(m member) error { return m.makeNamespace(host, !tso) }); err != nil {
		return err
	}
	if err := f.quieten(); err != nil {
		return err
	}
	if err := f.up(); err != nil {
		return err
	}
	f.phase("kernel")
	cfg, err := take(db, f.lab)
	if err != nil {
		return err
	}
	f.phase("transaction")
	if err := db.Await(cfg); err != nil {
		return err
	}
	f.phase("ovs-vswitchd")
	return nil
}

// hostNamespace opens the namespace of the calling thread, and makes the place
// for named ones as ip-netns(8) does.
func hostNamespace() (int, error) {
	if err := os.MkdirAll(netnsDir, 0o755); err != nil {
		return -1, err
	}
	if err := unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, ""); err != nil {
		if err := unix.Mount(netnsDir, netnsDir, "none", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return -1, err
		}
		if err := unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, ""); err != nil {
			return -1, err
		}
	}
	return unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// inParallel calls do for all members, on threads that end afterwards: they
// are left in some namespace.
func (f *floor) inParallel(do func(member) error) error {
	work := make(chan member, len(f.lab))
	for _, m := range f.lab {
		work <- m
	}
	close(work)
	failures := make([]error, f.workers)
	var workers sync.WaitGroup
	for i := range failures {
		workers.Go(func() {
			runtime.LockOSThread() // never unlocked
			for m := range work {
				if failures[i] = do(m); failures[i] != nil {
					return
				}
			}
		})
	}
	workers.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// quietStart are the settings of each namespace with which its interfaces say
// at once all that they have to say about IPv6; nobody has to copy it then.
var quietStart = [...]struct{ file, value string }{
	{"/proc/sys/net/ipv6/conf/default/accept_dad", "0"},
	{"/proc/sys/net/ipv6/conf/default/router_solicitations", "0"},
	{"/proc/sys/net/ipv6/conf/default/mldv2_unsolicited_report_interval", "1"},
}

// makeNamespace makes a namespace with all that is in it, and the veth with
// its other end in the host, which stays down.
func (m member) makeNamespace(host int, completeChecksums bool) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	for _, s := range quietStart {
		if err := setting(unix.AT_FDCWD, s.file, s.value); err != nil {
			return err
		}
	}
	fd, err := socket()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := m.inside(host).send(fd); err != nil {
		return err
	}
	if completeChecksums {
		if err := txChecksumOff(fd, task.Ifname); err != nil {
			return err
		}
	}
	return bind(netnsDir + "/" + m.Namespace)
}

// inside returns what is said to the kernel from inside the new namespace.
func (m member) inside(host int) *batch {
	const lo, eth0 = 1, 2 // indexes in a new namespace
	var b batch
	b.link(unix.RTM_SETLINK, 0, lo, unix.IFF_UP, unix.IFF_UP)
	b.attr(unix.IFLA_IFALIAS, []byte("ovsns"))

	b.link(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, 0, unix.IFF_UP, unix.IFF_UP)
	b.attr(unix.IFLA_IFNAME, text(task.Ifname))
	b.attr(unix.IFLA_ADDRESS, m.mac[:])
	b.nest(unix.IFLA_LINKINFO, func() {
		b.attr(unix.IFLA_INFO_KIND, []byte("veth"))
		b.nest(unix.IFLA_INFO_DATA, func() {
			const peer = 1 // VETH_INFO_PEER, linux/veth.h
			b.nest(peer, func() {
				b.buf = append(b.buf, ifinfo(0, unix.IFF_NOARP, unix.IFF_NOARP)...)
				b.attr(unix.IFLA_IFNAME, text(m.Port))
				b.attr(unix.IFLA_NET_NS_FD, number(uint32(host)))
			})
		})
	})

	b.link(unix.RTM_SETLINK, 0, eth0, 0, 0)
	b.attr(unix.IFLA_IFALIAS, []byte(m.alias()))

	address := m.address()
	b.message(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL,
		[]byte{unix.AF_INET, byte(address.Bits()), 0, 0, eth0, 0, 0, 0}) // struct ifaddrmsg
	b.attr(unix.IFA_LOCAL, address.Addr().AsSlice())
	b.attr(unix.IFA_ADDRESS, address.Addr().AsSlice())
	return &b
}

// bind gives the calling thread's namespace its name.
func bind(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	_ = unix.Close(fd)
	return unix.Mount("/proc/thread-self/ns/net", path, "none", unix.MS_BIND, "")
}

// txChecksumOff works on any socket of the namespace, ethtool(8) -K tx off.
func txChecksumOff(fd int, name string) error {
	value := struct{ cmd, data uint32 }{cmd: 0x17} // ETHTOOL_STXCSUM
	req := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte // struct ifreq is larger than its pointer
	}{data: unsafe.Pointer(&value)}
	copy(req.name[:unix.IFNAMSIZ-1], name)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	if errno != 0 {
		return errno
	}
	return nil
}
