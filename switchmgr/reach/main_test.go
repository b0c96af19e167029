package reach_test

import (
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/internal/labtest"
	"github.com/ovsns/ovsns/switchmgr/reach"
)

func TestMain(m *testing.M) { os.Exit(labtest.Main(m, "reach-test")) }

// shell runs a script in the private host.
func shell(t *testing.T, script string) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

// clean takes everything away that a test made with shell.
func clean(t *testing.T) {
	t.Cleanup(func() {
		shell(t, `for b in $(ovs-vsctl list-br); do ovs-vsctl del-br $b; done
			ip -all netns delete; nft flush ruleset; sysctl -q -w net.ipv4.ip_forward=0
			for l in $(ip -o link show type veth | sed 's/^[0-9]*: //; s/[@:].*//'); do ip link delete $l 2>/dev/null || :; done`)
	})
}

// ask measures probes on this host.
func ask(t *testing.T, probes ...reach.Probe) []reach.Answer {
	t.Helper()
	host, err := nsmgr.New()
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	answers, err := reach.NewProber(host).Run(t.Context(), probes)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// blockedSoon is long enough for what is expected to be blocked.
const blockedSoon = 400 * time.Millisecond

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }
