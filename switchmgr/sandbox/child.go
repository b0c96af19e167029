package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// The names under which the program is started again.
const (
	roleInit      = "ovsns: sandbox"    // pid 1
	roleEnter     = "ovsns: enter"      // goes in, then starts roleExec
	roleEnterRoot = "ovsns: enter root" // the same, as root of the user namespace
	roleExec      = "ovsns: exec"       // becomes the command
	roleOutside   = "ovsns: outside"    // of Options.Outside
)

// init does the work of a process that this package started, which never comes
// to main: nobody can forget to call it, and the init functions of packages
// that this one does not need come later, if they sort after it (Go 1.21).
func init() {
	switch os.Args[0] {
	case roleInit:
		os.Exit(initMain())
	case roleEnter:
		os.Exit(enterMain(os.Args[1:]))
	case roleEnterRoot:
		os.Exit(enterRootMain(os.Args[1], os.Args[2:]))
	case roleExec:
		os.Exit(execMain(os.Args[1:]))
	case roleOutside:
		os.Exit(outsideMain())
	}
}

// initMain is the life of pid 1.
func initMain() int {
	unix.CloseOnExec(3)
	_ = unix.SetNonblock(3, true) // a blocking socket works too
	control := newWire(os.NewFile(3, "control"))
	var s setup
	if control.receive(&s) != nil {
		return 1 // nobody is left to tell
	}
	keepSignals()
	in := &inside{setup: s, control: control, reaper: newReaper(), signals: make(chan unix.Signal, 16), begin: make(chan struct{})}
	go in.obey()
	code, err := in.run()
	r := report{Code: code}
	if err != nil {
		r.Failure = newFailure(err)
	}
	if control.send(r) != nil {
		return 1
	}
	return 0
}

// keepSignals makes the signals meant for the command harmless for pid 1. They
// are caught, not ignored, because children inherit what is ignored.
func keepSignals() {
	caught := make(chan os.Signal, 1)
	for _, s := range forwarded {
		if !signal.Ignored(s) {
			signal.Notify(caught, s)
		}
	}
}

// inside is the state of pid 1.
type inside struct {
	setup
	control *wire
	reaper  *reaper
	signals chan unix.Signal
	begin   chan struct{} // closed when the command is to start
	kept    *kept         // of KeepDB
	ovs     *switchHost   // nil: no switch
}

// obey takes orders until the starter is gone; nothing may outlive it.
func (in *inside) obey() {
	for {
		var o order
		if in.control.receive(&o) != nil {
			os.Exit(1)
		}
		if o.Start {
			close(in.begin)
			continue
		}
		select {
		case in.signals <- unix.Signal(o.Signal):
		default: // more than anyone can type; the socket must be watched
		}
	}
}

// run returns when the command has ended; without one, never.
func (in *inside) run() (int, error) {
	if in.KeepDB != "" { // before a /run of our own can hide it
		var err error
		if in.kept, err = openKept(in.KeepDB); err != nil {
			return 1, err
		}
	}
	ctx, cancel := context.WithDeadline(context.Background(), in.Deadline)
	defer cancel()
	if err := in.prepare(ctx); err != nil {
		return 1, err
	}
	argv, err := in.lookCommand()
	if err != nil {
		return startStatus(err), err
	}
	ready, err := in.populate(ctx)
	if err == nil {
		err = tellReady()
	}
	if err != nil {
		return 1, err
	}
	if err := in.control.send(ready); err != nil {
		return 1, err
	}
	<-in.begin // for a host without a command obey ends this process instead
	return in.command(argv)
}

// populate starts what runs beside the command.
func (in *inside) populate(ctx context.Context) (report, error) {
	ready := report{Condition: Condition{UserNamespace: in.User, Datapath: datapath(in.Kernel)}}
	var err error
	if ready.Condition.Users, err = count("uid_map"); err != nil {
		return ready, err
	}
	var there *outside
	if in.Outside {
		if there, err = startOutside(ctx, in.reaper); err != nil {
			return ready, err
		}
	}
	if in.ovs != nil {
		if err := in.ovs.start(ctx); err != nil {
			return ready, err
		}
	}
	if there != nil {
		return ready, there.await(ctx)
	}
	return ready, nil
}

// lookCommand finds the command before ovs-vswitchd starts.
func (in *inside) lookCommand() ([]string, error) {
	if len(in.Command) == 0 {
		return nil, nil
	}
	path, err := exec.LookPath(in.Command[0])
	if err != nil {
		return nil, commandError(in.Command[0], err)
	}
	return append([]string{path}, in.Command...), nil
}

// command runs argv[0] with the arguments argv[1:]. When a service is killed,
// it ends this process, and so all others, by returning.
func (in *inside) command(argv []string) (int, error) {
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: processGroup(argv[1:])}
	p, err := in.reaper.start("", argv[0], shellArguments(argv[1:]), attr)
	if err != nil {
		err = commandError(argv[0], err)
		return startStatus(err), err
	}
	for {
		select {
		case s := <-in.signals:
			in.reaper.signal(p, s)
		case <-p.done:
			return exitCode(p.status), nil
		case s := <-in.reaper.lost:
			return 1, killedError(s)
		}
	}
}

func commandError(name string, err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return model.NotFoundf("no such command: %s", name)
	}
	return model.Failedf("cannot run %s", name).Because(err)
}

func startStatus(err error) int {
	if errors.Is(err, model.ErrNotFound) {
		return exitNotFound
	}
	return exitNotExecutable
}
