package nsmgr

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Process is a process inside a namespace.
type Process struct {
	PID int
	// Command is its command line, or its name in brackets where it has none.
	Command string
}

// Processes lists the processes of a namespace by pid, as `ip netns pids`
// does. Those that the caller may not look into are left out.
func (h *Host) Processes(ctx context.Context, name string) ([]Process, error) {
	if err := model.CheckNamespace(name); err != nil {
		return nil, err
	}
	id, err := statNS(netnsPath(name))
	if err != nil {
		return nil, noNamespace(name, err)
	}
	all, err := processesIn(ctx, map[nsID][]string{id: {name}})
	return all[name], err
}

// ProcessesOf is Processes for several namespaces, for one look at all
// processes of the host. A namespace that is gone has none.
func (h *Host) ProcessesOf(ctx context.Context, names ...string) (map[string][]Process, error) {
	in := map[nsID][]string{} // one may have several names
	for _, name := range names {
		if err := model.CheckNamespace(name); err != nil {
			return nil, err
		}
		id, err := statNS(netnsPath(name))
		if err = noNamespace(name, err); errors.Is(err, model.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		in[id] = append(in[id], name)
	}
	return processesIn(ctx, in)
}

// processesIn lists the processes in namespaces, by their names.
func processesIn(ctx context.Context, in map[nsID][]string) (map[string][]Process, error) {
	all := map[string][]Process{}
	err := eachProcess(ctx, func(pid int, dir string, ns nsID) {
		for _, name := range in[ns] {
			all[name] = append(all[name], Process{PID: pid, Command: command(dir)})
		}
	})
	for _, list := range all {
		slices.SortFunc(list, func(a, b Process) int { return cmp.Compare(a.PID, b.PID) })
	}
	return all, err
}

// eachProcess calls fn with each process and its network namespace.
func eachProcess(ctx context.Context, fn func(pid int, dir string, ns nsID)) error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return classify(err, "cannot list the processes")
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return classify(ctx.Err(), "cannot list the processes")
		}
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		dir := filepath.Join("/proc", e.Name())
		if ns, err := statNS(filepath.Join(dir, "ns/net")); err == nil {
			fn(pid, dir, ns)
		}
	}
	return nil
}

func command(dir string) string {
	line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if words := bytes.TrimRight(line, "\x00"); err == nil && len(words) > 0 {
		return string(bytes.ReplaceAll(words, []byte{0}, []byte{' '}))
	}
	name, _ := os.ReadFile(filepath.Join(dir, "comm"))
	return "[" + strings.TrimSpace(string(name)) + "]"
}
