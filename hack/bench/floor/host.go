package main

import (
	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/hack/bench/task"
)

// perBatch is how many interfaces of the host one batch changes; a socket's
// buffer holds as many messages.
const perBatch = 100

// fromHost sends messages from the host.
func fromHost(add func(*batch)) error {
	fd, err := socket()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var b batch
	add(&b)
	return b.send(fd)
}

// changeAll sends one message for each member, from the host.
func (f *floor) changeAll(add func(*batch, member)) error {
	fd, err := socket()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var b batch
	for i, m := range f.lab {
		add(&b, m)
		if i%perBatch == perBatch-1 {
			if err := b.send(fd); err != nil {
				return err
			}
		}
	}
	return b.send(fd)
}

// veths makes the veths from the host: many with one system call. The host's
// ends stay down; the kernel refuses a peer that is to be up at once.
func (f *floor) veths() error {
	return f.changeAll(func(b *batch, m member) {
		b.link(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, 0, unix.IFF_UP, unix.IFF_UP)
		b.attr(unix.IFLA_IFNAME, text(task.Ifname))
		b.attr(unix.IFLA_ADDRESS, m.mac[:])
		b.attr(unix.IFLA_NET_NS_FD, number(uint32(m.netns)))
		b.nest(unix.IFLA_LINKINFO, func() {
			b.attr(unix.IFLA_INFO_KIND, []byte("veth"))
			b.nest(unix.IFLA_INFO_DATA, func() {
				const peer = 1 // VETH_INFO_PEER, linux/veth.h
				b.nest(peer, func() {
					b.buf = append(b.buf, ifinfo(0, unix.IFF_NOARP, unix.IFF_NOARP)...)
					b.attr(unix.IFLA_IFNAME, text(m.Port))
				})
			})
		})
	})
}

// quieten marks the host's ends and makes them a matter of the switch alone.
func (f *floor) quieten() error {
	err := f.changeAll(func(b *batch, m member) {
		b.link(unix.RTM_SETLINK, 0, 0, 0, 0)
		b.attr(unix.IFLA_IFNAME, text(m.Port))
		b.attr(unix.IFLA_IFALIAS, []byte(m.alias()))
		b.nest(unix.IFLA_AF_SPEC, func() {
			const inetConf, rpFilter = 1, 8    // linux/if_link.h, linux/ip.h
			const addrGenMode, modeNone = 8, 1 // linux/if_link.h
			b.nest(unix.AF_INET, func() {
				b.nest(inetConf, func() { b.attr(rpFilter, number(1)) })
			})
			b.nest(unix.AF_INET6, func() { b.attr(addrGenMode, []byte{modeNone}) })
		})
	})
	if err != nil {
		return err
	}
	return f.withoutIPv6()
}

// withoutIPv6 writes the one setting that netlink does not have.
func (f *floor) withoutIPv6() error {
	conf, err := unix.Open("/proc/sys/net/ipv6/conf", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(conf)
	for _, m := range f.lab {
		if err := setting(conf, m.Port+"/disable_ipv6", "1"); err != nil {
			return err
		}
	}
	return nil
}

// setting writes a file below a directory.
func setting(dir int, file, value string) error {
	fd, err := unix.Openat(dir, file, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte(value))
	return err
}

// up brings the host's ends up: what the namespaces say about it is over before
// the switch takes the ports.
func (f *floor) up() error {
	return f.changeAll(func(b *batch, m member) {
		b.link(unix.RTM_SETLINK, 0, 0, unix.IFF_UP, unix.IFF_UP)
		b.attr(unix.IFLA_IFNAME, text(m.Port))
	})
}
