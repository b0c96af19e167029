package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/ovsns/ovsns/hack/bench/rawdb"
	"github.com/ovsns/ovsns/hack/bench/task"
)

// job is what is done in one private host.
type job struct {
	Part       string
	Contestant string
	N          int
	Tools      tools
	// Daemons says that the host has no Open vSwitch of its own: the job starts
	// one with its defaults.
	Daemons bool
}

// patience bounds every command of ovsns: nothing may time out only because
// the machine is busy.
const patience = "20m"

func (j job) work(ctx context.Context) (results, error) {
	begin := time.Now()
	if j.Daemons {
		if err := startDaemons(ctx); err != nil {
			return nil, fmt.Errorf("starting Open vSwitch: %w", err)
		}
	}
	started := time.Since(begin)
	switch j.Part {
	case partLabs:
		return j.lab(ctx)
	case partFigures:
		return j.figures(ctx)
	case partThroughput:
		return j.throughput(ctx)
	case partDaemons:
		r := results{}
		r.add(figureDaemons, "s", started.Seconds())
		return r, nil
	}
	return nil, fmt.Errorf("no part is named %s", j.Part)
}

// ovsns runs one command of ovsns.
func (j job) ovsns(ctx context.Context, args ...string) error {
	return quiet(ctx, j.Tools.Ovsns, append([]string{"--quiet", "--timeout", patience}, args...)...)
}

func (j job) attach(ctx context.Context, m task.Member) error {
	return j.ovsns(ctx, "attach", m.Namespace, "--vlan", fmt.Sprint(m.VLAN),
		"--ip", fmt.Sprintf("%s/%d", m.Address, task.PrefixLength))
}

// lab is the life of one network.
func (j job) lab(ctx context.Context) (results, error) {
	r := results{}
	timed := func(step string, begin time.Time) {
		r.add(labKey(j.Contestant, j.N, step), "s", time.Since(begin).Seconds())
	}
	if err := warmUp(ctx); err != nil {
		return nil, fmt.Errorf("before the start: %w", err)
	}
	begin := time.Now()
	members, destroy, err := findContestant(j.Contestant).build(ctx, j, r)
	if err != nil {
		return nil, fmt.Errorf("building: %w", err)
	}
	timed(stepBuild, begin)
	begin = time.Now()
	if err := verify(ctx, members); err != nil {
		return nil, fmt.Errorf("what was built is not what was asked for: %w", err)
	}
	timed(stepVerify, begin)
	begin = time.Now()
	if err := destroy(); err != nil {
		return nil, fmt.Errorf("destroying: %w", err)
	}
	timed(stepCommand, begin)
	if err := cleared(ctx); err != nil {
		return nil, fmt.Errorf("what was destroyed is still there: %w", err)
	}
	timed(stepDestroy, begin)
	return r, nil
}

// warmUp has a switch come and go. Only the first one with a datapath in
// userspace makes ovs-vswitchd sleep for 0.1 s, to measure its clock ("Estimated
// TSC frequency" in its log): that is no contestant's doing.
func warmUp(ctx context.Context) error {
	return errors.Join(
		quiet(ctx, "ovs-vsctl", "add-br", "warm", "--", "set", "bridge", "warm", "datapath_type=netdev"),
		quiet(ctx, "ovs-vsctl", "del-br", "warm"))
}

// cleared returns when no link is left and ovs-vswitchd has let go.
func cleared(ctx context.Context) error {
	err := until(ctx, func() error {
		entries, err := os.ReadDir("/sys/class/net")
		if err != nil {
			return err
		}
		var left []string
		for _, e := range entries {
			if name := e.Name(); name != "lo" && name != "ovs-netdev" {
				left = append(left, name)
			}
		}
		if len(left) > 0 {
			return fmt.Errorf("%d links, one is %s", len(left), left[0])
		}
		return nil
	})
	if err != nil {
		return err
	}
	return settled(ctx)
}

// settled returns when ovs-vswitchd has nothing left to do.
func settled(ctx context.Context) error {
	db, err := rawdb.Dial(ctx, rawdb.Socket)
	if err != nil {
		return err
	}
	defer db.Close()
	cfg, err := db.Commit()
	if err != nil {
		return err
	}
	return db.Await(cfg)
}

// longest is how long something is waited for that should take a moment.
const longest = 2 * time.Minute

// until repeats what fails, but not for ever.
func until(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// versionOf returns what a program says of itself, the first line.
func versionOf(ctx context.Context, name string) string {
	text, err := exec.CommandContext(ctx, name, "--version").Output()
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
