package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/ovsns/ovsns/cmd/ovsns/firsttouch"
)

// exec enters a namespace and then replaces the process, so main must stay on
// the main thread: a thread that is left behind inside a namespace would keep
// it alive. Only an init function still runs on that thread for certain.
func init() { runtime.LockOSThread() }

func main() { os.Exit(mainCode()) }

// mainCode runs the command line of the process. The first interrupt lets the
// command undo what it had begun, the second one kills.
func mainCode() int {
	prepareHeap()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	return run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
}

// prepareHeap has the first garbage collection begin at 16 MiB rather than at 4,
// since most commands are over by then, and what they allocate lie on huge pages.
// The environment variable GOGC has its way.
func prepareHeap() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
		firsttouch.BeginHugePages()
	}
}
