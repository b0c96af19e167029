package main

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr"
)

// testPrinter writes both streams into one buffer.
func testPrinter(format string) (*printer, *bytes.Buffer) {
	var b bytes.Buffer
	return &printer{&output.Printer{Out: &b, Err: &b, Format: format}}, &b
}

func golden(t *testing.T, b *bytes.Buffer, want string) {
	t.Helper()
	if got := b.String(); got != strings.TrimPrefix(want, "\n") {
		t.Errorf("got:\n%s\nwant:%s", got, want)
	}
	for line := range strings.Lines(b.String()) {
		if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
			t.Errorf("trailing space in %q", line)
		}
	}
	b.Reset()
}

func TestTables(t *testing.T) {
	w, b := testPrinter(output.FormatTable)
	lab := testLab()
	check := func(err error, want string) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		golden(t, b, want)
	}
	check(w.switches(lab.Switches), `
NAME  DATAPATH  GATEWAYS                       ATTACHMENTS  UPLINKS
sw0   netdev    sw0.100 172.16.10.254/24, nat  2            1
sw1   system    -                              0            0
`)
	check(w.namespaces(lab.Namespaces), `
NAME    INTERFACES         ADDRESSES                       PROCESSES
blue    eth0@host          192.0.2.1/24                    0
red     eth0@sw0:100       172.16.10.1/24, 2001:db8::1/64  0
router  eth0@sw0:10,20-21  -                               0
`)
	check(w.gateways(lab.Switches[0].Gateways), `
SWITCH  VLAN  INTERFACE  ADDRESSES         NAT
sw0     100   sw0.100    172.16.10.254/24  yes
`)
	check(w.nats(lab.NAT), `
SUBNET          OUT-INTERFACE  PACKETS  BYTES
172.16.10.0/24  -              3        252
`)
	check(w.allows(lab.Allow), `
A        B
sw0:100  blue
`)
	check(w.links(linksAndCables(lab)), `
A     INTERFACE  ADDRESSES     B     INTERFACE  ADDRESSES  MAC
blue  eth0       192.0.2.1/24  host  blue-eth0  -          02:00:00:00:00:01
`)
	check(w.uplinks(lab.Switches[0].Uplinks), `
INTERFACE  SWITCH  VLANS
eth1       sw0     trunk 100
`)
	check(w.routes(lab.Namespaces[1].Routes), `
TO       VIA            INTERFACE  PROTOCOL
default  172.16.10.254  eth0       static
`)
	check(w.pids([]nsmgr.Process{{PID: 7}, {PID: 12}}), "7\n12\n")
	check(w.switches(nil), "no switches\n")
	check(w.checks([]switchmgr.Check{{Name: "root", Status: switchmgr.CheckFail, Detail: "is missing", Hint: "sudo"}}), `
STATUS  CHECK  DETAIL      HINT
fail    root   is missing  sudo
`)
}

func TestTrees(t *testing.T) {
	w, b := testPrinter(output.FormatTable)
	if err := w.lab(testLab()); err != nil {
		t.Error(err)
	}
	golden(t, b, `
switch sw0 (netdev)
├─ vlan 100
│  ├─ gateway sw0.100 172.16.10.254/24, nat
│  └─ red eth0 172.16.10.1/24 2001:db8::1/64 via 172.16.10.254
├─ trunks
│  └─ router eth0 trunk 10,20-21  !! port is missing
└─ uplink eth1 trunk 100
switch sw1 (system)
namespaces without a switch
└─ blue
links
└─ blue eth0 192.0.2.1/24 -- host blue-eth0 02:00:00:00:00:01
nat
└─ 172.16.10.0/24, 3 packets, 252 bytes
allow
└─ sw0:100 <-> blue
`)
	if err := w.Tree(namespaceTree(testLab().Namespaces[1])); err != nil {
		t.Error(err)
	}
	golden(t, b, `
namespace red
├─ eth0@sw0:100 172.16.10.1/24 2001:db8::1/64 via 172.16.10.254
└─ route default via 172.16.10.254 dev eth0
`)
	if err := w.lab(&switchmgr.Lab{}); err != nil {
		t.Error(err)
	}
	golden(t, b, "nothing here yet; begin with: ovsns switch create\n")
}

// change is a plan of all three kinds.
func change() *switchmgr.Result {
	nat := model.NAT{Subnet: netip.MustParsePrefix("10.0.0.0/24")}
	out := nat
	out.OutInterface = "eth0"
	return &switchmgr.Result{Plan: model.Plan{
		{Before: model.Namespace{Name: "red"}},
		{After: model.Gateway{Switch: "sw0", Interface: "sw0"}},
		{Before: nat, After: out},
	}, Notes: []string{"process 7 stays"}}
}

func TestResults(t *testing.T) {
	w, b := testPrinter(output.FormatTable)
	must(t, w.result(change()))
	golden(t, b, `
- namespace red
+ gateway sw0: interface sw0
~ nat 10.0.0.0/24: out-interface none -> eth0
note: process 7 stays
`)
	must(t, w.result(&switchmgr.Result{}))
	golden(t, b, "nothing to change\n")
	w.Colour = true
	must(t, w.result(&switchmgr.Result{DryRun: true, Plan: change().Plan[:1]}))
	golden(t, b, "\x1b[31m- namespace red\x1b[0m\ndry run: nothing was done\n")
	w.Quiet = true
	must(t, w.result(change()))
	must(t, w.result(&switchmgr.Result{}))
	golden(t, b, "")
}

func TestJSONHasNoNullLists(t *testing.T) {
	w, b := testPrinter(output.FormatJSON)
	must(t, w.result(&switchmgr.Result{DryRun: true}))
	golden(t, b, `
{
  "changes": [],
  "dry_run": true,
  "notes": []
}
`)
	for _, data := range []any{change(), testLab(), &switchmgr.Lab{}, testLab().Namespaces, []switchmgr.NATView(nil), switchmgr.SwitchView{}} {
		must(t, w.JSON(data))
		if strings.Contains(b.String(), "null") || !json.Valid(b.Bytes()) {
			t.Errorf("%T: %s", data, b)
		}
		b.Reset()
	}
}

func TestYAML(t *testing.T) {
	w, b := testPrinter(output.FormatYAML)
	r := change()
	r.Notes = []string{"yes", "1: 2", "12:34:56:12:34:56", "true"}
	must(t, w.result(r))
	golden(t, b, `
changes:
  - action: delete
    kind: namespace
    name: red
    before:
      name: red
  - action: create
    kind: gateway
    name: sw0
    after:
      switch: sw0
      interface: sw0
      addresses: []
  - action: update
    kind: nat
    name: 10.0.0.0/24
    before:
      subnet: 10.0.0.0/24
    after:
      subnet: 10.0.0.0/24
      out_interface: eth0
    differences:
      - name: out-interface
        before: ""
        after: eth0
dry_run: false
notes:
  - "yes"
  - '1: 2'
  - "12:34:56:12:34:56"
  - "true"
`)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
