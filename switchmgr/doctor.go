package switchmgr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr/local"
)

// Doctor looks at whether this host is ready for a lab and says for each thing
// that is not what to type. It changes nothing. The error is only for what
// kept it from looking.
func (m *Manager) Doctor(ctx context.Context) ([]Check, error) {
	checks := []Check{checkPrivilege()}
	db, err := m.database(ctx)
	if err != nil {
		return append(checks, failedCheck("ovsdb-server", err)), nil
	}
	snap, err := db.Observe(ctx, ovsdb.Scope{All: true, Status: true})
	if err != nil {
		return append(checks, failedCheck("ovsdb-server", err)), nil
	}
	checks = append(checks, Check{Name: "ovsdb-server", Status: CheckOK, Detail: "answers"})
	daemon := Check{Name: "ovs-vswitchd", Status: CheckOK, Detail: "runs, version " + snap.OVSVersion}
	if err := db.CheckDaemon(ctx); err != nil {
		daemon = failedCheck(daemon.Name, err)
	}
	checks = append(checks, daemon, m.checkDatapath(snap), checkRecords(snap))
	checks = append(checks, m.checkFirewall(ctx)...)
	checks = append(checks, checkFlows(ctx, db, snap)...)
	lab, drift := m.checkLab(ctx)
	return append(checks, m.checkForwarding(snap, drift), lab), nil
}

// failedCheck turns an error into a check.
func failedCheck(name string, err error) Check {
	return Check{Name: name, Status: CheckFail, Detail: err.Error(), Hint: model.Hint(err)}
}

func checkPrivilege() Check {
	if err := nsmgr.CheckPrivilege(); err != nil {
		return failedCheck("privilege", err)
	}
	return Check{Name: "privilege", Status: CheckOK, Detail: "may change namespaces and interfaces"}
}

// checkDatapath says which datapath a new switch gets, and whether it can
// have an interface of its own.
func (m *Manager) checkDatapath(snap *ovsdb.Snapshot) Check {
	c := Check{Name: "datapath", Status: CheckOK, Detail: "system: the kernel's"}
	datapath := local.AutoDatapath(snap)
	if datapath == model.DatapathSystem {
		return c
	}
	c.Detail = string(datapath) + ": in userspace, since the kernel has no openvswitch module"
	if !snap.TSO {
		c.Detail += "; checksum offload is switched off in each namespace, or TCP would stall"
	}
	switch {
	case !datapath.MakesInterfaces():
		c.Detail += "; /dev/net/tun cannot be opened, so a veth stands in for each interface of a switch"
	case !nsmgr.HasTaps():
		c.Status, c.Detail, c.Hint = CheckFail, "/dev/net/tun cannot be opened, so no switch gets an interface", "modprobe tun"
	}
	return c
}

func checkRecords(snap *ovsdb.Snapshot) Check {
	c := Check{Name: "records", Status: CheckOK, Detail: fmt.Sprintf("%d in the switch's database", snap.Recorded.Len())}
	if len(snap.Unreadable) > 0 {
		c.Status, c.Detail = CheckWarn, strings.Join(snap.Unreadable, "; ")
	}
	return c
}

// checkFirewall reports the chains of other programs that drop what is
// forwarded.
func (m *Manager) checkFirewall(ctx context.Context) []Check {
	rules, err := m.firewall.Observe(ctx)
	if err != nil {
		return []Check{failedCheck("nftables", err)}
	}
	blockers, err := m.firewall.Blockers(ctx)
	if err != nil {
		return []Check{failedCheck("firewall", err)}
	}
	checks := []Check{{Name: "nftables", Status: CheckOK, Detail: fmt.Sprintf("%d subnets masqueraded", len(rules.NAT))}}
	for _, b := range blockers {
		c := Check{
			Name: "firewall", Status: CheckOK,
			Detail: fmt.Sprintf("%s drops forwarded packets (chain %s of table %s %s, %s); ovsns adds its accept rules there",
				b.Program, b.Chain, b.Family, b.Table, b.Reason),
		}
		switch {
		case !b.Amendable:
			c.Status, c.Hint = CheckWarn, b.Advice
		case len(b.Missing) > 0:
			c.Status = CheckWarn
			c.Detail += "; missing now: " + strings.Join(b.Missing, ", ")
			c.Hint = m.repairHint(b.Missing)
		}
		checks = append(checks, c)
	}
	return checks
}

