package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// ordinaryVariable says that the tests run as an ordinary user on purpose.
const ordinaryVariable = "SANDBOX_TEST_ORDINARY"

// runVariable makes this test binary a program like ovsns sandbox,
// enterVariable one like ovsns sandbox enter with the name that it holds;
// keepVariable holds the directory of --keep-db.
const (
	runVariable   = "SANDBOX_TEST_RUN"
	enterVariable = "SANDBOX_TEST_ENTER"
	keepVariable  = "SANDBOX_TEST_KEEP"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(enterVariable); name != "" {
		os.Exit(enterSandbox(name, os.Args[1:]))
	}
	if os.Getenv(runVariable) != "" {
		os.Exit(runSandbox(os.Args[1:]))
	}
	heedSignals()
	// With -race, each child would wait a second for late reports before it
	// exits.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// heedSignals has the tests' processes begin with no signal ignored, whatever a
// script that runs the tests in the background has them ignore: a signal that is
// caught is back to its default after execve(2), one that is ignored is not.
func heedSignals() {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTERM)
	go func() {
		s := <-caught
		signal.Reset() // to what it was
		if err := syscall.Kill(os.Getpid(), s.(syscall.Signal)); err != nil {
			panic(err)
		}
	}()
}

func runSandbox(command []string) int {
	code, err := sandbox.Run(context.Background(), sandbox.Options{
		Command: command, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Name: "test", NoSwitch: os.Getenv("SANDBOX_TEST_NOSWITCH") != "", Root: os.Getenv("SANDBOX_TEST_ROOT") != "",
		KeepDB: os.Getenv(keepVariable), Outside: os.Getenv("SANDBOX_TEST_OUTSIDE") != "",
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\nhint: %s\n", err, model.Hint(err))
		if errors.Is(err, model.ErrNotReady) {
			return 5
		}
	}
	return code
}

// program returns the command line "ovsns sandbox -- command".
func program(t *testing.T, command ...string) *exec.Cmd {
	t.Helper()
	needRoot(t)
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", command...)
	cmd.Env = append(os.Environ(), runVariable+"=1")
	return cmd
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 && os.Getenv(ordinaryVariable) == "" {
		t.Fatal("this test needs root: sudo hack/test.sh")
	}
}

// run returns the output and the exit status.
func run(t *testing.T, cmd *exec.Cmd) (string, int) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// start returns a host that ends with the test.
func start(t *testing.T, o sandbox.Options) *sandbox.Host {
	t.Helper()
	needRoot(t)
	o.Stderr = os.Stderr
	h, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// shell runs a script inside and returns what it prints.
func shell(t *testing.T, h *sandbox.Host, script string) string {
	t.Helper()
	out, err := h.Command(t.Context(), "sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// machine is what a private host could leave behind.
type machine struct {
	mounts, links, run string
}

func lookAround(t *testing.T) machine {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("/run/*")
	if err != nil {
		t.Fatal(err)
	}
	m := machine{mounts: string(mounts), run: strings.Join(files, " ")}
	for _, l := range links {
		m.links += " " + l.Name
	}
	return m
}

// carriers lists the living processes whose environment has the entry.
func carriers(entry string) []int {
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	var pids []int
	for _, file := range environs {
		text, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(text, []byte(entry+"\x00")) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// commandName returns the name of the program that a process runs, or "".
func commandName(pid int) string {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	return strings.TrimSpace(string(text))
}

// named returns the first of the processes that runs the program, or 0.
func named(pids []int, comm string) int {
	for _, pid := range pids {
		if commandName(pid) == comm {
			return pid
		}
	}
	return 0
}
