package switchmgr

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
	"github.com/ovsns/ovsns/switchmgr/reach"
)

// Outcome is what measuring one expectation gave.
type Outcome struct {
	model.Expectation
	// Got is what was measured, "" when nothing could be.
	Got model.Verdict `json:"got"`
	// Pass says whether that was expected.
	Pass bool `json:"pass"`
	// Reason is the likely reason for what was measured and not expected, or
	// why there was nothing to measure; Hint is what to type to change it.
	Reason string `json:"reason,omitempty"`
	Hint   string `json:"hint,omitempty"`
	// Addresses are those that were tried.
	Addresses []AddressOutcome `json:"addresses"`
	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
}

// AddressOutcome is what asking one address gave.
type AddressOutcome struct {
	Address  netip.Addr    `json:"address"`
	Got      model.Verdict `json:"got"`
	Requests int           `json:"requests"` // how many were sent
	// Milliseconds is how long the answer took; 0 when there was none.
	Milliseconds float64 `json:"milliseconds"`
}

// Check measures what a lab file expects, all at once, and says for what is
// different why that may be. It needs nothing of the file but Expect, and
// changes nothing.
//
// An expectation towards a namespace or the host is about each address family
// that both have; all must agree. A family reaches when any address of it is
// reached, and with TCP and UDP ovsns itself answers there, unless a program
// has the port. One towards an address is about that address and whatever
// answers there.
//
// The error is for what kept it from measuring: [model.ErrInvalid] for a bad
// expectation, [model.ErrNotReady] without privilege or database.
func (m *Manager) Check(ctx context.Context, lab *model.Lab) ([]Outcome, error) {
	questions := make([]question, len(lab.Expect))
	for i, e := range lab.Expect {
		var err error
		if questions[i], err = newQuestion(e); err != nil {
			return nil, err
		}
	}
	if err := nsmgr.CheckPrivilege(); err != nil {
		return nil, err
	}
	v, err := m.observe(ctx, local.Scope{Namespaces: places(questions), Host: true, DB: ovsdb.Scope{All: true}})
	if err != nil {
		return nil, err
	}
	n, err := m.network(ctx, v)
	if err != nil {
		return nil, err
	}
	if err := m.measure(ctx, n, questions); err != nil {
		return nil, err
	}
	outcomes := make([]Outcome, len(questions))
	for i, q := range questions {
		outcomes[i] = q.outcome()
	}
	return outcomes, m.explain(ctx, n, questions, outcomes)
}

// measure asks all questions. Those of whom an answer is
// expected are asked first: all of them are soon done with, and what the others
// ask in vain does not come in between. What then still is missing is asked
// once more when there were so many that the host may have been too busy.
func (m *Manager) measure(ctx context.Context, n *reach.Network, questions []question) error {
	var batch []*question
	for _, is := range []model.Verdict{model.ReachOK, model.ReachBlocked} {
		for i := range questions {
			if q := &questions[i]; q.Is == is {
				q.ask(n)
				batch = append(batch, q)
			}
		}
	}
	total, err := m.run(ctx, batch)
	if err == nil && total > crowd {
		_, err = m.run(ctx, slices.DeleteFunc(batch, func(q *question) bool {
			return q.Is != model.ReachOK || q.outcome().Pass
		}))
	}
	return err
}

// crowd is from how many probes on a second chance makes sense.
const crowd = 256

// run asks all probes of questions and returns their number.
func (m *Manager) run(ctx context.Context, questions []*question) (int, error) {
	var probes []reach.Probe
	for _, q := range questions {
		probes = append(probes, q.probes...)
	}
	answers, err := reach.NewProber(m.host).Run(ctx, probes)
	if err != nil {
		return 0, notReadyInTime(ctx, model.Failedf("not everything could be measured").Because(err))
	}
	for _, q := range questions {
		q.answers, answers = answers[:len(q.probes)], answers[len(q.probes):]
	}
	return len(probes), nil
}

