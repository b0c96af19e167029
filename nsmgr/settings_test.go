package nsmgr

import (
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// TestGatewaySettings tries what the settings are for, in the host and in a
// namespace, and without them as well.
func TestGatewaySettings(t *testing.T) {
	for _, place := range []model.Place{model.Host, "router"} {
		t.Run(place.String(), func(t *testing.T) {
			h := newHost(t)
			at := place.Namespace()
			create(t, h, "red", "router")
			must(t, h.CreateVeths(testContext(t), Veth{
				VethEnd{Namespace: at, Name: "sw0.100", Alias: "ovsns", Up: true}, VethEnd{Namespace: "red", Name: "eth0", Up: true},
			}))
			t.Cleanup(func() { _ = exec.Command("ip", "link", "delete", "lo1").Run() })
			ip(t, append(inNS(at), "link", "add", "lo1", "type", "bridge")...)
			ip(t, append(inNS(at), "address", "add", "192.0.2.254/24", "dev", "lo1")...) // of another VLAN
			ip(t, append(inNS(at), "link", "set", "lo1", "up")...)
			ip(t, append(inNS(at), "address", "add", "203.0.113.254/24", "dev", "sw0.100")...)

			ip(t, "-n", "red", "address", "add", "203.0.113.1/24", "dev", "eth0")

			must(t, h.SetSysctl(at, "net/ipv4/conf/sw0.100/forwarding", "0"))
			want := GatewaySettings("sw0.100", true)
			wrong, err := h.WrongSettings(place, want)
			must(t, err)
			if len(wrong) < 4 || wrong[0] != (Setting{"net/ipv4/conf/sw0.100/arp_announce", "2", "0"}) {
				t.Errorf("by default wrong: %+v", wrong)
			}
			if !answersARP(t, "192.0.2.254") || !takesRoutes(t, h, at) {
				t.Error("without the settings nothing is to be seen: the test shows nothing")
			}

			must(t, h.WriteSettings(place, GatewaySettings("sw0.100", false)))
			if takesRoutes(t, h, at) {
				t.Error("a router advertisement is heeded")
			}
			must(t, h.WriteSettings(place, want))
			if wrong, err := h.WrongSettings(place, want); err != nil || len(wrong) > 0 {
				t.Errorf("afterwards wrong: %+v %v", wrong, err)
			}
			if answersARP(t, "192.0.2.254") {
				t.Error("ARP for an address of another interface is answered")
			}
			if !answersARP(t, "203.0.113.254") {
				t.Error("ARP for its own address is not answered")
			}
		})
	}
}

func TestSettingsOfWhatIsNotThere(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	for place, ifname := range map[model.Place]string{"red": "eth7", "nobody": "lo", model.Host: "eth7"} {
		_, err := h.WrongSettings(place, GatewaySettings(ifname, false))
		wantClass(t, err, model.ErrNotFound)
		wantClass(t, h.WriteSettings(place, GatewaySettings(ifname, false)), model.ErrNotFound)
	}
	// An interface has no IPv6 below an MTU of 1280 bytes (RFC 8200, 5).
	ip(t, "-n", "red", "link", "add", "small", "mtu", "1000", "type", "bridge")
	must(t, h.WriteSettings("red", GatewaySettings("small", true)))
	if wrong, err := h.WrongSettings("red", GatewaySettings("small", true)); err != nil || len(wrong) > 0 {
		t.Errorf("wrong: %+v %v", wrong, err)
	}
	wantClass(t, h.WriteSettings("red", map[string]string{"net/../kernel/panic": "1"}), model.ErrInvalid)
}

// answersARP reports whether anybody answers red.
func answersARP(t *testing.T, address string) bool {
	t.Helper()
	ip(t, "-n", "red", "route", "replace", address+"/32", "dev", "eth0", "src", "203.0.113.1")
	ip(t, "-n", "red", "neigh", "flush", "all")
	_ = exec.Command("ip", "netns", "exec", "red", "ping", "-c", "1", "-W", "1", address).Run()
	return known(t, "red", address) != ""
}

// takesRoutes reports whether a router advertisement from red gives a place a
// default route.
func takesRoutes(t *testing.T, h *Host, at string) bool {
	t.Helper()
	must(t, h.Do("red", func() error {
		fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		link, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		advertisement := []byte{134, 0, 0, 0, 64, 0, 1800 >> 8, 1800 & 0xff, 0, 0, 0, 0, 0, 0, 0, 0}
		to := unix.SockaddrInet6{Addr: netip.MustParseAddr("ff02::1").As16(), ZoneId: uint32(link.Index)}
		return errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, 255),
			unix.Sendto(fd, advertisement, 0, &to))
	}))
	defer func() { _ = exec.Command("ip", append(inNS(at), "-6", "route", "del", "default")...).Run() }()
	for range 10 {
		if strings.Contains(ip(t, append(inNS(at), "-6", "route", "show", "default")...), "proto ra") {
			return true
		}
		<-time.After(100 * time.Millisecond)
	}
	return false
}
