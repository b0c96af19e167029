package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// measurement is one run of the benchmark.
type measurement struct {
	options
	report   *report
	progress io.Writer
}

func (m *measurement) run(ctx context.Context) error {
	parts := map[string]func(context.Context) error{
		partLabs: m.labs, partFigures: m.figures, partThroughput: m.throughput,
	}
	for _, part := range m.parts {
		if err := parts[part](ctx); err != nil {
			return err
		}
	}
	return nil
}

// turn is one job of the rounds.
type turn struct {
	round, size int
	contestant  string
}

// schedule interleaves: whatever the machine does meanwhile, it does to all
// contestants of a size alike. Each round begins with another one. What is
// measured once only comes after all rounds, the slowest last: an interrupt then
// costs the least.
func schedule(list []contestant, sizes []int, rounds int) []turn {
	var turns []turn
	for round := range rounds {
		for _, size := range sizes {
			for i := range list {
				if c := list[(i+round)%len(list)]; c.inAllRounds(size) {
					turns = append(turns, turn{round + 1, size, c.name})
				}
			}
		}
	}
	for _, size := range sizes {
		for _, c := range list {
			if c.once(size) {
				turns = append(turns, turn{rounds, size, c.name})
			}
		}
	}
	return turns
}

func (m *measurement) labs(ctx context.Context) error {
	list := contestants()
	if len(m.only) > 0 {
		list = slices.DeleteFunc(list, func(c contestant) bool { return !slices.Contains(m.only, c.name) })
	}
	for _, t := range schedule(list, m.sizes, m.rounds) {
		if m.report.failed(t.contestant, t.size) {
			continue
		}
		r, err := m.inHost(ctx, job{Part: partLabs, Contestant: t.contestant, N: t.size, Tools: m.tools, Daemons: true})
		fmt.Fprintf(m.progress, "round %d/%d  %5d  %-9s", t.round, m.rounds, t.size, t.contestant)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // the others go on: a run takes long
			m.report.Failures = append(m.report.Failures, failure{t.contestant, t.size, err.Error()})
			fmt.Fprintf(m.progress, " FAILED: %v\n", err)
			continue
		}
		m.report.Results.merge(r)
		for _, step := range []string{stepBuild, stepVerify, stepDestroy} {
			s, _ := r.median(labKey(t.contestant, t.size, step))
			fmt.Fprintf(m.progress, " %s %s", step, duration(s))
		}
		fmt.Fprintln(m.progress)
	}
	return nil
}

// figures measures single commands beside as many namespaces as the largest
// size up to 1000.
func (m *measurement) figures(ctx context.Context) error {
	n := min(slices.Max(m.sizes), 1000)
	m.report.FigureSize = n
	for round := range m.rounds {
		fmt.Fprintf(m.progress, "round %d/%d  single commands, %d namespaces\n", round+1, m.rounds, n)
		r, err := m.inHost(ctx, job{Part: partFigures, N: n, Tools: m.tools, Daemons: true})
		if err != nil {
			return fmt.Errorf("single commands: %w", err)
		}
		m.report.Results.merge(r)
		for range attempts {
			if err := m.starts(ctx); err != nil {
				return fmt.Errorf("starting a sandbox: %w", err)
			}
		}
	}
	return nil
}

// starts measures the start of a sandbox, and of the daemons alone.
func (m *measurement) starts(ctx context.Context) error {
	seconds, err := sandboxStart(ctx, m.tools)
	if err != nil {
		return err
	}
	m.report.Results.add(figureSandbox, "s", seconds)
	r, err := m.inHost(ctx, job{Part: partDaemons, Daemons: true})
	m.report.Results.merge(r)
	return err
}

// throughput measures what a lab of each contestant carries.
func (m *measurement) throughput(ctx context.Context) error {
	rounds := min(m.rounds, flowRounds)
	if m.quick {
		rounds = 1
	}
	for round := range rounds {
		for _, l := range lines() {
			j := job{Part: partThroughput, Contestant: l.contestant, N: 2, Tools: m.tools, Daemons: !l.sandbox}
			r, err := m.inHost(ctx, j)
			if err != nil {
				return fmt.Errorf("throughput, %s: %w", l.name, err)
			}
			fmt.Fprintf(m.progress, "round %d/%d  throughput, %s:", round+1, rounds, l.name)
			for _, what := range throughputs {
				s := r[what]
				fmt.Fprintf(m.progress, " %s %s", what, amount(s))
				m.report.Results.add(lineKey(l.name, what), s.Unit, s.Values...)
			}
			fmt.Fprintln(m.progress)
		}
	}
	return nil
}

// inHost works a job in a new private host.
func (m *measurement) inHost(ctx context.Context, j job) (results, error) {
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h, err := sandbox.Start(ctx, sandbox.Options{NoSwitch: j.Daemons})
	if err != nil {
		return nil, err
	}
	defer h.Close()
	out, err := h.Command(ctx, self, insideCommand, string(text)).Output()
	if err != nil {
		return nil, explain(err)
	}
	r := results{}
	return r, json.Unmarshal(out, &r)
}
