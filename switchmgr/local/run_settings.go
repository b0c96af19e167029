package local

import (
	"context"

	"github.com/ovsns/ovsns/nsmgr/nft"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

func (r *run) setSysctl(o ops.SetSysctl) error {
	ns := o.Place.Namespace()
	if o.PutBack {
		if now, err := r.Host.Sysctl(ns, o.Name); err != nil || now != o.Before {
			return nil //nolint:nilerr // it is gone with its interface
		}
	}
	return r.undo.after([]ops.Op{o}, r.Host.SetSysctl(ns, o.Name, o.After))
}

// changeFirewall works on the network namespace of the thread that asks.
func (r *run) changeFirewall(ctx context.Context, o ops.ChangeFirewall) error {
	return r.Host.Do(o.Place.Namespace(), func() error {
		return r.Firewall.Apply(ctx, kernelRules(o.Add, o.Keep), kernelRules(o.Remove))
	})
}

func kernelRules(all ...ops.Rules) (rules nft.Rules) {
	for _, r := range all {
		rules.Segments = append(rules.Segments, r.Segments...)
		for _, n := range r.NAT {
			rules.NAT = append(rules.NAT, nft.NAT{NAT: n})
		}
		for _, p := range r.Allow {
			rules.Allow = append(rules.Allow, nft.Pair{A: p[0], B: p[1]})
		}
	}
	return rules
}
