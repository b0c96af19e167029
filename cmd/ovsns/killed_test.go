package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// kills is how often `ovsns apply` is killed.
func kills() int {
	if testing.Short() {
		return 20
	}
	return 200
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
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "lab.yaml")
	if err := os.WriteFile(file, []byte(killedLab), 0o600); err != nil {
		t.Fatal(err)
	}
	bare := b.state()
	begin := time.Now()
	b.must("ovsns apply -f " + file)
	whole := time.Since(begin)
	b.must("ovsns destroy --all --yes")

	killed, kills := 0, kills()
	for i := range kills {
		moment := rand.N(whole)
		if b.killedAfter(moment, "ovsns", "apply", "-f", file) {
			killed++
		}
		b.must("ovsns apply -f " + file)
		if d := b.run("ovsns plan --exit-code --prune -f " + file); d.status != 0 {
			t.Fatalf("kill %d, after %v: applying again leaves\n%s%s", i, moment, d.stdout, d.stderr)
		}
		b.must("ovsns destroy --all --yes")
		if i%20 != 19 {
			continue
		}
		if left := b.settles(bare); left != "" {
			t.Fatalf("kill %d, after %v: destroying leaves\n%s", i, moment, left)
		}
	}
	t.Logf("%d of %d were killed before they ended, within %v", killed, kills, whole)
	if killed < kills/10 {
		t.Errorf("only %d of %d were killed before they ended", killed, kills)
	}
}

// killedAfter runs a command, kills it after a while and reports whether that
// ended it.
func (b *bench) killedAfter(moment time.Duration, args ...string) bool {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), moment)
	defer cancel()
	return b.host.Command(ctx, args[0], args[1:]...).Run() != nil
}
