package ops_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// host is a place where commands run: the private host of this test, where
// ovsns works, or another one.
type host struct {
	name    string
	command func(ctx context.Context, name string, args ...string) *exec.Cmd
}

// here is the host in which the test runs.
func here() host { return host{"ovsns", exec.CommandContext} }

// bare starts a private host.
func bare(t *testing.T, name string) host {
	t.Helper()
	h, err := sandbox.Start(t.Context(), sandbox.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return host{name, h.Command}
}

// run runs a bash script and returns what it prints to stdout.
func (h host) run(ctx context.Context, script string) (string, error) {
	cmd := h.command(ctx, "bash")
	cmd.Stdin = strings.NewReader(script)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s\n%s\n---\n%s", h.name, err, out, stderr.String(), script)
	}
	return string(out), nil
}

// bash is run for what must not fail, also after the test.
func (h host) bash(t *testing.T, script string) {
	t.Helper()
	if _, err := h.run(context.WithoutCancel(t.Context()), script); err != nil {
		t.Fatal(err)
	}
}

// everywhere calls f for all hosts at once and returns its results in their
// order.
func everywhere[T any](t *testing.T, hosts []host, f func(int, host) (T, error)) []T {
	t.Helper()
	results, errs := make([]T, len(hosts)), make([]error, len(hosts))
	var wg sync.WaitGroup
	for i, h := range hosts {
		wg.Go(func() { results[i], errs[i] = f(i, h) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return results
}

// patience is how long hosts may differ. Some of what they show follows in its
// own time.
const patience = 20 * time.Second

// alike looks at all hosts until differences finds none, and reports what it
// found last.
func alike(t *testing.T, hosts []host, lab *model.State, differences func([]snapshot) string) {
	t.Helper()
	for limit := time.Now().Add(patience); ; {
		looks := everywhere(t, hosts, func(_ int, h host) (snapshot, error) { return h.look(t.Context(), lab) })
		found := differences(looks)
		if found == "" {
			return
		}
		if time.Now().After(limit) {
			t.Error(found)
			return
		}
		<-time.After(200 * time.Millisecond) // each look is work
	}
}

// world is what a host has beside the lab: two interfaces for uplinks, and a
// network outside, which knows no way back to the lab.
const world = `
set -e
for i in 0 1; do
	ip link add nic$i type veth peer name wire$i
	ip link set nic$i addrgenmode none; ip link set wire$i addrgenmode none up
done
ip netns add outside
ip link add wan type veth peer name eth0 netns outside
ip link set wan up
ip -n outside link set lo up
ip -n outside link set eth0 up
ip addr add 198.51.100.1/24 dev wan
ip addr add 2001:db8:ff::1/64 dev wan nodad
ip -n outside addr add 198.51.100.2/24 dev eth0
ip -n outside addr add 2001:db8:ff::2/64 dev eth0 nodad
`

// unworld takes it away again.
const unworld = `set -e; ip link delete nic0; ip link delete nic1; ip link delete wan; ip netns delete outside`
