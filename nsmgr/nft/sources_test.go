package nft

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"
)

// spoofs are senders that lie, and who hears of it when they are believed.
var spoofs = []struct{ name, liar, as, to, victim, heard string }{
	{"other segment", "red", "10.2.0.1", "198.51.100.2", "out", "ip saddr 10.2.0.1"},
	{"other segment, other way", "blue", "10.1.0.1", "198.51.100.2", "out", "ip saddr { 10.1.0.1, 198.51.100.254 }"},
	{"IPv6", "red", "2001:db8:2::1", "2001:db8:ff::2", "out", "ip6 saddr 2001:db8:2::1 icmpv6 type echo-request"},
	{"answered by the host", "red", "10.2.0.1", "10.1.0.254", "blue", "icmp type echo-reply"},
	{"answered by the host, IPv6", "blue", "2001:db8:1::1", "2001:db8:2::fe", "red", "icmpv6 type echo-reply"},
	{"error of the host", "red", "10.2.0.1", "203.0.113.9", "blue", "icmp type destination-unreachable"},
	{"error of the host, IPv6", "red", "2001:db8:2::1", "2001:db8:99::9", "blue", "icmpv6 type destination-unreachable"},
	{"outside", "red", "198.51.100.2", "10.1.0.254", "out", "icmp type echo-reply"},
	{"nowhere", "red", "192.0.2.77", "198.51.100.2", "out", "ip saddr 192.0.2.77"},
}

func TestSpoofedSources(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.settle()
	for _, believed := range []bool{true, false} {
		if !believed {
			h.apply(wholeLab(), Rules{})
		}
		for _, s := range spoofs {
			h.in(s.victim, `nft 'add table inet heard
				add chain inet heard in { type filter hook input priority 0; }
				add rule inet heard in `+s.heard+` counter'`)
			h.in(s.liar, "ip address add "+s.as+" dev lo nodad")
			h.in(s.liar, "timeout 60 sh -c 'while ip address show tentative | grep -q .; do sleep 0.05; done'")
			// Nobody answers the liar; a second answer would not prove more.
			ping := exec.CommandContext(t.Context(), "ip", "netns", "exec", h.ns(s.liar), "ping", "-n", "-c", "2", "-i", "0.2", "-W", "0.2", "-I", s.as, s.to)
			out, _ := ping.CombinedOutput()
			if heard := !strings.Contains(h.in(s.victim, "nft list table inet heard"), "packets 0 "); heard != believed {
				t.Errorf("%s: heard %v, want %v\n%s", s.name, heard, believed, out)
			}
			h.in(s.liar, "ip address del "+s.as+" dev lo")
			h.in(s.victim, "nft delete table inet heard")
		}
	}
}

// TestHonestSources: who has a way back is heard, who has no address yet as well.
func TestHonestSources(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.settle()
	h.apply(wholeLab(), Rules{})
	h.apply(redAndBlue, Rules{})
	h.sh(`nft '
		add table inet heard
		add chain inet heard in { type filter hook input priority 0; }
		add rule inet heard in ip saddr 0.0.0.0 udp dport 67 counter
		add rule inet heard in ip saddr 0.0.0.0 ip protocol igmp counter
		add rule inet heard in ip6 saddr :: icmpv6 type nd-neighbor-solicit counter
		add rule inet heard in ip6 saddr fe80::/10 icmpv6 type echo-request counter
		add rule inet heard in ip saddr 10.1.0.1 ip daddr 224.0.0.1 counter
		add rule inet heard in ip6 saddr 2001:db8:1::1 ip6 daddr ff02::1 counter
		add rule inet heard in ip saddr 10.1.0.1 ip daddr 10.1.0.255 counter'`)

	h.send("red", ipv4("0.0.0.0", "255.255.255.255", unix.IPPROTO_UDP, udp(68, 67)))
	h.send("red", ipv4("0.0.0.0", "224.0.0.1", unix.IPPROTO_IGMP, make([]byte, 8)))
	h.send("red", ipv6("::", "ff02::1:ff00:fe", solicitation("2001:db8:1::fe")))
	link := strings.TrimSpace(h.sh("ip -6 -o address show dev sw0 scope link | sed 's/.*inet6 //; s/\\/.*//'"))
	h.in("red", "sh -c 'ping -c 1 -W 3 -I eth0 "+link+"; ping -c 1 -W 1 -I 2001:db8:1::1%eth0 ff02::1; "+
		"ping -c 1 -W 0.2 224.0.0.1; ping -b -c 1 -W 0.2 10.1.0.255' || true")
	if out := h.sh("nft list table inet heard"); strings.Contains(out, "packets 0 ") {
		t.Errorf("not all was heard:\n%s", out)
	}

	h.reaches("red", blueAddrs, true)
	h.reaches("red", outAddrs, true)
	h.reaches("red", []string{"10.1.0.254", "2001:db8:1::fe"}, true)
	// What is behind red has a route, which somebody made.
	h.counting()
	h.sh("ip route add 10.3.0.0/24 via 10.1.0.1")
	h.in("red", "ip address add 10.3.0.1/32 dev lo")
	_ = exec.CommandContext(t.Context(), "ip", "netns", "exec", h.ns("red"), "ping", "-c", "1", "-W", "0.3", "-I", "10.3.0.1", "198.51.100.2").Run()
	if h.seen("unmasked") != 1 {
		t.Error("what is behind red does not come out")
	}
}

