package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"golang.org/x/sys/unix"
)

// The main thread stays where it is: threads that have looked into a namespace
// end there, which this one cannot.
func init() { runtime.LockOSThread() }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// insideCommand is the argument of the program when it works a job inside a
// private host.
const insideCommand = "inside"

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	if len(args) == 2 && args[0] == insideCommand {
		return workInside(ctx, args[1], out)
	}
	o, err := parseOptions(args, progress)
	if err != nil {
		return err
	}
	if o.readme {
		return rewriteReadme(o.dir)
	}
	r := newReport(ctx, o)
	m := measurement{options: o, report: r, progress: progress}
	err = m.run(ctx)
	if n := len(r.Failures); n > 0 {
		err = errors.Join(err, fmt.Errorf("networks that were not made as they should: %d", n))
	}
	// What was measured until then may have taken an hour.
	err = errors.Join(err, r.save(o.dir), r.savePlot(o.dir))
	fmt.Fprint(out, r.text())
	return err
}

// workInside works the job that is given as JSON and prints its results.
func workInside(ctx context.Context, text string, out io.Writer) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	results, err := j.work(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(results)
}
