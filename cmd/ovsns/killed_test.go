package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// killers are the private hosts in which `ovsns apply` is killed.
const killers = 4

// kills is how often it is killed in each.
func kills() int {
	if testing.Short() {
		return 5
	}
	return 50
}

// killedLab has something of each kind.
const killedLab = `version: 1
switches:
  sw0:
    gateway: [172.16.10.254/24]
    nat: true
    vlans: {100: {gateway: [10.1.0.254/24, "2001:db8:1::fe/64"]}}
  sw1: {}
namespaces:
  red: {interfaces: [{switch: sw0, vlan: 100}, {switch: sw1, ip: 10.9.0.1/24}], routes: [{to: 10.8.0.0/16, via: 10.9.0.7}]}
  blue: {interfaces: [{switch: sw0}]}
  green: {interfaces: [{switch: sw1, trunk: "10,20", native_vlan: 10}]}
links: [{a: blue, b: host, ip_a: 192.0.2.1/30, ip_b: 192.0.2.2/30}]
nat: [{subnet: 10.20.0.0/24}]
allow: [[sw0, "sw0:100"]]
`

// TestKilledApply kills `ovsns apply` at random moments: once more it
// converges, and `destroy` leaves nothing.
func TestKilledApply(t *testing.T) {
	t.Parallel()
	var begun, killed atomic.Int64
	t.Cleanup(func() {
		if begun.Load() > 0 && killed.Load() == 0 && !t.Failed() {
			t.Error("none was killed before it ended")
		}
	})
	for i := range killers {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			begun.Add(1)
			killed.Add(int64(killApplies(newBench(t))))
		})
	}
}

// killApplies returns how many were killed before they ended.
func killApplies(b *bench) int {
	file := filepath.Join(b.TempDir(), "lab.yaml")
	if err := os.WriteFile(file, []byte(killedLab), 0o600); err != nil {
		b.Fatal(err)
	}
	bare := b.State()
	begin := time.Now()
	b.Must("ovsns apply -f " + file)
	whole := time.Since(begin)
	b.Must("ovsns destroy --all --yes")

	killed, kills := 0, kills()
	for i := range kills {
		moment := rand.N(whole)
		// Whole follows how fast the machine is now: most are to be killed, but
		// not so early that the last steps are left out.
		if b.killedAfter(moment, "ovsns", "apply", "-f", file) {
			killed++
			whole += whole / 40
		} else {
			whole -= whole / 10
		}
		b.Must("ovsns apply -f " + file)
		if e := b.Shell("ovsns plan --exit-code --prune -f " + file); e.Status != 0 {
			b.Fatalf("kill %d, after %v: applying again leaves\n%s%s", i, moment, e.Stdout, e.Stderr)
		}
		b.Must("ovsns destroy --all --yes")
		if i%5 != 4 {
			continue
		}
		if left := b.Settles(bare); left != "" {
			b.Fatalf("kill %d, after %v: destroying leaves\n%s", i, moment, left)
		}
	}
	b.Logf("%d of %d were killed before they ended, within %v at last", killed, kills, whole)
	return killed
}

// killedAfter runs a command, kills it after a while and reports whether that
// ended it.
func (b *bench) killedAfter(moment time.Duration, args ...string) bool {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), moment)
	defer cancel()
	return b.Command(ctx, args[0], args[1:]...).Run() != nil
}
