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

// build makes the network, one kind of thing after the other: ovs-vswitchd
// wakes up for every link that appears in the host and lists all of them, under
// the lock that making namespaces takes as well.
func (f *floor) build(ctx context.Context) error {
	return f.do(ctx, []step{
		{"start", f.start},
		{"namespaces", f.namespaces},
		{"veths", f.veths},
		{"inside", f.furnish},
		{"quieten", f.quieten},
		{"up", f.up},
		{"transaction", f.create},
		{"ovs-vswitchd", f.await},
	})
}

// attach makes one namespace more on the switch that is there. The row comes
// before the link: so ovs-vswitchd sees both in one round over all its ports.
func (f *floor) attach(ctx context.Context) error {
	return f.do(ctx, []step{
		{"start", f.start},
		{"namespaces", f.namespaces},
		{"transaction", f.extend},
		{"veths", f.veths},
		{"inside", f.furnish},
		{"quieten", f.quieten},
		{"up", f.up},
		{"ovs-vswitchd", f.awaitOpen},
		// Which has set it down if it read its flags before and wrote them after.
		{"still up", f.up},
	})
}

// step is a part of the work, and the phase that it is.
type step struct {
	name string
	do   func() error
}

// look is nothing, unless this is built with the tag libovsdb: then it looks with
// that library at what is there, before anything else begins.
var look = func(context.Context, string) error { return nil }

// do does the steps in their order, with a connection to the database.
func (f *floor) do(ctx context.Context, steps []step) (err error) {
	if err := look(ctx, f.socket); err != nil {
		return err
	}
	if f.db, err = rawdb.Dial(ctx, f.socket); err != nil {
		return err
	}
	defer f.db.Close()
	for _, s := range steps {
		if err := s.do(); err != nil {
			return err
		}
		f.phase(s.name)
	}
	return nil
}

// start finds out what the switch takes, and makes the place for names.
func (f *floor) start() (err error) {
	if f.tso, err = hasTSO(f.db); err != nil {
		return err
	}
	return placeForNames()
}

// placeForNames makes the place for named namespaces as ip-netns(8) does.
func placeForNames() error {
	if err := os.MkdirAll(netnsDir, 0o755); err != nil {
		return err
	}
	if unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, "") == nil {
		return nil
	}
	if err := unix.Mount(netnsDir, netnsDir, "none", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	return unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, "")
}

// namespaces makes all namespaces.
func (f *floor) namespaces() error {
	var p procs
	return f.inParallel(func(m *member) error { return m.makeNamespace(&p) })
}

// inParallel calls do for all members, on threads that end afterwards: they
// are left in some namespace.
func (f *floor) inParallel(do func(*member) error) error {
	work := make(chan *member, len(f.lab))
	for i := range f.lab {
		work <- &f.lab[i]
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
	{"accept_dad", "0"},
	{"router_solicitations", "0"},
	{"mldv2_unsolicited_report_interval", "1"},
}

// makeNamespace makes a namespace with its loopback interface, and keeps it
// open.
func (m *member) makeNamespace(p *procs) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	if err := beQuiet(p); err != nil {
		return err
	}
	var err error
	if m.inside, err = socket(); err != nil {
		return err
	}
	const lo = 1 // its index
	var b batch
	b.link(unix.RTM_SETLINK, 0, lo, unix.IFF_UP, unix.IFF_UP)
	b.attr(unix.IFLA_IFALIAS, []byte("ovsns"))
	if err := b.send(m.inside); err != nil {
		return err
	}
	if m.netns, err = unix.Open(ownNamespace, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return err
	}
	return bind(netnsDir + "/" + m.Namespace)
}

// beQuiet sets quietStart in the calling thread's namespace.
func beQuiet(p *procs) error {
	dir, err := p.open("sys/net/ipv6/conf/default")
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	for _, s := range quietStart {
		if err := setting(dir, s.file, s.value); err != nil {
			return err
		}
	}
	return nil
}

// procs are mounts of proc(5): a step below /proc/sys/net takes the longer the
// more namespaces were looked at through the same mount.
type procs struct {
	mu       sync.Mutex
	fd, uses int
}

// open opens a directory of a mount that has not been used often.
func (p *procs) open(dir string) (int, error) {
	const often = 64
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.uses%often == 0 {
		fs, err := unix.Fsopen("proc", unix.FSOPEN_CLOEXEC)
		if err != nil {
			return -1, err
		}
		defer unix.Close(fs)
		if err := unix.FsconfigCreate(fs); err != nil {
			return -1, err
		}
		if p.uses > 0 {
			_ = unix.Close(p.fd)
		}
		if p.fd, err = unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0); err != nil {
			return -1, err
		}
	}
	p.uses++
	return unix.Openat(p.fd, dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

// furnish sets what the namespaces' ends of the veths have.
func (f *floor) furnish() error {
	for _, m := range f.lab {
		if err := m.furniture().send(m.inside); err != nil {
			return err
		}
		if !f.tso { // it takes only complete checksums
			if err := txChecksumOff(m.inside, task.Ifname); err != nil {
				return err
			}
		}
	}
	return nil
}

// furniture is what is said to the kernel from inside the namespace.
func (m member) furniture() *batch {
	const eth0 = 2 // the index of the first interface in a new namespace
	var b batch
	b.link(unix.RTM_SETLINK, 0, eth0, 0, 0)
	b.attr(unix.IFLA_IFALIAS, []byte(m.alias()))
	address := m.address()
	b.message(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL,
		[]byte{unix.AF_INET, byte(address.Bits()), 0, 0, eth0, 0, 0, 0}) // struct ifaddrmsg
	b.attr(unix.IFA_LOCAL, address.Addr().AsSlice())
	b.attr(unix.IFA_ADDRESS, address.Addr().AsSlice())
	return &b
}

// ownNamespace is the network namespace of the calling thread.
const ownNamespace = "/proc/thread-self/ns/net"

// bind gives the calling thread's namespace its name.
func bind(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	_ = unix.Close(fd)
	return unix.Mount(ownNamespace, path, "none", unix.MS_BIND, "")
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