// repairHint returns the command that puts the first missing rule back:
// repeating the command that made it does.
func (m *Manager) repairHint(missing []string) string {
	if strings.Contains(missing[0], "/") {
		return "ovsns nat add " + missing[0]
	}
	return "ovsns allow list, then ovsns allow add for the pair"
}

// checkFlows reports the switches that pass nothing on. ovsns makes no flow, and puts
// none back: ovs-vswitchd has one in each new switch, and what somebody has in its
// place is theirs.
func checkFlows(ctx context.Context, db *ovsdb.Client, snap *ovsdb.Snapshot) []Check {
	var checks []Check
	for _, sw := range model.All[model.Switch](snap.Recorded) {
		if has, err := db.HasFlows(ctx, sw.Name); err == nil && !has {
			checks = append(checks, Check{
				Name: "flows", Status: CheckWarn, Detail: "switch " + sw.Name + " has no flow, so it passes nothing on",
				Hint: "sudo ovs-ofctl add-flow " + sw.Name + " actions=NORMAL",
			})
		}
	}
	return checks
}

// checkForwarding says whether the host forwards and since when.
func (m *Manager) checkForwarding(snap *ovsdb.Snapshot, drift []local.Drift) Check {
	var on []string
	for _, name := range []string{model.ForwardIPv4, model.ForwardIPv6} {
		value, err := m.host.Sysctl("", name)
		if err != nil || value == "0" {
			continue
		}
		by := "by the host itself"
		if snap.Recorded.Has(model.SysctlKey(model.Host, name)) {
			by = "by ovsns, until its last NAT and allow are gone"
		}
		on = append(on, strings.ReplaceAll(name, "/", ".")+" is on "+by)
	}
	c := Check{Name: "forwarding", Status: CheckOK, Detail: strings.Join(on, "; ")}
	if len(on) == 0 {
		c.Detail = "off; ovsns switches it on when NAT or allow needs it"
	}
	for _, d := range drift {
		if d.Key.Kind == model.KindSysctl {
			c.Status, c.Detail, c.Hint = CheckWarn, d.String(), restoreHint
		}
	}
	return c
}

// restoreHint is what to type when something has drifted.
const restoreHint = "ovsns restore"

// checkLab reports what of the lab is not as it was made.
func (m *Manager) checkLab(ctx context.Context) (Check, []local.Drift) {
	v, err := m.observe(ctx, local.Scope{All: true})
	if err != nil {
		return failedCheck("lab", err), nil
	}
	drift := v.Drift()
	if len(drift) == 0 {
		return Check{Name: "lab", Status: CheckOK, Detail: "everything is as it was made"}, nil
	}
	var shown []string
	for _, d := range drift[:min(len(drift), 5)] {
		text := d.String()
		if d.Obstacle != "" {
			text += ", and cannot be restored: " + d.Obstacle
		}
		shown = append(shown, text)
	}
	return Check{
		Name: "lab", Status: CheckWarn,
		Detail: fmt.Sprintf("not as recorded (%d): %s", len(drift), strings.Join(shown, "; ")),
		Hint:   restoreHint,
	}, drift
}

// Ready reports the first failed check as an error of class
// [model.ErrNotReady], nil when there is none.
func Ready(checks []Check) error {
	i := slices.IndexFunc(checks, func(c Check) bool { return c.Status == CheckFail })
	if i < 0 {
		return nil
	}
	return (&model.Error{
		Class: model.ErrNotReady, Message: "this host is not ready", Err: errors.New(checks[i].Detail),
	}).WithHint("%s", checks[i].Hint)
}
