package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// report is what a run leaves behind, as results.json.
type report struct {
	Command string
	Date    string // of the begin, RFC 3339
	Machine machine
	Rounds  int
	Sizes   []int
	// FigureSize is the number of namespaces beside which single commands were
	// measured.
	FigureSize int
	Results    results
	// Failures are the networks that were not made, or not destroyed.
	Failures []failure
}

// failure is a contestant that did not do its task.
type failure struct {
	Contestant string
	Size       int
	Reason     string
}

// failed reports whether a contestant has failed at a size.
func (r *report) failed(contestant string, size int) bool {
	return slices.ContainsFunc(r.Failures, func(f failure) bool { return f.Contestant == contestant && f.Size == size })
}

// machine is where it was measured.
type machine struct {
	CPU, Kernel, OpenVSwitch, Mininet string
	Processors                        int
	MemoryGiB                         float64
	// Load is the load average of the last minute when the run began.
	Load float64
}

const resultsFile = "results.json"

func newReport(ctx context.Context, o options) *report {
	return &report{
		Command: strings.TrimSpace("hack/bench.sh " + strings.Join(o.arguments, " ")),
		Date:    time.Now().UTC().Format(time.RFC3339),
		Machine: thisMachine(ctx),
		Rounds:  o.rounds, Sizes: o.sizes, Results: results{},
	}
}

func thisMachine(ctx context.Context) machine {
	m := machine{
		CPU: field("/proc/cpuinfo", "model name"), Kernel: "unknown", Processors: runtime.NumCPU(),
		OpenVSwitch: lastWord(versionOf(ctx, "ovs-vswitchd")),
		Mininet:     packageVersion(ctx, "mininet"),
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel, _, _ = strings.Cut(unix.ByteSliceToString(name.Release[:]), "-") // less the build
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, _ = fmt.Sscan(string(text), &m.Load) // 0 if it is not a number
	}
	var kib float64
	if _, err := fmt.Sscanf(field("/proc/meminfo", "MemTotal"), "%g kB", &kib); err == nil {
		m.MemoryGiB = kib / (1 << 20)
	}
	return m
}

// field returns the value of the first line "name : value" of a file.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// packageVersion returns the version of a Debian package, less its revision.
func packageVersion(ctx context.Context, name string) string {
	text, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Version}", name).Output()
	if err != nil {
		return "unknown"
	}
	version, _, _ := strings.Cut(string(text), "-")
	return version
}

func lastWord(s string) string {
	if words := strings.Fields(s); len(words) > 0 {
		return words[len(words)-1]
	}
	return "unknown"
}

// String is the machine in one line.
func (m machine) String() string {
	return fmt.Sprintf("%s, %d processors, %.0f GiB, Linux %s, Open vSwitch %s (datapath in userspace), Mininet %s; load average %.1f before the run",
		m.CPU, m.Processors, m.MemoryGiB, m.Kernel, m.OpenVSwitch, m.Mininet, m.Load)
}

func (r *report) save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, resultsFile), append(text, '\n'), 0o644)
}

func loadReport(dir string) (*report, error) {
	text, err := os.ReadFile(filepath.Join(dir, resultsFile))
	if err != nil {
		return nil, fmt.Errorf("%w (measure first)", err)
	}
	var r report
	return &r, json.Unmarshal(text, &r)
}
