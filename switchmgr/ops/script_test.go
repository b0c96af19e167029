package ops_test

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

func cidrs(list ...string) []netip.Prefix {
	prefixes := make([]netip.Prefix, len(list))
	for i, s := range list {
		prefixes[i] = netip.MustParsePrefix(s)
	}
	return prefixes
}

func script(t *testing.T, p model.Plan, f ops.Facts) string {
	t.Helper()
	var b strings.Builder
	if err := ops.WriteScript(&b, p, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestScriptOfNothing(t *testing.T) {
	if got := script(t, nil, ops.Facts{}); !strings.Contains(got, "Nothing is to be done") {
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
		if got := script(t, p, ops.Facts{}); got != string(want) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

func TestScriptRefuses(t *testing.T) {
	for name, o := range map[string]model.Object{
		"vrf":   model.Gateway{Switch: "sw0", Interface: "sw0", Addresses: cidrs("10.0.0.1/24"), VRF: "a"},
		"quote": model.Gateway{Switch: `a"b`, Interface: `a"b`, Addresses: cidrs("10.0.0.1/24")},
	} {
		err := ops.WriteScript(&strings.Builder{}, model.Plan{{After: o}}, ops.Facts{})
		if !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// full is a writer that takes nothing.
type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestScriptReportsTheWriter(t *testing.T) {
	if err := ops.WriteScript(full{}, nil, ops.Facts{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

// TestShellcheck has the scripts read by somebody else.
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
		model.NAT{Place: "r$d", Subnet: cidrs("10.0.0.0/24")[0]},
		model.Sysctl{Place: "r$d", Name: "net/ipv4/conf/a=b/rp_filter", Value: "1", Before: "0"},
	)
	changed := lab.Clone()
	changed.Put(model.NAT{Subnet: cidrs("10.0.0.0/24")[0], OutInterface: "eth'0"})
	for _, p := range []model.Plan{model.Diff(model.NewState(), lab), model.Diff(lab, changed), model.Diff(changed, model.NewState())} {
		cmd := exec.CommandContext(t.Context(), path, "-e", "SC2016", "-") // a dollar in single quotes is meant
		cmd.Stdin = strings.NewReader(script(t, p, ops.Facts{Wished: p.Apply(lab)}))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