// settle waits until the host has all its addresses and knows its neighbours.
func (h *host) settle() {
	h.Helper()
	h.sh("timeout 60 sh -c 'while ip -6 address show tentative | grep -q .; do sleep 0.05; done'")
	h.reaches("red", []string{"10.1.0.254", "2001:db8:1::fe"}, true)
	h.reaches("blue", []string{"10.2.0.254", "2001:db8:2::fe"}, true)
	h.reaches("out", []string{"198.51.100.254", "2001:db8:ff::fe"}, true)
}

// send sends a packet from a node to everybody in its segment.
func (h *host) send(node string, packet []byte) {
	h.Helper()
	kind := uint16(unix.ETH_P_IP)
	if packet[0]>>4 == 6 {
		kind = unix.ETH_P_IPV6
	}
	frame := binary.BigEndian.AppendUint16([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1}, kind)
	err := h.nsmgr.Do(h.ns(node), func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		link, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		return unix.Sendto(fd, append(frame, packet...), 0, &unix.SockaddrLinklayer{Ifindex: link.Index, Halen: 6})
	})
	if err != nil {
		h.Fatal(err)
	}
}

func ipv4(from, to string, protocol byte, payload []byte) []byte {
	p := []byte{0x45, 0, 0, byte(20 + len(payload)), 0, 0, 0, 0, 1, protocol, 0, 0}
	p = append(append(p, net.ParseIP(from).To4()...), net.ParseIP(to).To4()...)
	binary.BigEndian.PutUint16(p[10:], checksum(p))
	return append(p, payload...)
}

func udp(from, to uint16) []byte {
	p := binary.BigEndian.AppendUint16(nil, from)
	p = binary.BigEndian.AppendUint16(p, to)
	return append(p, 0, 8, 0, 0)
}

// ipv6 wraps a message of ICMPv6.
func ipv6(from, to string, message []byte) []byte {
	p := []byte{0x60, 0, 0, 0, 0, byte(len(message)), unix.IPPROTO_ICMPV6, 255}
	p = append(append(p, net.ParseIP(from).To16()...), net.ParseIP(to).To16()...)
	pseudo := append(append(append([]byte{}, p[8:]...), 0, 0, 0, byte(len(message)), 0, 0, 0, unix.IPPROTO_ICMPV6), message...)
	binary.BigEndian.PutUint16(message[2:], checksum(pseudo))
	return append(p, message...)
}

// solicitation is a neighbour solicitation without a sender.
func solicitation(target string) []byte {
	return append([]byte{135, 0, 0, 0, 0, 0, 0, 0}, net.ParseIP(target).To16()...)
}

func checksum(data []byte) uint16 {
	sum := uint32(0)
	for i := 0; i+1 < len(data); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(data[i:]))
	}
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// TestUnknownExpression: the trial tells what the kernel lacks, and leaves nothing.
func TestUnknownExpression(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	if h.fw.lacks(t.Context(), hasNoWayBack()) {
		t.Error("the kernel has no fib, says the trial")
	}
	unknown := xt.Unknown("")
	if !h.fw.lacks(t.Context(), []expr.Any{&expr.Match{Name: "ovsns-no-such", Info: &unknown}}) {
		t.Error("the kernel has what does not exist, says the trial")
	}
	h.same("after the trial", "")
}

// TestClosedFirstOpenLast: a segment is kept apart before its interface has an
// address, before it even exists, and until it is gone. The rules count on
// meanwhile.
func TestClosedFirstOpenLast(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.apply(wholeLab(), Rules{})
	h.apply(redAndBlue, Rules{})
	h.reaches("red", outAddrs[:1], true)
	before := h.observe()

	green := Rules{Segments: []string{"sw0.200"}}
	h.apply(green, Rules{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan string, 1)
	go func() { // tries all the time
		got := "nothing"
		for ctx.Err() == nil {
			out, err := exec.CommandContext(ctx, "ip", "netns", "exec", h.ns("red"), "ping", "-q", "-c", "1", "-W", "0.1", "10.9.0.1").CombinedOutput()
			if err == nil {
				got = string(out)
			}
		}
		ended <- got
	}()
	for range 10 {
		h.join("green", "sw0.200", "10.9.0", "2001:db8:9:", true)
		h.reaches("green", []string{"10.9.0.254", "2001:db8:9::fe"}, true)
		h.sh("ip link delete sw0.200; ip netns delete " + h.ns("green"))
	}
	stop()
	if got := <-ended; got != "nothing" {
		t.Errorf("red has reached green:\n%s", got)
	}
	h.apply(Rules{}, green)
	after := h.observe()
	if fmt.Sprint(before) != fmt.Sprint(after) || after.NAT[0].Packets != 1 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// TestAddedLate is what the order is for: without the set, red gets through.
func TestAddedLate(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.lab()
	h.apply(Rules{Segments: []string{"sw0"}}, Rules{})
	h.reaches("red", blueAddrs, true)
	h.apply(Rules{Segments: []string{"sw0.100"}}, Rules{})
	h.reaches("red", blueAddrs, false)
	h.apply(Rules{}, wholeLab())
	h.same("in the end", "")
}
