package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/ovsns/ovsns/hack/bench/rawdb"
)

// The main thread stays in the host's namespace: the threads that make
// namespaces end inside them, which this one cannot.
func init() { runtime.LockOSThread() }

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run is the program: floor build|attach|destroy [flags].
func run(args []string, out io.Writer) error {
	var f floor
	if len(args) == 0 {
		return errors.New("usage: floor build|attach|destroy -n N")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	n := flags.Int("n", 100, "how many namespaces; of attach: which")
	flags.StringVar(&f.socket, "db", rawdb.Socket, "socket of ovsdb-server")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "threads that make namespaces")
	phases := flags.Bool("phases", false, "print as JSON how many seconds each phase took")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if f.lab = newLab(*n); args[0] == "attach" {
		f.lab = []member{newMember(*n)}
	}
	step, known := map[string]func(context.Context) error{
		"build": f.build, "attach": f.attach, "destroy": f.destroy,
	}[args[0]]
	if !known {
		return fmt.Errorf("floor cannot %s", args[0])
	}
	f.begin = time.Now()
	if err := step(context.Background()); err != nil {
		return err
	}
	if *phases {
		return json.NewEncoder(out).Encode(f.phases)
	}
	return nil
}

// floor is one run.
type floor struct {
	lab     []member
	socket  string
	workers int
	db      *rawdb.Client
	tso     bool // the switch has it
	cfg     int  // the number of the configuration with all that is new
	begin   time.Time
	phases  map[string]float64 // in seconds, by name
}

// phase ends a phase.
func (f *floor) phase(name string) {
	if f.phases == nil {
		f.phases = map[string]float64{}
	}
	now := time.Now()
	f.phases[name] = now.Sub(f.begin).Seconds()
	f.begin = now
}
