package switchmgr_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// TestMain runs the tests and the examples in a private host: what they do to
// "this host" is done to that one.
func TestMain(m *testing.M) {
	sandbox.Init()
	if os.Getenv("OVSNS_SANDBOX") != "" {
		os.Exit(m.Run())
	}
	code, err := sandbox.Run(context.Background(), sandbox.Options{
		Command: append([]string{"/proc/self/exe"}, os.Args[1:]...),
		Stdin:   os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Name: "switchmgr-test",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot make a private host:", err)
	}
	os.Exit(code)
}
