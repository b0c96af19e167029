package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/hack/bench/task"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/labfile"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// size is how many namespaces the tests make: some in a second VLAN.
const size = 12

// builderEnv names what the test binary does inside a private host.
const builderEnv = "OVSNS_FLOOR_TEST"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(builderEnv) {
	case "":
		os.Exit(m.Run())
	case "floor":
		err = run(os.Args[1:], os.Stdout)
	case "ovsns":
		err = withOvsns(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// withOvsns makes the same as the floor.
func withOvsns(step string) error {
	ctx := context.Background()
	m, err := switchmgr.Open(ctx, switchmgr.Options{})
	if err != nil {
		return err
	}
	if step == "attach" {
		one := task.At(size)
		_, err = m.Attach(ctx, switchmgr.AttachRequest{
			Namespace: one.Namespace, VLANs: &model.VLANs{Access: model.VID(one.VLAN)},
			IP: switchmgr.AddressChoice{Choice: switchmgr.ChoiceList, List: []netip.Prefix{newMember(size).address()}},
		})
		return err
	}
	lab, err := labfile.Parse("lab.yaml", []byte(task.Lab(size)))
	if err != nil {
		return err
	}
	_, err = m.ApplyLab(ctx, lab, switchmgr.ApplyOptions{})
	return err
}

// TestFloorIsWhatOvsnsMakes compares the two networks in all that lasts: if
// the floor made less, it would be no measure.
func TestFloorIsWhatOvsnsMakes(t *testing.T) {
	his, its := startHost(t, "ovsns"), startHost(t, "floor")
	for _, step := range []string{"build", "attach"} {
		t.Run(step, func(t *testing.T) {
			for _, h := range []*sandbox.Host{his, its} {
				tell(t, h, executable(t), step, "-n", fmt.Sprint(size))
			}
			compare(t, state(t, his), state(t, its))
		})
	}
}

func compare(t *testing.T, ours, floors []string) {
	t.Helper()
	if len(ours) < 10*size {
		t.Fatalf("the state of ovsns's network is only\n%s", strings.Join(ours, "\n"))
	}
	for _, line := range ours {
		if !slices.Contains(floors, line) {
			t.Errorf("only ovsns: %s", line)
		}
	}
	for _, line := range floors {
		if !slices.Contains(ours, line) {
			t.Errorf("only the floor: %s", line)
		}
	}
}

func TestFloorDestroysAll(t *testing.T) {
	h := startHost(t, "floor")
	tell(t, h, executable(t), "build", "-n", fmt.Sprint(size))
	tell(t, h, executable(t), "destroy", "-n", fmt.Sprint(size))
	left := tell(t, h, "sh", "-c", "ls /run/netns; ls /sys/class/net | grep -v -e '^lo$' -e '^ovs-netdev$'; ovs-vsctl list-br; ovs-vsctl get Open_vSwitch . external_ids | grep -o 'ovsns[^,]*' || true")
	if left != "" {
		t.Errorf("the floor leaves\n%s", left)
	}
}

// startHost starts a private host, and says what this program is there.
func startHost(t *testing.T, builder string) *sandbox.Host {
	t.Helper()
	h, err := sandbox.Start(t.Context(), sandbox.Options{Env: append(os.Environ(), builderEnv+"="+builder)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func executable(t *testing.T) string {
	t.Helper()
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// tell runs a command inside and returns what it prints.
func tell(t *testing.T, h *sandbox.Host, name string, args ...string) string {
	t.Helper()
	cmd := h.Command(t.Context(), name, args...)
	var failure strings.Builder
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", filepath.Base(name), args, err, failure.String())
	}
	return string(out)
}

// looks show everything that ovsns sets, a line for each thing.
const looks = `
cd /proc/sys/net
for p in /sys/class/net/n*; do
	p=${p##*/}
	ip -d -o link show $p
	echo $p disable_ipv6 $(cat ipv6/conf/$p/disable_ipv6) rp_filter $(cat ipv4/conf/$p/rp_filter)
done
for n in $(ls /run/netns); do
	ip -n $n -d -o link | sed "s/^/$n /"
	ip -n $n -4 -o address | sed "s/^/$n /"
	ip -n $n -4 -o route | sed "s/^/$n /"
	ip netns exec $n grep -r . /proc/sys/net/ipv6/conf/default /proc/sys/net/ipv6/conf/eth0 2>/dev/null | grep -v stable_secret | sed "s/^/$n /"
done
for t in bridge:name,datapath_type,external_ids,other_config,fail_mode,stp_enable \
	port:name,tag,trunks,vlan_mode,external_ids,other_config \
	interface:name,type,external_ids,other_config,options,mac,mtu_request; do
	ovs-vsctl --format=csv --columns=${t#*:} list ${t%:*}
done
ovs-vsctl --format=csv --columns=name find interface 'ofport>0' | sed 's/^/opened /'
for b in $(ovs-vsctl list-br); do ovs-vsctl list-ports $b | sed "s/^/$b /"; done
ovs-vsctl get Open_vSwitch . external_ids | tr ',' '\n' | grep ovsns
`

// chance and carrier are what differs from one run to the next: numbers, and
// what the kernel says of a carrier in the first moment.
var chance = regexp.MustCompile(`([0-9a-f]{2}:){5}[0-9a-f]{2}|\d+: |@if\d+|link-netnsid \d+|state [A-Z]+`)

var carrier = strings.NewReplacer("<NO-CARRIER,", "<", ",LOWER_UP", "", ",M-DOWN", "", " linkdown", "")

// state returns what there is, in lines, without what is up to chance.
func state(t *testing.T, h *sandbox.Host) []string {
	t.Helper()
	return strings.Split(chance.ReplaceAllString(carrier.Replace(tell(t, h, "sh", "-c", looks)), "*"), "\n")
}
