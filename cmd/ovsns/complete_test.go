package main

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// fixedNames is a lab that does not exist.
type fixedNames struct{ content *switchmgr.Lab }

var _ liveNames = fixedNames{}

func (f fixedNames) switches(context.Context, ovsdb.Options) []switchmgr.SwitchView {
	return f.content.Switches
}

func (f fixedNames) namespaces(context.Context, ovsdb.Options) []switchmgr.NamespaceView {
	return f.content.Namespaces
}
func (f fixedNames) lab(context.Context, ovsdb.Options) *switchmgr.Lab { return f.content }

func (f fixedNames) sandboxes() []sandbox.Running {
	return []sandbox.Running{{Name: "sandbox", PID: 1234, User: "ann"}, {Name: "demo", PID: 1250, User: "ann"}}
}

// testLab has a bit of everything.
func testLab() *switchmgr.Lab {
	red := switchmgr.AttachmentView{OFPort: 1, Attachment: model.Attachment{
		Namespace: "red", Ifname: "eth0", Switch: "sw0", VLANs: model.VLANs{Access: 100}, Port: "red-eth0",
		Addresses: []netip.Prefix{netip.MustParsePrefix("172.16.10.1/24"), netip.MustParsePrefix("2001:db8::1/64")},
		Gateways:  []netip.Addr{netip.MustParseAddr("172.16.10.254")},
	}}
	router := switchmgr.AttachmentView{Problem: "port is missing", Attachment: model.Attachment{
		Namespace: "router", Ifname: "eth0", Switch: "sw0", Port: "router-eth0",
		VLANs: model.VLANs{Trunk: model.VIDSet{10, 20, 21}},
	}}
	link := model.Link{
		A: model.LinkEnd{Namespace: "blue", Ifname: "eth0", Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}},
		B: model.LinkEnd{Namespace: "host", Ifname: "blue-eth0", MAC: model.MAC{2, 0, 0, 0, 0, 1}},
	}
	gateway := switchmgr.GatewayView{NAT: true, Gateway: model.Gateway{
		Switch: "sw0", VLAN: 100, Interface: "sw0.100", Addresses: []netip.Prefix{netip.MustParsePrefix("172.16.10.254/24")},
	}}
	uplink := switchmgr.UplinkView{Uplink: model.Uplink{Interface: "eth1", Switch: "sw0", VLANs: model.VLANs{Trunk: model.VIDSet{100}}}}
	return &switchmgr.Lab{
		Switches: []switchmgr.SwitchView{
			{
				Switch:      model.Switch{Name: "sw0", Datapath: model.DatapathNetdev},
				Gateways:    []switchmgr.GatewayView{gateway},
				Uplinks:     []switchmgr.UplinkView{uplink},
				Attachments: []switchmgr.AttachmentView{red, router},
			},
			{Switch: model.Switch{Name: "sw1", Datapath: model.DatapathSystem}},
		},
		Namespaces: []switchmgr.NamespaceView{
			{Namespace: model.Namespace{Name: "blue"}, Links: []switchmgr.LinkView{{Link: link}}},
			{
				Namespace: model.Namespace{Name: "red"}, Attachments: []switchmgr.AttachmentView{red},
				Routes: []switchmgr.RouteView{{To: "default", Via: "172.16.10.254", Interface: "eth0", Protocol: "static"}},
			},
			{Namespace: model.Namespace{Name: "router"}, Attachments: []switchmgr.AttachmentView{router}},
		},
		Links: []switchmgr.LinkView{{Link: link}},
		NAT:   []switchmgr.NATView{{NAT: model.NAT{Subnet: netip.MustParsePrefix("172.16.10.0/24")}, Packets: 3, Bytes: 252}},
		Allow: []switchmgr.AllowView{{A: "sw0:100", B: "blue"}},
	}
}

