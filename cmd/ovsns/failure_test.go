package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
)

// bench is a private host on which commands are made to fail.
type bench struct {
	*testlab.Host
	trace string // what strace saw of the last command
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return &bench{testlab.Start(t, "bench"), filepath.Join(t.TempDir(), "trace")}
}

// injured runs a line whose n-th system call of some is tampered with, and
// reports how often: strace counts the calls of each thread apart (strace(1),
// "Syscall Tampering"), and which thread does what is up to the scheduler.
func (b *bench) injured(line, calls, tamper string, n int) (testlab.End, int) {
	b.Helper()
	e := b.Shell("strace -f -o " + b.trace + " -e trace=" + calls +
		" -e inject=" + calls + ":" + tamper + ":when=" + strconv.Itoa(n) + " " + line)
	text, err := os.ReadFile(b.trace)
	if err != nil {
		b.Fatalf("strace is needed: %v: %s", err, e.Stderr)
	}
	if bytes.Contains(text, []byte("killed by SIGKILL")) {
		return e, 1
	}
	return e, bytes.Count(text, []byte("INJECTED"))
}

// lab is what the commands under test find.
const lab = `ovsns switch create --gateway 172.16.10.254/24 --gateway 2001:db8::1/64 &&
	ovsns attach red && ovsns attach blue --vlan 100 && ovsns gateway set --vlan 100 192.168.0.254/24`

// many has the lab recorded as so large that the port comes before its
// interface.
const many = `ovs-vsctl set open_vswitch . $(seq 250 | sed 's|.*|external_ids:ovsns-namespace/m&="namespace=m&"|')`

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
func undoFailed(e testlab.End, hits int) bool {
	return hits > 1 && strings.Contains(e.Stderr, "undoing what was done before failed too")
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
			bare := b.State()
			again := func() string {
				b.Must("ovsns destroy --all --yes")
				if diff := b.Settles(bare); diff != "" {
					t.Fatalf("destroy leaves (-before +now):\n%s", diff)
				}
				b.Must(lab + " && " + verb.before)
				return b.State()
			}
			for _, calls := range []string{"sendto", "sendmsg"} {
				before := again()
				for n := 1; ; n += stride() {
					e, hits := b.injured(verb.line, calls, "error=EPERM", n)
					for try := 0; try < 5 && undoFailed(e, hits); try++ { // for one that fails alone
						before = again()
						e, hits = b.injured(verb.line, calls, "error=EPERM", n)
					}
					if hits == 0 {
						break
					}
					if e.Status == 0 { // it could do without
						before = again()
						continue
					}
					if problem := e.Refusal(e.Status); problem != "" {
						t.Errorf("%s %d: %s: %s%s", calls, n, problem, e.Stdout, e.Stderr)
					}
					if undoFailed(e, hits) {
						before = again()
						continue
					}
					if diff := b.Settles(before); diff != "" {
						t.Fatalf("%s %d: the host has changed (-before +now):\n%s%s", calls, n, diff, e.Stderr)
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
			bare := b.State()
			b.Must(lab + " && " + verb.before + " && " + verb.line)
			b.Must("ovsns destroy --all --yes")
			for n := 1; ; n += stride() {
				b.Must(lab + " && " + verb.before)
				e, hits := b.injured(verb.line, "sendto,sendmsg,write", "signal=SIGKILL", n)
				again := b.Shell(verb.line)
				if again.Status != 0 && (again.Status != cmdline.ExitNotFound || !verb.removes) {
					t.Errorf("killed at message %d, then: %s", n, again.Stderr)
				}
				b.Must("ovsns destroy --all --yes")
				if diff := b.Settles(bare); diff != "" {
					t.Fatalf("killed at message %d, it leaves (-before +now):\n%s%s%s", n, diff, e.Stderr, again.Stderr)
				}
				if hits == 0 {
					break
				}
			}
		})
	}
}
