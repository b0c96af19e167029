package model

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