// CheckTime returns how long [Manager.Check] of a lab takes at most, on a
// machine that is not overloaded.
func CheckTime(lab *model.Lab) time.Duration {
	longest := reach.DefaultWithin
	for _, e := range lab.Expect {
		if d, err := time.ParseDuration(e.Within); err == nil {
			longest = max(longest, d)
		}
	}
	const atOnce = 64
	return 10*time.Second + longest*time.Duration(1+len(lab.Expect)/atOnce)
}

// question is an expectation on its way to an outcome.
type question struct {
	model.Expectation
	to       netip.Addr // not valid: To is a place
	probe    reach.Probe
	probes   []reach.Probe
	answers  []reach.Answer
	unasked  reach.Reason
	unknowns bool // a place is missing
}

func newQuestion(e model.Expectation) (question, error) {
	q := question{Expectation: e, probe: reach.Probe{From: e.From, Protocol: reach.ICMP}}
	bad := func(format string, args ...any) (question, error) { return q, model.Invalidf(format, args...) }
	if err := checkPlace(e.From); err != nil {
		return q, err
	}
	if a, err := netip.ParseAddr(e.To); err == nil {
		if q.to, err = model.ParseIP(a.String()); err != nil {
			return q, err
		}
	} else if err := checkPlace(e.To); err != nil {
		return q, err
	}
	switch {
	case e.Is != model.ReachOK && e.Is != model.ReachBlocked:
		return bad("expectation %q is none of ok, blocked", e.Is)
	case e.TCP != 0 && e.UDP != 0:
		return bad("an expectation is about tcp or udp, not both")
	case e.TCP != 0:
		q.probe.Protocol, q.probe.Port = reach.TCP, e.TCP
	case e.UDP != 0:
		q.probe.Protocol, q.probe.Port = reach.UDP, e.UDP
	}
	if e.Within != "" {
		d, err := time.ParseDuration(e.Within)
		if err != nil || d <= 0 {
			return bad("%q is not a positive duration such as 2s", e.Within)
		}
		q.probe.Within = d
	}
	return q, nil
}

func checkPlace(name string) error {
	if name == model.HostEnd {
		return nil
	}
	return model.CheckNamespace(name)
}

