package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ovsns/ovsns/hack/bench/task"
)

// way is one way to put one more namespace on a switch.
type way struct {
	name, title string
	make        func(ctx context.Context, f figures, i int) error
	remove      func(ctx context.Context, f figures, i int) error
}

// The names of ways beside ovsns and the floor.
const (
	waySteps = "steps"
	wayOne   = "batch of one"
)

// ways in the order of the table. What the floor makes ovsns takes for its own.
func ways() []way {
	detach := func(ctx context.Context, f figures, i int) error {
		return f.ovsns(ctx, "ns", "delete", task.At(i).Namespace)
	}
	return []way{
		{nameFloor, "the floor: bare netlink and OVSDB", func(ctx context.Context, f figures, i int) error {
			return quiet(ctx, f.Tools.Floor, "attach", "-n", strconv.Itoa(i))
		}, detach},
		{nameOvsns, "`ovsns attach`", func(ctx context.Context, f figures, i int) error {
			return f.attach(ctx, task.At(i))
		}, detach},
		{wayOne, "`ip -batch` and `ovs-vsctl`", oneByScript("batch"), removeByScript},
		{waySteps, "`ip` and `ovs-vsctl`", oneByScript("steps"), removeByScript},
	}
}

func oneByScript(how string) func(context.Context, figures, int) error {
	return func(ctx context.Context, _ figures, i int) error {
		m := task.At(i)
		return runOne(ctx, how, m.Namespace, strconv.Itoa(m.VLAN), fmt.Sprintf("%s/%d", m.Address, task.PrefixLength))
	}
}

func removeByScript(ctx context.Context, _ figures, i int) error {
	return runOne(ctx, "destroy", task.At(i).Namespace)
}

// runOne runs one.sh.
func runOne(ctx context.Context, args ...string) error {
	script, err := writeFile("one.sh", oneScript)
	if err != nil {
		return err
	}
	return quiet(ctx, script, args...)
}

// The switch that one more namespace is put on.
const (
	toEmpty = "an empty switch"
	toFull  = "a full switch"
)

// attachKey names a series.
func attachKey(to, way string) string { return partFigures + "/attach to " + to + "/" + way }

func (f figures) emptySwitch(ctx context.Context) error {
	if err := f.ovsns(ctx, "switch", "create", task.Switch, "--datapath", "netdev"); err != nil {
		return err
	}
	return f.attachments(ctx, toEmpty)
}

func (f figures) fullSwitch(ctx context.Context) error { return f.attachments(ctx, toFull) }

// attachments attaches one more namespace in all ways in turn, again and again;
// each time another one: what a script has removed may go a moment later.
func (f figures) attachments(ctx context.Context, to string) error {
	index, times := task.Largest, results{}
	for range attempts {
		for _, w := range ways() {
			index--
			begin := time.Now()
			if err := w.make(ctx, f, index); err != nil {
				return fmt.Errorf("%s: %w", w.title, err)
			}
			times.add(attachKey(to, w.name), "s", time.Since(begin).Seconds())
			if err := w.remove(ctx, f, index); err != nil {
				return fmt.Errorf("%s: %w", w.title, err)
			}
			if err := settled(ctx); err != nil {
				return err
			}
		}
	}
	for name, s := range times {
		f.add(name, s.Unit, median(s.Values))
	}
	return nil
}
