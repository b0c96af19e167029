package shell_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// TestMain runs the tests in a private host, where the Managers work. The
// scripts run in other ones.
func TestMain(m *testing.M) {
	sandbox.Init()
	if os.Getenv("OVSNS_SANDBOX") != "" {
		os.Exit(m.Run())
	}
	code, err := sandbox.Run(context.Background(), sandbox.Options{
		Command: append([]string{"/proc/self/exe"}, os.Args[1:]...),
		Stdin:   os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Name: "shell-test",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot make a private host:", err)
	}
	os.Exit(code)
}
