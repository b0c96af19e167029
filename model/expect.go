package model

import (
	"net/netip"
	"time"
)

// Verdict is what an [Expectation] expects.
type Verdict string

// The verdicts.
const (
	ReachOK      Verdict = "ok"
	ReachBlocked Verdict = "blocked"
)

// Expectation says whether one place shall reach another.
type Expectation struct {
	// From is a namespace, or "host".
	From string `json:"from"`
	// To is a namespace, "host", or an address.
	To string  `json:"to"`
	Is Verdict `json:"is"`
	// TCP or UDP names a port to reach; with neither it is an ICMP echo.
	TCP uint16 `json:"tcp,omitempty"`
	UDP uint16 `json:"udp,omitempty"`
	// Within bounds the wait for an answer, as time.ParseDuration reads it;
	// "" is 2s.
	Within string `json:"within,omitempty"`
}

// The properties of an expectation.
var (
	// From is who shall reach.
	From = Property[string]{"from", "A namespace, or host.", place}
	// To is whom it shall reach.
	To = Property[string]{"to", "A namespace, host, or an address.", texts[string]("the name of a namespace, host, or an address", checkTarget)}
	// Is says whether it does.
	Is = Property[Verdict]{"is", "Whether it is reached: ok or blocked.", words("verdict", ReachOK, ReachBlocked)}
	// TCP is the port that it shall reach.
	TCP = Property[uint16]{"tcp", "The TCP port to reach; ICMP echo without it.", portNumber}
	// UDP is the port that it shall reach.
	UDP = Property[uint16]{"udp", "The UDP port to reach; ICMP echo without it.", portNumber}
	// Within bounds the wait for an answer.
	Within = Property[string]{"within", "How long to wait for an answer, 2s without it.", texts[string]("a duration such as 2s or 500ms", checkDuration)}
)

var portNumber = numbers[uint16]("a port from 1 to 65535", "port", 1, 65535)

// checkTarget reports whether an expectation may name this place, or address.
func checkTarget(s string) error {
	if p, err := netip.ParsePrefix(s); err == nil {
		return Invalidf("%s is a subnet, expected one address", s).WithHint("%s", p.Addr())
	}
	if a, err := netip.ParseAddr(s); err == nil {
		_, err := ParseIP(a.String())
		return err
	}
	return checkEnd(s)
}

func checkDuration(s string) error {
	d, err := time.ParseDuration(s)
	if err == nil && d > 0 {
		return nil
	}
	return Invalidf("duration %s is not positive and of the form 2s or 500ms", quoted(s))
}
