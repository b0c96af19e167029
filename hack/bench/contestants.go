package main

import (
	"bytes"
	"context"
	_ "embed" // the scripts
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/ovsns/ovsns/hack/bench/task"
)

const (
	minSize = 2
	maxSize = task.Largest
)

// contestant is one way to make the task.
type contestant struct {
	name  string
	title string
	slow  bool // would need hours at the largest sizes
	build builder
}

// Up to everyRound namespaces all contestants are measured in all rounds; from
// there to slowLast the slow ones are measured once, and beyond it not at all.
const (
	everyRound = 1000
	slowLast   = 2000
)

func (c contestant) inAllRounds(size int) bool { return !c.slow || size <= everyRound }

func (c contestant) once(size int) bool { return !c.inAllRounds(size) && size <= slowLast }

// builder makes the network and returns where it is, and what destroys it.
type builder func(ctx context.Context, j job, r results) (members []member, destroy func() error, err error)

// member is a namespace with its port, as a contestant has made it.
type member struct {
	task.Member
	Netns  string // a path
	Ifname string // inside
	Port   string
}

// The names of contestants that others are compared with.
const (
	nameOvsns    = "ovsns"
	nameAttach   = "attach"
	nameBatch    = "batch"
	nameMininet  = "mininet"
	nameTutorial = "tutorial"
	nameFloor    = "floor"
	nameLibovsdb = "libovsdb"
)

// contestants in the order of the table, the slowest last.
func contestants() []contestant {
	return []contestant{
		{nameFloor, "the floor: bare netlink and OVSDB", false, buildFloor},
		{nameLibovsdb, "the floor, after a look with libovsdb", false, buildFloorLibovsdb},
		{nameOvsns, "`ovsns apply -f FILE`", false, buildOvsns},
		{nameAttach, "`ovsns attach`, once for each", true, buildAttach},
		{nameBatch, "`ip -batch` and one `ovs-vsctl`", true, script(batchScript)},
		{nameMininet, "Mininet", true, buildMininet},
		{nameTutorial, "`ip` and `ovs-vsctl`, once for each", true, script(tutorialScript)},
	}
}

func contestantNames() (names []string) {
	for _, c := range contestants() {
		names = append(names, c.name)
	}
	return names
}

func findContestant(name string) contestant {
	for _, c := range contestants() {
		if c.name == name {
			return c
		}
	}
	return contestant{}
}

var (
	//go:embed tutorial.sh
	tutorialScript string
	//go:embed batch.sh
	batchScript string
	//go:embed mininet_lab.py
	mininetScript string
	//go:embed one.sh
	oneScript string
)

// inPlaces returns the members of a network with the names of package task.
func inPlaces(n int) []member {
	list := make([]member, n)
	for i := range list {
		m := task.At(i)
		list[i] = member{Member: m, Netns: "/run/netns/" + m.Namespace, Ifname: task.Ifname, Port: m.Port}
	}
	return list
}

func buildOvsns(ctx context.Context, j job, _ results) ([]member, func() error, error) {
	file, err := writeFile("lab.yaml", task.Lab(j.N))
	if err != nil {
		return nil, nil, err
	}
	return inPlaces(j.N), func() error { return j.ovsns(ctx, "destroy", "--all", "--yes") },
		j.ovsns(ctx, "apply", "-f", file)
}

func buildAttach(ctx context.Context, j job, _ results) ([]member, func() error, error) {
	if err := j.ovsns(ctx, "switch", "create", task.Switch, "--datapath", "netdev"); err != nil {
		return nil, nil, err
	}
	for i := range j.N {
		if err := j.attach(ctx, task.At(i)); err != nil {
			return nil, nil, err
		}
	}
	return inPlaces(j.N), func() error { return j.ovsns(ctx, "destroy", "--all", "--yes") }, nil
}

func buildFloor(ctx context.Context, j job, r results) ([]member, func() error, error) {
	return j.floor(ctx, j.Tools.Floor, r)
}

// buildFloorLibovsdb shows how much of the way from the floor to ovsns is the
// library's.
func buildFloorLibovsdb(ctx context.Context, j job, r results) ([]member, func() error, error) {
	return j.floor(ctx, j.Tools.FloorLibovsdb, r)
}

func (j job) floor(ctx context.Context, program string, r results) ([]member, func() error, error) {
	size := strconv.Itoa(j.N)
	text, err := exec.CommandContext(ctx, program, "build", "-n", size, "-phases").Output()
	if err != nil {
		return nil, nil, explain(err)
	}
	var phases map[string]float64
	if err := json.Unmarshal(text, &phases); err != nil {
		return nil, nil, err
	}
	r.add(labKey(j.Contestant, j.N, stepSwitch), "s", phases["ovs-vswitchd"])
	return inPlaces(j.N), func() error { return quiet(ctx, program, "destroy", "-n", size) }, nil
}

// script returns the builder that a shell script is.
func script(text string) builder {
	return func(ctx context.Context, j job, _ results) ([]member, func() error, error) {
		file, err := writeFile("script", text)
		if err != nil {
			return nil, nil, err
		}
		size := strconv.Itoa(j.N)
		return inPlaces(j.N), func() error { return quiet(ctx, file, "destroy", size) },
			quiet(ctx, file, "build", size)
	}
}

// buildMininet leaves Mininet's process running, as a user of it does.
func buildMininet(ctx context.Context, j job, _ results) ([]member, func() error, error) {
	file, err := writeFile("mininet_lab.py", mininetScript)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", file, strconv.Itoa(j.N)) // Debian's, which has the package
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	var list []member
	if err := json.NewDecoder(out).Decode(&list); err != nil {
		_ = cmd.Wait() // its own words are on stderr
		return nil, nil, err
	}
	for i := range list {
		list[i].Member = task.At(i)
	}
	return list, func() error {
		in.Close()
		_, _ = io.Copy(io.Discard, out) // nothing more is said
		return cmd.Wait()
	}, nil
}

// writeFile makes an executable file in the private host's own /run.
func writeFile(name, text string) (string, error) {
	path := filepath.Join("/run", name)
	return path, os.WriteFile(path, []byte(text), 0o755)
}

// quiet runs a program and shows what it says only if it fails.
func quiet(ctx context.Context, name string, args ...string) error {
	_, err := exec.CommandContext(ctx, name, args...).Output()
	return explain(err)
}

// explain adds to the failure of a program what it said.
func explain(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || len(exit.Stderr) == 0 {
		return err
	}
	return &saidError{exit, string(bytes.TrimSpace(exit.Stderr))}
}

// saidError is the failure of a program that explained itself.
type saidError struct {
	error
	said string
}

func (e *saidError) Error() string { return e.error.Error() + ": " + e.said }

func (e *saidError) Unwrap() error { return e.error }
