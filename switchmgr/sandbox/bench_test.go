package sandbox_test

import (
	"context"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
	"github.com/ovsns/ovsns/switchmgr/sandbox/sandboxtest"
)

// makeBridge ends what both benchmarks measure: a bridge can be made. It
// prints when, in seconds.
const makeBridge = "ovs-vsctl add-br br-int -- set bridge br-int datapath_type=netdev; echo end $EPOCHREALTIME"

// BenchmarkStart measures a sandbox, root's and an ordinary user's, from the
// start of the program until a bridge can be made.
func BenchmarkStart(b *testing.B) {
	start := []string{"env", runVariable + "=1", sandboxtest.Program, "bash", "-c", makeBridge}
	timed := []string{"bash", "-euc", `echo begin $EPOCHREALTIME; exec "$@"`, "bash"}
	m := sandboxtest.New(b, sandboxtest.Options{Users: []string{"lab"}, Taps: true, Ranges: true})
	b.Run("root", func(b *testing.B) {
		untilBridge(b, func(ctx context.Context) *exec.Cmd {
			return m.Command(ctx, "bash", append(timed[1:len(timed):len(timed)], start...)...)
		})
	})
	b.Run("user", func(b *testing.B) {
		untilBridge(b, func(ctx context.Context) *exec.Cmd {
			return m.As(ctx, "lab", "/tmp", append(timed[:len(timed):len(timed)], start...)...)
		})
	})
}

// BenchmarkDaemonsAlone measures the daemons, started as their manuals say.
func BenchmarkDaemonsAlone(b *testing.B) {
	untilBridge(b, func(ctx context.Context) *exec.Cmd {
		h, err := sandbox.Start(ctx, sandbox.Options{NoSwitch: true})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { h.Close() })
		return h.Command(ctx, "bash", "-euc", `
			cd /run/openvswitch; echo begin $EPOCHREALTIME
			ovsdb-tool create conf.db /usr/share/openvswitch/vswitch.ovsschema
			ovsdb-server conf.db --remote=punix:db.sock --pidfile --detach --log-file -vconsole:off
			ovs-vsctl --no-wait init
			ovs-vswitchd --disable-system --pidfile --detach --log-file -vconsole:off
			`+makeBridge)
	})
}

// untilBridge reports the times between the lines that begin and end.
func untilBridge(b *testing.B, command func(context.Context) *exec.Cmd) {
	b.Helper()
	var all []time.Duration
	for b.Loop() {
		out, err := command(b.Context()).CombinedOutput()
		if err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		all = append(all, secondsAt(b, string(out), "end ")-secondsAt(b, string(out), "begin "))
	}
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Milliseconds()), "ms-median")
	b.ReportMetric(float64(all[0].Milliseconds()), "ms-best") // the least disturbed
}

func secondsAt(b *testing.B, out, mark string) time.Duration {
	b.Helper()
	_, rest, _ := strings.Cut(out, mark)
	text, _, _ := strings.Cut(rest, "\n")
	s, err := strconv.ParseFloat(text, 64)
	if err != nil {
		b.Fatalf("%v in %s", err, out)
	}
	return time.Duration(s * float64(time.Second))
}
