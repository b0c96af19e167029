package ops

import (
	"io"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// header begins each script.
const header = `#!/usr/bin/env bash
# The network that ovsns makes, by hand. Run it as root.
set -euo pipefail
`

// macFunction is for scripts that make interfaces of the host on a switch. Left to
// itself ovs-vswitchd would give them other MACs as ports come and go.
const macFunction = `
mac() { # a random one, in quotes for ovs-vsctl
	od -An -N5 -tx1 /dev/urandom | sed 's/^/"02/; s/ /:/g; s/$/"/'
}
`

// macCall is how a line gets one.
const macCall = `"$(mac)"`

// WriteScript writes a plan as the bash script that a person would have typed:
// ip(8), ovs-vsctl(8), sysctl(8), nft(8) and ethtool(8), in the order in which the
// plan is carried out, with a comment for each change. It stops at the first
// command that fails.
//
// Run on a host where the plan has not been carried out, the script gives the same
// network as ovsns does. Only what ovsns remembers by is left out: the external_ids
// of the switch's database and the aliases of interfaces. Hence ovsns does not take
// a network that was made so for its own. The rules by which other programs'
// firewalls let the lab through are not in the script, and creations are of what is
// not there at all: of the facts only the labs and TSO count.
//
// The error is [model.ErrInvalid] for what the commands cannot say: gateways in a
// VRF, and interface names that nft(8) cannot quote. It is w's when writing fails.
func WriteScript(w io.Writer, p model.Plan, f Facts) error {
	s := script{seen: map[*model.Change]bool{}, list: Plan(inOrder(p), Facts{Before: f.Before, Wished: f.Wished, TSO: f.TSO})}
	s.text.WriteString(header)
	if err := s.check(); err != nil {
		return err
	}
	body := s.body()
	if strings.Contains(body, macCall) {
		s.text.WriteString(macFunction)
	}
	if body == "" {
		body = "\n# Nothing is to be done.\n"
	}
	s.text.WriteString(body)
	_, err := io.WriteString(w, s.text.String())
	return err
}

// inOrder returns a plan in the order of [model.Diff].
func inOrder(p model.Plan) model.Plan {
	from, to := model.NewState(), model.NewState()
	for _, c := range p {
		if c.Before != nil {
			from.Put(c.Before)
		}
		if c.After != nil {
			to.Put(c.After)
		}
	}
	return model.Diff(from, to)
}

// script is a script while it is written.
type script struct {
	text strings.Builder
	list List
	seen map[*model.Change]bool
}

func (s *script) check() error {
	for _, c := range s.list.Plan {
		for _, o := range []model.Object{c.Before, c.After} {
			if g, ok := o.(model.Gateway); ok && g.VRF != "" {
				return model.Invalidf("gateway %s is in VRF %s, which a script cannot make yet", g.Segment(), g.VRF)
			}
		}
	}
	for _, phase := range s.list.Phases {
		for _, step := range phase.Steps {
			if o, ok := step.Op.(ChangeFirewall); ok {
				if err := o.check(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// body returns the lines of all operations, a block for each change in each phase.
func (s *script) body() string {
	var b strings.Builder
	last := ""
	for _, phase := range s.list.Phases {
		for _, step := range phase.Steps {
			lines := step.Lines()
			if len(lines) == 0 {
				continue
			}
			if about := s.about(step); about != last {
				b.WriteString("\n" + s.comment(step, about))
				last = about
			}
			b.WriteString(strings.Join(lines, "\n") + "\n")
		}
	}
	return b.String()
}

// about tells the blocks apart.
func (s *script) about(step Step) string {
	if step.Change != nil {
		return step.Change.Key().String()
	}
	if o, ok := step.Op.(ChangeFirewall); ok {
		return s.aboutRules(o)
	}
	return step.Note
}

// comment begins a block. The change is told in full where it begins.
func (s *script) comment(step Step, about string) string {
	if step.Change != nil && !s.seen[step.Change] {
		s.seen[step.Change] = true
		about = step.Change.String()
	}
	return "# " + strings.ReplaceAll(about, "\n", "\n# ") + "\n"
}

// aboutRules lists the changes of rules. Gateways and links had their comments.
func (s *script) aboutRules(o ChangeFirewall) string {
	if rulesOf(o.After, o.Place).Empty() {
		return "Nothing in the lab needs the firewall any more."
	}
	text := []string{"The firewall keeps the segments of the lab apart."}
	for _, c := range s.list.Plan {
		k := c.Key()
		if slices.Contains([]model.Kind{model.KindNAT, model.KindAllow}, k.Kind) && k.Place == o.Place {
			text = append(text, c.String())
		}
	}
	return strings.Join(text, "\n")
}
