package shell_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/shell"
)

func TestWriteNothing(t *testing.T) {
	if got := script(t, nil, shell.Options{}); !strings.Contains(got, "Nothing is to be done") {
		t.Errorf("got %s", got)
	}
}

// TestScript shows what a student reads.
func TestScript(t *testing.T) {
	red := model.Attachment{
		Namespace: "red", Ifname: "eth0", Switch: "sw0", Port: "red-eth0", VLANs: model.VLANs{Access: 100},
		Addresses: cidrs("10.0.0.1/24"), MAC: mac("02:00:00:00:00:01"),
	}
	sw := model.Switch{Name: "sw0", Datapath: model.DatapathSystem}
	moved := red
	moved.Access, moved.Addresses = 200, cidrs("10.0.0.2/24")
	for name, p := range map[string]model.Plan{
		"made":    model.Diff(model.NewState(), model.NewState(sw, model.Namespace{Name: "red"}, red)),
		"changed": {{Before: red, After: moved}},
		"removed": model.Diff(model.NewState(sw, model.Namespace{Name: "red"}, moved), model.NewState()),
	} {
		want, err := os.ReadFile("testdata/" + name + ".sh")
		if err != nil {
			t.Fatal(err)
		}
		if got := script(t, p, shell.Options{}); got != string(want) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, o := range map[string]model.Object{
		"vrf":   model.Gateway{Switch: "sw0", Interface: "sw0", Addresses: cidrs("10.0.0.1/24"), VRF: "a"},
		"quote": model.Gateway{Switch: `a"b`, Interface: `a"b`, Addresses: cidrs("10.0.0.1/24")},
	} {
		err := shell.Write(&strings.Builder{}, model.Plan{{After: o}}, shell.Options{})
		if !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// full is a writer that takes nothing.
type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteReportsTheWriter(t *testing.T) {
	if err := shell.Write(full{}, nil, shell.Options{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

// TestStrangeNames holds each program to names that are valid but strange.
func TestStrangeNames(t *testing.T) {
	differ(t, []verb{
		createSwitch(switchmgr.SwitchRequest{Name: `$(x)'{*`, Gateways: cidrs("10.0.0.254/24"), NAT: true}),
		createSwitch(switchmgr.SwitchRequest{Name: "ä=b,@[~#", Gateways: cidrs("10.1.0.254/24", "2001:db8:1::fe/64")}),
		createSwitch(switchmgr.SwitchRequest{Name: "type*", Gateways: cidrs("10.2.0.254/24"), NAT: true}),
		attach(switchmgr.AttachRequest{Namespace: `re'd";$(echo)`, Switch: `$(x)'{*`, Ifname: "a=b.c*"}),
		attach(switchmgr.AttachRequest{Namespace: "123", Switch: "ä=b,@[~#", Ifname: "up"}),
		setGateway(switchmgr.GatewayRequest{Switch: "type*", VLAN: 7, Addresses: cidrs("10.7.0.254/24"), NAT: true}),
		attach(switchmgr.AttachRequest{Namespace: strings.Repeat("ü", 100), Switch: "type*", VLANs: vlans("7", "", "")}),
		link(switchmgr.LinkRequest{A: "123", B: `re'd";$(echo)`, IPA: cidrs("192.0.2.1/24"), IPB: cidrs("192.0.2.2/24")}),
		link(switchmgr.LinkRequest{A: "123", B: "host", IPA: cidrs("192.0.3.1/24"), IPB: cidrs("192.0.3.2/24")}),
		allow(`$(x)'{*`, "ä=b,@[~#"),
		nat("10.1.0.0/24", "wan"),
		nat("10.1.0.0/24", "type*"),
	}, true)
}

// TestShellcheck has the scripts read by somebody else, where shellcheck(1) is
// installed.
func TestShellcheck(t *testing.T) {
	path, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Fatal("shellcheck is missing: apt-get install shellcheck")
	}
	lab := model.NewState(
		model.Switch{Name: "sw'0", Datapath: model.DatapathNetdev}, model.Namespace{Name: "r$d"},
		model.Gateway{Switch: "sw'0", VLAN: 100, Interface: "sw'0.100", Addresses: cidrs("10.0.0.254/24")},
		model.Attachment{Namespace: "r$d", Ifname: "eth0", Switch: "sw'0", Port: "rd-eth0", Addresses: cidrs("10.0.0.1/24")},
		model.NAT{Subnet: cidrs("10.0.0.0/24")[0]},
	)
	changed := lab.Clone()
	changed.Put(model.NAT{Subnet: cidrs("10.0.0.0/24")[0], OutInterface: "eth'0"})
	for _, p := range []model.Plan{model.Diff(model.NewState(), lab), model.Diff(lab, changed), model.Diff(changed, model.NewState())} {
		cmd := exec.CommandContext(t.Context(), path, "-e", "SC2016", "-") // a dollar in single quotes is meant
		cmd.Stdin = strings.NewReader(script(t, p, shell.Options{Wished: p.Apply(lab)}))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