func TestCompleteLiveNames(t *testing.T) {
	tests := []struct {
		typed string // a trailing space begins a new word
		want  string
	}{
		{"attach ", "blue red router"},
		{"attach r", "red router"},
		{"attach red -s ", "sw0 sw1"},
		{"attach red -s sw1 --vlan ", "100 none"},
		{"attach red --vlan=1", "--vlan=100"},
		{"attach red --ip ", "auto none"},
		{"attach red --switch=", "--switch=sw0 --switch=sw1"},
		{"ns delete red ", "blue router"},
		{"ns show b", "blue"},
		{"ns create ", ""},
		{"ns set r", "red router"},
		{"ns set red --forward ", "on off"},
		{"switch create ", ""},
		{"switch delete --force ", "sw0 sw1"},
		{"switch show sw0 ", ""},
		{"allow add ", "sw0:100 blue"},
		{"allow add sw0:100 ", "blue"},
		{"link delete ", "blue host"},
		{"link delete host ", "blue"},
		{"link add blue ", "red router sw0 sw1 host"},
		{"uplink delete ", "eth1"},
		{"nat delete ", "172.16.10.0/24"},
		{"nat add ", ""},
		{"addr delete red ", "172.16.10.1/24 2001:db8::1/64"},
		{"detach red --ifname ", "eth0"},
		{"route add red default via ", ""},
		{"exec ", "blue red router"},
		{"exec red ", ":programs"},
		{"exec red -- ls ", ":files"},
		{"exec red -- ls -", ":files"},
		{"-o json exec -q ", "blue red router"},
		{"sandbox -- ", ":programs"},
		{"sandbox -- l", ":programs"},
		{"sandbox ", "list enter"},
		{"sandbox --name x e", "enter"},
		{"sandbox --na", "--name"},
		{"sandbox enter ", "sandbox demo"},
		{"sandbox enter d", "demo"},
		{"sandbox enter demo ", ":programs"},
		{"sandbox enter demo -- ls ", ":files"},
		{"help ns ", "create set list show delete pids"},
		{"show --timeout=3", "--timeout=30s"},
		{"plan -f ", ":files"},
		{"apply --file=", ":files"},
		{"plan -o ", "text json yaml shell"},
		{"export -o ", "yaml json"},
		{"show -o ", "table json yaml"},
		{"lab s", "show schema"},
		{"check -o ", "text json yaml junit tap"},
		{"lab run w4", "w4-gateway"},
		{"", strings.Join(commandNames(), " ")},
	}
	for _, tt := range tests {
		if got := strings.Join(completions(t, tt.typed), " "); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.typed, got, tt.want)
		}
	}
}

func commandNames() []string {
	var names []string
	for _, c := range testApp().Commands {
		names = append(names, c.Name)
	}
	return names
}

// completions returns the words that are proposed after "ovsns ".
func completions(t *testing.T, typed string) []string {
	t.Helper()
	words := strings.Fields(typed)
	if typed == "" || strings.HasSuffix(typed, " ") {
		words = append(words, "")
	}
	var out, errs bytes.Buffer
	p := newProgram(append([]string{cmdline.CompleteCommand}, words...), streams{out: &out, err: &errs}, nil)
	p.live = fixedNames{testLab()}
	if code := p.run(t.Context()); code != cmdline.ExitOK || errs.Len() > 0 {
		t.Errorf("%q: status %d, %s", typed, code, &errs)
	}
	var list []string
	for line := range strings.Lines(out.String()) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		list = append(list, word)
	}
	return list
}

// A database that takes the connection and never answers must not hold up the
// shell.
func TestCompleteIsQuickWithoutAnAnswer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out, errs bytes.Buffer
	begin := time.Now()
	args := []string{cmdline.CompleteCommand, "--db", "unix:" + path, "switch", "show", ""}
	code := newProgram(args, streams{out: &out, err: &errs}, nil).run(t.Context())
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
	if code != cmdline.ExitOK || out.Len()+errs.Len() > 0 {
		t.Errorf("status %d, %q, %q", code, &out, &errs)
	}
}
