package labtest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// Main is for TestMain: it runs a package's tests and examples in a private
// host of that name and returns the status to exit with. What they do to "this
// host" is done to that one.
func Main(m *testing.M, name string) int {
	if os.Getenv("OVSNS_SANDBOX") != "" {
		return m.Run()
	}
	// With -race, each process in the host would wait a second for late reports
	// before it exits.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	code, err := sandbox.Run(context.Background(), sandbox.Options{
		Command: append([]string{"/proc/self/exe"}, os.Args[1:]...),
		Stdin:   os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Name: name,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot make a private host:", err)
	}
	return code
}
