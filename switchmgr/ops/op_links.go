package ops

import (
	"net/netip"
	"strconv"

	"github.com/ovsns/ovsns/model"
)

// End is one end of a [Veth].
type End struct {
	Place model.Place
	Name  string
	// Alias is the mark by which ovsns knows it.
	Alias string
	MAC   model.MAC // zero lets the kernel choose
	MTU   int       // in bytes; 0 is the kernel's default of 1500
	// Quiet is for a port of a switch: it gives itself no IPv6 address, and what
	// arrives there is for the switch alone.
	Quiet bool
	Up    bool
	// Addresses are in the order in which it gets them.
	Addresses []netip.Prefix
	// OwnChecksums has senders complete their checksums themselves.
	OwnChecksums bool
}

// Veth is a pair of ends: a cable. The first end is the one by which it is
// deleted where both may be.
type Veth [2]End

// MakeVeth makes a veth with all that its ends say, first end first: what the
// second one says as it comes up arrives.
type MakeVeth struct{ Veth Veth }

// Reverse implements [Op].
func (o MakeVeth) Reverse() Op { return DeleteVeth{Veth: o.Veth} }

// Lines implements [Op].
func (o MakeVeth) Lines() []string {
	near, far := o.Veth[0], o.Veth[1]
	if far.Place == model.Host {
		near, far = far, near
	}
	if o.Veth[0].Place == model.Host {
		near, far = o.Veth[0], o.Veth[1]
	}
	words := append([]string{"link", "add", "name", near.Name}, near.words()...)
	words = append(words, "type", "veth", "peer", "name", far.Name)
	if far.Place != near.Place {
		words = append(words, "netns", far.Place.Namespace())
	}
	lines := []string{ip(near.Place, append(words, far.words()...)...)}
	for _, end := range o.Veth {
		lines = append(lines, end.lines()...)
	}
	return lines
}
func (MakeVeth) op() {}

// words are the properties that an end is made with.
func (e End) words() []string {
	var words []string
	if !e.MAC.IsZero() {
		words = append(words, "address", e.MAC.String())
	}
	if e.MTU != 0 {
		words = append(words, "mtu", strconv.Itoa(e.MTU))
	}
	return words
}

// lines are what an end gets when it is made.
func (e End) lines() []string {
	var lines []string
	if e.Quiet {
		lines = append(lines,
			ip(e.Place, "link", "set", "dev", e.Name, "arp", "off", "addrgenmode", "none"),
			sysctl(e.Place, "net/ipv6/conf/"+e.Name+"/disable_ipv6", "1"),
			sysctl(e.Place, "net/ipv4/conf/"+e.Name+"/rp_filter", "1"))
	}
	if e.OwnChecksums {
		lines = append(lines, within(e.Place, "ethtool", "-K", e.Name, "tx", "off"))
	}
	if e.Up {
		lines = append(lines, ip(e.Place, "link", "set", "dev", e.Name, "up"))
	}
	for _, p := range e.Addresses {
		lines = append(lines, addAddress(e.Place, e.Name, p))
	}
	return lines
}

// DeleteVeth deletes a veth, which is as Veth says: made again, it is as it was,
// but for MACs that nobody has chosen.
type DeleteVeth struct {
	Veth Veth
	By   int // the end by which it is deleted, 0 or 1
	// Going says that an end is in a namespace that goes, and the other one there
	// or in the host: [DeleteFound] takes it along.
	Going bool
}

// Reverse implements [Op].
func (o DeleteVeth) Reverse() Op { return MakeVeth{o.Veth} }

// Lines implements [Op].
func (o DeleteVeth) Lines() []string {
	end := o.Veth[o.By]
	return []string{ip(end.Place, "link", "delete", "dev", end.Name)}
}
func (DeleteVeth) op() {}

// Flag is a property that is on or off, or of which nothing is said.
type Flag int8

// The values. The zero value of a LinkState.
const (
	Unknown Flag = iota
	On
	Off
)

// flag returns [On] or [Off].
func flag(on bool) Flag {
	if on {
		return On
	}
	return Off
}

// LinkState is what a [SetLink] sets; a property that is zero stays as it is.
type LinkState struct {
	Up  Flag
	MAC model.MAC
	MTU int // in bytes
	// TxChecksum leaves the checksums of sent packets to the device.
	TxChecksum Flag
}

// SetLink leads an interface from one state to another. What is in After is set
// whatever Before says, so that it also heals what nobody has noticed. To set an
// interface down that is gone is no error.
type SetLink struct {
	Place         model.Place
	Name          string
	Before, After LinkState
}

// Reverse implements [Op].
func (o SetLink) Reverse() Op { return SetLink{o.Place, o.Name, o.After, o.Before} }

// Lines implements [Op].
func (o SetLink) Lines() []string {
	var lines, words []string
	was, now := o.Before, o.After
	if now.TxChecksum != Unknown && now.TxChecksum != was.TxChecksum {
		lines = append(lines, within(o.Place, "ethtool", "-K", o.Name, "tx", now.TxChecksum.word("on", "off")))
	}
	if !now.MAC.IsZero() && now.MAC != was.MAC {
		words = append(words, "address", now.MAC.String())
	}
	if now.MTU != 0 && now.MTU != was.MTU {
		words = append(words, "mtu", strconv.Itoa(now.MTU))
	}
	if now.Up != Unknown && now.Up != was.Up {
		words = append(words, now.Up.word("up", "down"))
	}
	if len(words) > 0 {
		lines = append(lines, ip(o.Place, append([]string{"link", "set", "dev", o.Name}, words...)...))
	}
	return lines
}
func (SetLink) op() {}

func (f Flag) word(on, off string) string {
	if f == On {
		return on
	}
	return off
}

// WaitLink waits until an interface is there: ovs-vswitchd makes internal ports
// in its own time.
type WaitLink struct {
	Place model.Place
	Name  string
}

// Reverse implements [Op].
func (WaitLink) Reverse() Op { return nil }

// Lines implements [Op]: ovs-vsctl(8) has waited.
func (WaitLink) Lines() []string { return nil }
func (WaitLink) op()             {}

// Mark gives an interface that somebody else has made, or the namespace whose lo
// it is, ovsns's mark.
type Mark struct {
	Place model.Place
	Name  string
	Alias string
}

// Reverse implements [Op].
func (o Mark) Reverse() Op { return Unmark{o.Place, o.Name} }

// Lines implements [Op]: what ovsns remembers by is no part of the network.
func (Mark) Lines() []string { return nil }
func (Mark) op()             {}

// Unmark takes ovsns's mark away again.
type Unmark struct {
	Place model.Place
	Name  string
}

// Reverse implements [Op]: a mark that goes is not wanted back.
func (Unmark) Reverse() Op { return nil }

// Lines implements [Op].
func (Unmark) Lines() []string { return nil }
func (Unmark) op()             {}
