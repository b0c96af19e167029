package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// bench is a private host on which commands are made to fail.
type bench struct {
	*testing.T
	host  *sandbox.Host
	trace string // what strace saw of the last command
}

func newBench(t *testing.T) *bench {
	t.Helper()
	h, err := sandbox.Start(t.Context(), sandbox.Options{Name: "bench"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() }) // nothing a test could do about it
	return &bench{T: t, host: h, trace: filepath.Join(t.TempDir(), "trace")}
}

// run runs a line in the host's shell.
func (b *bench) run(line string) done {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 3*patience)
	defer cancel()
	d, err := finish(b.host.Command(ctx, "sh", "-c", line))
	if err != nil {
		b.Fatalf("%s: %v", line, err)
	}
	return d
}

// must is run for what has to succeed.
func (b *bench) must(line string) {
	b.Helper()
	if d := b.run(line); d.status != 0 {
		b.Fatalf("%s: exit status %d: %s", line, d.status, d.stderr)
	}
}

// injured runs a line whose n-th system call of some is tampered with, and
// reports how often: strace counts the calls of each thread apart (strace(1),
// "Syscall Tampering"), and which thread does what is up to the scheduler.
func (b *bench) injured(line, calls, tamper string, n int) (done, int) {
	b.Helper()
	d := b.run("strace -f -o " + b.trace + " -e trace=" + calls +
		" -e inject=" + calls + ":" + tamper + ":when=" + strconv.Itoa(n) + " " + line)
	text, err := os.ReadFile(b.trace)
	if err != nil {
		b.Fatalf("strace is needed: %v: %s", err, d.stderr)
	}
	if bytes.Contains(text, []byte("killed by SIGKILL")) {
		return d, 1
	}
	return d, bytes.Count(text, []byte("INJECTED"))
}

// passing differs between two makings of the same interface: the order, the
// random MAC of a switch's own and what follows from it, the carrier.
var passing = regexp.MustCompile(`(?m)^ +inet6 fe80.*\n|^ +link/ether .*\n|^fe80.*\n| state [A-Z]+| linkdown`)

// state is the state of the host, less what is passing.
func (b *bench) state() string {
	b.Helper()
	text, err := stateOf(b.Context(), b.host)
	if err != nil {
		b.Fatal(err)
	}
	lines := strings.Split(passing.ReplaceAllString(text, ""), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// settles reports how the state differs from another one for good: when
// ovs-vswitchd lets go of interfaces is its own affair.
func (b *bench) settles(want string) string {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience/4)
	defer cancel()
	for {
		now := b.state()
		if now == want || ctx.Err() != nil {
			return lineDiff(want, now)
		}
	}
}

// lab is what the commands under test find.
const lab = `ovsns switch create --gateway 172.16.10.254/24 --gateway 2001:db8::1/64 &&
	ovsns attach red && ovsns attach blue --vlan 100 && ovsns gateway set --vlan 100 192.168.0.254/24`

// many has the lab recorded as so large that the port comes before its
// interface.
const many = "ovs-vsctl set open_vswitch . $(seq -f external_ids:ovsns-namespace/m%g=true 250)"

// verbs are commands with what must be there before, beside the lab. One that
// removes may find nothing to do when it is repeated.
var verbs = []struct {
	name, before, line string
	removes            bool
}{
	{"attach", "true", "ovsns attach green", false},
	{"attach beside many", many, "ovsns attach green", false},
	{"attach to another VLAN", "true", "ovsns attach red --vlan 100", false},
	{"switch create", "true", "ovsns switch create sw1 --gateway 10.4.0.254/24 --nat", false},
	{"gateway set", "true", "ovsns gateway set --vlan 300 10.3.0.254/24 2001:db8:3::1/64 --nat", false},
	{"link add", "true", "ovsns link add red host --ip-a 192.0.2.1/24 --ip-b 192.0.2.2/24", false},
	{"nat delete", "ovsns nat add 10.0.0.0/24", "ovsns nat delete 10.0.0.0/24", true},
	{"gateway delete", "ovsns allow add sw0 sw0:100", "ovsns gateway delete --vlan 100", true},
	{"detach", "ovsns route add red 10.0.0.0/8 via 172.16.10.254", "ovsns detach red", true},
}

// undoFailed reports whether of several messages that failed some were those
// of the way back.
func (d done) undoFailed(hits int) bool {
	return hits > 1 && strings.Contains(d.stderr, "undoing what was done before failed too")
}

// stride is from one message that is tampered with to the next, 1 unless the
// tests are to be short.
func stride() int {
	if testing.Short() {
		return 1 + rand.N(12)
	}
	return 1
}

// TestFailures lets each command fail at each of its netlink messages once,
// those of the kernel's links and routes (sendto) and those of nftables
// (sendmsg): it says so, and the host is as it was before.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, verb := range verbs {
		t.Run(verb.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			bare := b.state()
			again := func() string {
				b.must("ovsns destroy --all --yes")
				if diff := b.settles(bare); diff != "" {
					t.Fatalf("destroy leaves (-before +now):\n%s", diff)
				}
				b.must(lab + " && " + verb.before)
				return b.state()
			}
			for _, calls := range []string{"sendto", "sendmsg"} {
				before := again()
				for n := 1; ; n += stride() {
					d, hits := b.injured(verb.line, calls, "error=EPERM", n)
					for try := 0; try < 5 && d.undoFailed(hits); try++ { // for one that fails alone
						before = again()
						d, hits = b.injured(verb.line, calls, "error=EPERM", n)
					}
					if hits == 0 {
						break
					}
					if d.status == 0 { // it could do without
						before = again()
						continue
					}
					if problem := d.refusal(d.status); problem != "" {
						t.Errorf("%s %d: %s: %s%s", calls, n, problem, d.stdout, d.stderr)
					}
					if d.undoFailed(hits) {
						before = again()
						continue
					}
					if diff := b.settles(before); diff != "" {
						t.Fatalf("%s %d: the host has changed (-before +now):\n%s%s", calls, n, diff, d.stderr)
					}
				}
			}
		})
	}
}

// TestKilled kills each command at each of its messages, to the kernel and to
// the database. Repeating it then does what it should have done, and
// destroying everything leaves nothing.
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, verb := range verbs {
		t.Run(verb.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			bare := b.state()
			b.must(lab + " && " + verb.before + " && " + verb.line)
			b.must("ovsns destroy --all --yes")
			for n := 1; ; n += stride() {
				b.must(lab + " && " + verb.before)
				d, hits := b.injured(verb.line, "sendto,sendmsg,write", "signal=SIGKILL", n)
				again := b.run(verb.line)
				if again.status != 0 && (again.status != exitNotFound || !verb.removes) {
					t.Errorf("killed at message %d, then: %s", n, again.stderr)
				}
				b.must("ovsns destroy --all --yes")
				if diff := b.settles(bare); diff != "" {
					t.Fatalf("killed at message %d, it leaves (-before +now):\n%s%s%s", n, diff, d.stderr, again.stderr)
				}
				if hits == 0 {
					break
				}
			}
		})
	}
}
