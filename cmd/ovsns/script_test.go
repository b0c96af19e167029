package main

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
)

// TestMain lets the test binary be what it starts: ovsns itself, or a helper
// inside a script. (testscript.Main would do the latter, but
// then no script could say where its ovsns runs.)
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "ovsns":
		os.Exit(mainCode())
	case testlab.PacketTool:
		os.Exit(testlab.PacketMain(os.Args[1:]))
	}
	// With -race, each of the hundreds of processes would wait a second for
	// late reports before it exits.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	// Tests wait most of the time, for packets that must not come and for the kernel.
	if err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestScripts runs the scripts that need neither root nor a switch.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", "script"),
		Setup: setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"ovsns":  ovsns,
		},
	})
}

// setupScript puts ovsns on the PATH and makes sure that no script speaks to a
// real switch.
func setupScript(env *testscript.Env) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	bin := filepath.Join(env.WorkDir, ".bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	env.Setenv("GORACE", os.Getenv("GORACE"))
	env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
	env.Setenv("OVSNS_DB", "unix:"+filepath.Join(env.WorkDir, "no.sock"))
	return os.Symlink(self, filepath.Join(bin, "ovsns"))
}

// ovsns is a word of the scripts: it runs the program.
func ovsns(ts *testscript.TestScript, neg bool, args []string) {
	if err := ts.Exec("ovsns", args...); neg != (err != nil) {
		ts.Fatalf("ovsns %q: %v", args, err)
	}
}
