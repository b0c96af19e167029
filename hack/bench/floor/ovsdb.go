package main

import (
	"fmt"
	"strconv"

	"github.com/ovsns/ovsns/hack/bench/rawdb"
	"github.com/ovsns/ovsns/hack/bench/task"
)

// hasTSO reports whether the switch takes packets with checksums half made.
func hasTSO(db *rawdb.Client) (bool, error) {
	rows, err := db.Select("Open_vSwitch", []string{"other_config"})
	if err != nil || len(rows) != 1 {
		return false, err
	}
	return rawdb.Pairs(rows[0]["other_config"])["userspace-tso-enable"] == "true", nil
}

// rows collects the inserts of ports and interfaces.
type rows struct{ operations, ports []any }

func (r *rows) add(name, iftype string, tag any, port, iface []string) {
	i, p := "i"+strconv.Itoa(len(r.ports)), "p"+strconv.Itoa(len(r.ports))
	r.ports = append(r.ports, rawdb.Named(p))
	r.operations = append(r.operations,
		rawdb.Row{"op": "insert", "table": "Interface", "uuid-name": i, "row": rawdb.Row{
			"name": name, "type": iftype, "external_ids": rawdb.Map(iface...),
		}},
		rawdb.Row{"op": "insert", "table": "Port", "uuid-name": p, "row": rawdb.Row{
			"name": name, "interfaces": rawdb.Named(i), "vlan_mode": "access", "tag": tag,
			"external_ids": rawdb.Map(port...),
		}})
}

// create makes the switch and all its ports.
func (f *floor) create() (err error) {
	var r rows
	own := []string{"ovsns-owner", "ovsns", "ovsns-kind", "switch", "ovsns-switch", task.Switch}
	r.add(task.Switch, "internal", rawdb.Set(), own, own)
	r.addAll(f.lab)
	mac := member{mac: newMAC()}.macText()
	f.cfg, err = f.db.Commit(append(r.operations,
		rawdb.Row{"op": "insert", "table": "Bridge", "uuid-name": "bridge", "row": rawdb.Row{
			"name": task.Switch, "datapath_type": "netdev", "ports": rawdb.Set(r.ports...),
			"other_config": rawdb.Map("hwaddr", mac),
			"external_ids": rawdb.Map("ovsns-owner", "ovsns", "ovsns-kind", "switch", "ovsns-switch", task.Switch,
				"ovsns-datapath", "netdev", "ovsns-format", "2"),
		}},
		changeRoot([]any{"bridges", "insert", rawdb.Named("bridge")}, remember(f.lab)))...)
	return err
}

// extend gives the switch more ports.
func (f *floor) extend() (err error) {
	var r rows
	r.addAll(f.lab)
	f.cfg, err = f.db.Commit(append(r.operations,
		rawdb.Row{"op": "mutate", "table": "Bridge", "where": []any{[]any{"name", "==", task.Switch}},
			"mutations": []any{[]any{"ports", "insert", rawdb.Set(r.ports...)}}},
		changeRoot(remember(f.lab)))...)
	return err
}

// await returns when ovs-vswitchd has followed.
func (f *floor) await() error { return f.db.Await(f.cfg) }

// awaitOpen returns when ovs-vswitchd has opened the port. If it looked before
// the link was there it is asked to look again.
func (f *floor) awaitOpen() error {
	port := f.lab[0].Port
	for range 2 {
		if err := f.await(); err != nil {
			return err
		}
		rows, err := f.db.Select("Interface", []string{"ofport"}, []any{"name", "==", port}, []any{"ofport", ">", 0})
		if err != nil || len(rows) > 0 {
			return err
		}
		if f.cfg, err = f.db.Commit(); err != nil {
			return err
		}
	}
	return fmt.Errorf("ovs-vswitchd has not opened port %s", port)
}

func (r *rows) addAll(lab []member) {
	for _, m := range lab {
		r.add(m.Port, "", m.VLAN, m.portIDs(), m.interfaceIDs())
	}
}

// remember is the change by which ovsns records whose the namespaces are.
func remember(lab []member) []any {
	records := []string{"ovsns-format", "2"}
	for _, m := range lab {
		records = append(records, "ovsns-namespace/"+m.Namespace, "namespace="+m.Namespace)
	}
	return []any{"external_ids", "insert", rawdb.Map(records...)}
}

func changeRoot(mutations ...any) rawdb.Row {
	return rawdb.Row{"op": "mutate", "table": "Open_vSwitch", "where": []any{}, "mutations": mutations}
}

// segment is the key under which ovsns finds the members of a VLAN.
func (m member) segment() string { return task.Switch + ":" + strconv.Itoa(m.VLAN) }

func (m member) portIDs() []string {
	return []string{
		"ovsns-owner", "ovsns", "ovsns-kind", "attachment", "ovsns-switch", task.Switch,
		"ovsns-namespace", m.Namespace, "ovsns-ifname", task.Ifname, "ovsns-vlan", strconv.Itoa(m.VLAN),
		"ovsns-segment", m.segment(), "ovsns-port", m.Port, "ovsns-address", m.address().String(), "ovsns-mac", m.macText(),
	}
}

func (m member) interfaceIDs() []string {
	return []string{
		"ovsns-owner", "ovsns", "ovsns-kind", "attachment", "ovsns-switch", task.Switch,
		"ovsns-namespace", m.Namespace, "ovsns-segment", m.segment(),
		"iface-id", m.Namespace + "/" + task.Ifname, "attached-mac", m.macText(),
	}
}

// drop takes the switch with all its ports out, and the records. There is no
// other switch.
func (f *floor) drop() (err error) {
	keys := []any{"ovsns-format"}
	for _, m := range f.lab {
		keys = append(keys, "ovsns-namespace/"+m.Namespace)
	}
	f.cfg, err = f.db.Commit(
		changeRoot([]any{"external_ids", "delete", rawdb.Set(keys...)}),
		rawdb.Row{"op": "update", "table": "Open_vSwitch", "where": []any{}, "row": rawdb.Row{"bridges": rawdb.Set()}})
	return err
}
