package nsmgr

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// GatewaySettings are the settings, as paths below /proc/sys, for an interface by
// which a place routes a segment of the lab: that of a gateway, and the host's end
// of a cable. Whoever is in the segment can use the moment in which it is up
// without them.
//
// It takes no router advertisements, by which the place could be given addresses
// and routes. It answers ARP for its own addresses alone, and asks with them alone:
// else a namespace in the wrong VLAN learns the MAC of another gateway, and keeps
// that after it has been put right. Neighbour discovery is so by itself (RFC 4861,
// 7.2.3). With forward, for a place that routes, it does so even if new interfaces
// do not by default; without, that is left alone.
func GatewaySettings(ifname string, forward bool) map[string]string {
	ipv4, ipv6 := "net/ipv4/conf/"+ifname, "net/ipv6/conf/"+ifname
	settings := map[string]string{
		ipv6 + "/accept_ra":    "0",
		ipv4 + "/arp_ignore":   "1", // for addresses of this interface
		ipv4 + "/arp_announce": "2", // with the address in the other's subnet
	}
	if forward {
		settings[ipv4+"/forwarding"] = "1"
		settings[ipv6+"/forwarding"] = "1"
	}
	return settings
}

// Setting is a sysctl(8) with what it should be and what it is.
type Setting struct {
	Path        string // below /proc/sys: "net/ipv4/conf/sw0/arp_ignore"
	Want, Found string
}

// WrongSettings compares settings of a place, by path, with what they should be,
// and returns those that differ, by path. What an interface without IPv6 does not
// have is not wrong. The errors are those of [Host.Sysctl], [model.ErrNotFound]
// also when there is no such place.
func (h *Host) WrongSettings(place model.Place, want map[string]string) ([]Setting, error) {
	var wrong []Setting
	err := h.eachSetting("read", place, want, func(path, file string) error {
		value, err := os.ReadFile(file)
		if found := strings.TrimSpace(string(value)); err == nil && found != want[path] {
			wrong = append(wrong, Setting{path, want[path], found})
		}
		return err
	})
	return wrong, err
}

// WriteSettings writes settings of a place, by path, but those that an interface
// without IPv6 does not have. The errors are those of [Host.SetSysctl],
// [model.ErrNotFound] also when there is no such place.
func (h *Host) WriteSettings(place model.Place, settings map[string]string) error {
	return h.eachSetting("set", place, settings, func(path, file string) error {
		return writeFile(file, settings[path])
	})
}

// eachSetting does something in a place for each path, in their order.
func (h *Host) eachSetting(verb string, place model.Place, settings map[string]string, do func(path, file string) error) error {
	ns := place.Namespace()
	return h.with(ns, func(c *conn) error {
		return inside(c.fd, func() error {
			for _, path := range slices.Sorted(maps.Keys(settings)) {
				file, err := sysctlFile(path)
				if err == nil {
					err = do(path, file)
				}
				if errors.Is(err, os.ErrNotExist) && strings.HasPrefix(path, "net/ipv6/") {
					continue
				}
				if err != nil {
					return sysctlError(err, verb, ns, path)
				}
			}
			return nil
		})
	})
}
