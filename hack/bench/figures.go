package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ovsns/ovsns/hack/bench/rawdb"
	"github.com/ovsns/ovsns/hack/bench/task"
)

// Figures of single commands. Where a rival does the same its name comes last.
const (
	figureStart       = partFigures + "/start/ovsns" // --version
	figureStartVsctl  = partFigures + "/start/ovs-vsctl"
	figureApply       = partFigures + "/apply/first"
	figureApplyAgain  = partFigures + "/apply/second" // nothing is left to do
	figureShow        = partFigures + "/show/ovsns"
	figureShowVsctl   = partFigures + "/show/ovs-vsctl"
	figureApplyMemory = partFigures + "/memory/apply"
	figureWatchMemory = partFigures + "/memory/watch"
	figureSandbox     = partFigures + "/sandbox/ovsns"
	figureDaemons     = partFigures + "/sandbox/daemons alone"
)

// attempts is how often a short command is measured in a round; their median
// is the round's value.
const attempts = 5

// figures measures single commands, first on an empty switch, then on one with
// N ports.
func (j job) figures(ctx context.Context) (results, error) {
	f := figures{job: j, results: results{}}
	steps := []func(context.Context) error{
		f.starts, f.emptySwitch, f.applyTwice, f.shows, f.fullSwitch, f.watchMemory,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return f.results, nil
}

type figures struct {
	job
	results
}

// rivals measures commands in turn, and adds the median of each to its series.
func (f figures) rivals(commands map[string]func() error) error {
	times := results{}
	for range attempts {
		for name, command := range commands {
			begin := time.Now()
			if err := command(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			times.add(name, "s", time.Since(begin).Seconds())
		}
	}
	for name := range commands {
		f.add(name, "s", median(times[name].Values))
	}
	return nil
}

func (f figures) starts(ctx context.Context) error {
	return f.rivals(map[string]func() error{
		figureStart:      func() error { return quiet(ctx, f.Tools.Ovsns, "--version") },
		figureStartVsctl: func() error { return quiet(ctx, "ovs-vsctl", "--version") },
	})
}

// applyTwice measures the first apply, with its memory, and one that finds
// nothing to do.
func (f figures) applyTwice(ctx context.Context) error {
	file, err := writeFile("lab.yaml", task.Lab(f.N))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, f.Tools.Ovsns, "--quiet", "--timeout", patience, "apply", "-f", file)
	begin := time.Now()
	if _, err := cmd.Output(); err != nil {
		return explain(err)
	}
	f.add(figureApply, "s", time.Since(begin).Seconds())
	// The kernel counts what this process, the starter, has as well, but that is
	// less than any command of ovsns needs.
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.add(figureApplyMemory, "MiB", float64(usage.Maxrss)/1024)
	}
	return f.rivals(map[string]func() error{
		figureApplyAgain: func() error { return f.ovsns(ctx, "apply", "-f", file) },
	})
}

func (f figures) shows(ctx context.Context) error {
	return f.rivals(map[string]func() error{
		figureShow:      func() error { return quiet(ctx, f.Tools.Ovsns, "show", "-o", "json") },
		figureShowVsctl: func() error { return quiet(ctx, "ovs-vsctl", "list", "port", "--", "list", "interface") },
	})
}

// watchMemory starts `ovsns watch`, has it repair something, and reads its
// peak.
func (f figures) watchMemory(ctx context.Context) error {
	ready, err := listenReady(ctx, "/run/ready")
	if err != nil {
		return err
	}
	defer func() { _ = ready.Close() }() // it was only read
	cmd := exec.CommandContext(ctx, f.Tools.Ovsns, "watch")
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET=/run/ready")
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { _ = cmd.Wait() }() // killed
	defer func() { _ = cmd.Process.Kill() }()
	if err := waitReady(ready); err != nil {
		return err
	}
	port := task.At(0).Port
	if err := quiet(ctx, "ovs-vsctl", "clear", "port", port, "tag"); err != nil {
		return err
	}
	db, err := rawdb.Dial(ctx, rawdb.Socket)
	if err != nil {
		return err
	}
	defer db.Close()
	err = until(ctx, func() error {
		rows, err := db.Select("Port", []string{"tag"}, []any{"name", "==", port}, []any{"tag", "==", task.At(0).VLAN})
		if err == nil && len(rows) == 0 {
			err = fmt.Errorf("ovsns watch has not repaired the tag of %s", port)
		}
		return err
	})
	if err != nil {
		return err
	}
	var kib float64
	peak := field(filepath.Join("/proc", fmt.Sprint(cmd.Process.Pid), "status"), "VmHWM")
	if _, err := fmt.Sscanf(peak, "%g kB", &kib); err != nil {
		return fmt.Errorf("the peak of ovsns watch is %q: %w", peak, err)
	}
	f.add(figureWatchMemory, "MiB", kib/1024)
	return nil
}
