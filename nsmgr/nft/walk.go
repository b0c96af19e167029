package nft

import (
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
)

// stepKind is what a rule does to a packet of which nothing is known but that
// it begins a connection.
type stepKind int

const (
	stepNext   stepKind = iota // nothing, or only to some packets
	stepAccept                 // or another end that is not ours to judge
	stepRefuse
	stepReturn
	stepJump
	stepGoto
)

// step is a rule of another program.
type step struct {
	kind  stepKind
	chain string // of stepJump and stepGoto
}

// decision is what becomes of such a packet in a chain: stepAccept, stepRefuse,
// or stepNext at its end, where the policy or the caller decides.
type decision struct {
	kind stepKind
	at   int // the index of the rule that decides, or of none behind the last
}

// jumpsAtMost is how deep the kernel lets chains jump (NFT_JUMP_STACK_SIZE).
const jumpsAtMost = 16

// walk follows a packet through a chain.
func walk(steps func(chain string) []step, chain string) decision {
	return walkDeep(steps, chain, jumpsAtMost)
}

func walkDeep(steps func(chain string) []step, chain string, depth int) decision {
	list := steps(chain)
	for i, s := range list {
		switch s.kind {
		case stepAccept, stepRefuse:
			return decision{s.kind, i}
		case stepReturn:
			return decision{stepNext, i}
		case stepJump, stepGoto:
			if depth == 0 {
				continue
			}
			inner := walkDeep(steps, s.chain, depth-1)
			if inner.kind != stepNext || s.kind == stepGoto {
				return decision{inner.kind, i}
			}
		}
	}
	return decision{stepNext, len(list)}
}

// jumpTo returns the index of the first rule that sends everything to a chain, -1
// for none.
func jumpTo(steps []step, chain string) int {
	return slices.IndexFunc(steps, func(s step) bool {
		return (s.kind == stepJump || s.kind == stepGoto) && s.chain == chain
	})
}

// stepOf reads a rule of nftables. It decides when no test comes before its
// verdict, but for some that a packet which begins a connection passes, in one
// family at least.
func stepOf(r *nftables.Rule) step {
	var t test
	for _, e := range r.Exprs {
		switch e := e.(type) {
		case *expr.Counter, *expr.Log, *expr.Immediate, *expr.Payload, *expr.Notrack:
			t = test{}
		case *expr.Ct, *expr.Meta, *expr.Bitwise:
			t.load(e)
		case *expr.Cmp:
			if !t.passes(e) {
				return step{}
			}
		case *expr.Match:
			if !passesMatch(e) {
				return step{}
			}
		case *expr.Reject:
			return step{kind: stepRefuse}
		case *expr.Queue:
			return step{kind: stepAccept}
		case *expr.Target:
			return targetStep(e.Name)
		case *expr.Verdict:
			return verdictStep(e)
		default:
			return step{}
		}
	}
	return step{}
}

// test is what was loaded for a comparison.
type test struct {
	state, family bool
	mask          uint32 // of state; 0 without
}

func (t *test) load(e expr.Any) {
	switch e := e.(type) {
	case *expr.Ct:
		*t = test{state: e.Key == expr.CtKeySTATE}
	case *expr.Meta:
		*t = test{family: e.Key == expr.MetaKeyNFPROTO}
	case *expr.Bitwise:
		t.mask = 0
		if len(e.Mask) == 4 {
			t.mask = binaryutil.NativeEndian.Uint32(e.Mask)
		}
	}
}

// passes reports whether the test is "ct state new" or with others, or one for a
// family.
func (t *test) passes(e *expr.Cmp) bool {
	return t.state && e.Op == expr.CmpOpNeq && t.mask&expr.CtStateBitNEW != 0 || t.family && e.Op == expr.CmpOpEq
}

// passesMatch is passes for iptables-nft.
func passesMatch(m *expr.Match) bool {
	if m.Name == "comment" {
		return true
	}
	var base xt.ConntrackMtinfoBase
	var states uint16
	switch info := m.Info.(type) {
	case *xt.ConntrackMtinfo2:
		base, states = info.ConntrackMtinfoBase, info.StateMask
	case *xt.ConntrackMtinfo3:
		base, states = info.ConntrackMtinfoBase, info.StateMask
	}
	return base.MatchFlags == uint16(xt.ConntrackState) && base.InvertFlags == 0 && uint32(states)&expr.CtStateBitNEW != 0
}

func targetStep(name string) step {
	switch name {
	case "REJECT", "DROP":
		return step{kind: stepRefuse}
	case "ACCEPT", "NFQUEUE":
		return step{kind: stepAccept}
	}
	return step{} // LOG, MARK, ...
}

func verdictStep(v *expr.Verdict) step {
	switch v.Kind {
	case expr.VerdictAccept:
		return step{kind: stepAccept}
	case expr.VerdictDrop:
		return step{kind: stepRefuse}
	case expr.VerdictReturn:
		return step{kind: stepReturn}
	case expr.VerdictJump:
		return step{stepJump, v.Chain}
	case expr.VerdictGoto:
		return step{stepGoto, v.Chain}
	}
	return step{}
}