// places returns the namespaces that questions are about, each once.
func places(questions []question) []string {
	var names []string
	seen := map[string]bool{model.HostEnd: true}
	for _, q := range questions {
		for _, name := range []string{q.From, q.To} {
			if !seen[name] && !(name == q.To && q.to.IsValid()) {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// ask makes the probes of a question.
func (q *question) ask(n *reach.Network) {
	from, to := n.Places[q.From], n.Places[q.To]
	if q.to.IsValid() {
		to = from
	}
	for name, place := range map[string]*reach.Place{q.From: from, q.To: to} {
		if place == nil || !place.Known {
			q.unasked, q.unknowns = reach.Reason{Text: "there is no namespace " + name}, true
			return
		}
	}
	if q.to.IsValid() {
		q.probe.To = q.to
		q.probes = []reach.Probe{q.probe}
		return
	}
	q.probe.At = q.To
	for _, a := range to.Addresses() {
		if from.HasFamily(a) {
			p := q.probe
			p.To = a
			q.probes = append(q.probes, p)
		}
	}
	if len(q.probes) == 0 {
		q.unasked = noCommonFamily(from, to)
	}
}

// noCommonFamily says why two places cannot even try.
func noCommonFamily(from, to *reach.Place) reach.Reason {
	for _, p := range []*reach.Place{to, from} {
		if len(p.Addresses()) == 0 {
			return p.NoAddress("")
		}
	}
	return reach.Reason{Text: from.Name + " and " + to.Name + " have no address family in common"}
}

// outcome puts together what the addresses gave.
func (q *question) outcome() Outcome {
	o := Outcome{Expectation: q.Expectation, Got: model.ReachBlocked, Reason: q.unasked.Text, Hint: q.unasked.Hint, Addresses: []AddressOutcome{}}
	if q.unknowns {
		o.Got = ""
		return o
	}
	families := map[bool]bool{} // reached, by IPv4
	for i, a := range q.answers {
		tried := AddressOutcome{Address: q.probes[i].To, Got: model.ReachBlocked, Requests: a.Requests}
		if a.Err != nil {
			o.Got, o.Reason = "", a.Err.Error()
			return o
		}
		if a.Reached {
			tried.Got, tried.Milliseconds = model.ReachOK, float64(a.RTT.Microseconds())/1000
		}
		families[tried.Address.Is4()] = families[tried.Address.Is4()] || a.Reached
		o.Addresses = append(o.Addresses, tried)
		o.Seconds = max(o.Seconds, a.Took.Seconds())
	}
	o.Got = verdictOf(families, q.Is)
	o.Pass = o.Got == q.Is
	return o
}

// verdictOf returns what was expected only when all families agree with it.
func verdictOf(families map[bool]bool, want model.Verdict) model.Verdict {
	if len(families) == 0 {
		return model.ReachBlocked
	}
	for _, reached := range families {
		if reached != (want == model.ReachOK) {
			return opposite(want)
		}
	}
	return want
}

func opposite(v model.Verdict) model.Verdict {
	if v == model.ReachOK {
		return model.ReachBlocked
	}
	return model.ReachOK
}

// explain adds the likely reasons to what failed.
func (m *Manager) explain(ctx context.Context, n *reach.Network, questions []question, outcomes []Outcome) error {
	for i := range outcomes {
		o, q := &outcomes[i], questions[i]
		if o.Pass || o.Reason != "" {
			continue
		}
		if o.Got == model.ReachBlocked {
			for _, place := range []string{q.From, model.HostEnd} {
				if err := m.lookAtNeighbours(ctx, n.Places[place]); err != nil {
					return err
				}
			}
		}
		r := q.reason(n)
		o.Reason, o.Hint = r.Text, r.Hint
	}
	return nil
}

// reason returns that of the first address whose answer was not expected.
func (q *question) reason(n *reach.Network) reach.Reason {
	for i, a := range q.answers {
		if q.Is == model.ReachOK && !a.Reached && !q.reachedLike(i) {
			return n.WhyNot(q.probes[i], a)
		}
		if q.Is == model.ReachBlocked && a.Reached {
			return n.WhyYet(q.probes[i])
		}
	}
	return reach.Reason{}
}

// reachedLike reports whether another address of the same family was reached.
func (q *question) reachedLike(i int) bool {
	for j, a := range q.answers {
		if a.Reached && q.probes[j].To.Is4() == q.probes[i].To.Is4() {
			return true
		}
	}
	return false
}

// lookAtNeighbours notes who has not answered a place that asked for a MAC.
func (m *Manager) lookAtNeighbours(ctx context.Context, p *reach.Place) error {
	if p.Silent != nil {
		return nil
	}
	p.Silent = []netip.Addr{}
	list, err := m.host.Neighbours(ctx, namespaceOf(p.Name))
	for _, n := range list {
		if n.Unanswered {
			p.Silent = append(p.Silent, n.Address)
		}
	}
	return err
}

// namespaceOf returns what package nsmgr calls a place.
func namespaceOf(place string) string {
	if place == model.HostEnd {
		return ""
	}
	return place
}

// network describes what was seen for package reach.
func (m *Manager) network(ctx context.Context, v *view) (*reach.Network, error) {
	n := &reach.Network{
		Places: map[string]*reach.Place{}, Segments: map[string]string{},
		Dropped:   slices.Concat(v.Rules.Incomplete, v.Rules.Blocked),
		Forwards4: v.Host.Sysctls[model.ForwardIPv4] == "1",
		Forwards6: v.Host.Sysctls[model.ForwardIPv6] == "1",
	}
	for _, r := range v.Rules.NAT {
		n.NAT = append(n.NAT, r.NAT)
	}
	for _, p := range v.Rules.Allow {
		n.Allowed = append(n.Allowed, [2]string{p.A, p.B})
	}
	if err := m.db.CheckDaemon(ctx); err != nil {
		n.Daemon = err.Error()
	}
	return n, m.addPlaces(ctx, n, v)
}
