package sandbox

import (
	"context"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Options describe a private host. The zero value is one with a switch and
// the caller's environment; [Run] gives it a shell.
type Options struct {
	// Command is what [Run] runs; empty means $SHELL, else /bin/sh. [Start]
	// takes none.
	Command []string
	// Env is the environment of the commands inside, before PATH, OVS_RUNDIR,
	// OVS_DBDIR, OVS_LOGDIR, OVSNS_DB and OVSNS_SANDBOX are set to those of the
	// private host; nil means the caller's.
	Env []string
	// Stdin is the input of Command; nil is the null device. A terminal is
	// handed over as it is.
	Stdin io.Reader
	// Stdout and Stderr take the output of Command; nil is the null device.
	Stdout, Stderr io.Writer
	// Dir is the working directory; "" means the caller's.
	Dir string
	// Name stands in OVSNS_SANDBOX, in the shell's prompt and in [List]; "" means
	// "sandbox". Names need not be unique.
	Name string
	// Unique refuses a Name that another running host of this user has, with
	// [model.ErrConflict]; "" then means the first of sandbox, sandbox2, ...
	// that is free.
	Unique bool
	// Root refuses to do without the privileges of root: the host gets no user
	// namespace. The zero value takes one where those are missing.
	Root bool
	// Outside adds a namespace "outside" that plays the internet: 198.51.100.2 and
	// 2001:db8:ffff::2, behind the host's eth0, answer pings, and HTTP requests
	// with the address that they came from. It is not ovsns's, and it has no
	// route to any other subnet, so that all needs NAT.
	Outside bool
	// KeepDB is a directory for the database of the switch, its file conf.db: the
	// next host that keeps its database there starts with it, as after a reboot.
	// It is made when missing. Only one host may use it at a time
	// ([model.ErrConflict]). "" lets the database go with the host.
	KeepDB string
	// Ready is called before Command starts, with what this machine gives; nil
	// is not called.
	Ready func(Condition)
	// NoSwitch leaves the Open vSwitch daemons out: a plain machine.
	NoSwitch bool
}

// Exit statuses of [Run] for a command that could not be started, as in sh(1).
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// forwarded are the signals that Run hands on to its command.
var forwarded = []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2}

// Run starts a private host, runs the command in its foreground, removes the
// host and returns the command's exit status, 128+N when signal N ended it.
// While it runs, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 go to
// the command; a key typed at the terminal reaches it once. Before there is a
// command they end the start, with status 128+N. When ctx ends, all is killed:
// do not pass a context that these signals end.
//
// The host ends with its services: when ovsdb-server, ovs-vswitchd or the
// process of the outside is killed (by SIGKILL or a crash: SIGTERM, SIGINT and
// SIGHUP are ways to stop one, as is `ovs-appctl exit`), so is all the rest, the
// command too, and there is an error.
//
// With an error the status says what a shell would: 126 or 127 when the
// command could not be started ([model.ErrNotFound] when there is no such
// program), else 1. A missing privilege or program is [model.ErrNotReady].
func Run(ctx context.Context, o Options) (exitCode int, err error) {
	if len(o.Command) == 0 {
		o.Command = []string{defaultShell()}
	}
	signals := make(chan os.Signal, 16)
	for _, s := range forwarded {
		if !signal.Ignored(s) { // nohup(1) stays in force
			signal.Notify(signals, s)
		}
	}
	defer signal.Stop(signals)
	tty, cut := terminalOf(o.Stdin), false
	defer func() { tty.restore(cut) }()

	h, code, err := launchUnlessSignalled(ctx, o, signals)
	if err != nil {
		return code, err
	}
	defer h.Close()
	if o.Ready != nil {
		o.Ready(h.condition)
	}
	h.order(order{Start: true})
	go h.forward(tty, signals)
	exitCode, err = h.exitStatus(ctx)
	cut = err != nil && exitCode == 1 // else it could not be started
	return exitCode, err
}

// Start makes a private host that lives until [Host.Close] or until this
// process ends. ctx bounds the start alone. Errors are those of [Run]. The host
// lives on when what runs in it is killed, its daemons too, as a machine does.
func Start(ctx context.Context, o Options) (*Host, error) {
	if len(o.Command) != 0 {
		return nil, model.Invalidf("sandbox.Start takes no command; use Host.Command")
	}
	h, _, err := launch(ctx, o)
	return h, err
}

// launchUnlessSignalled gives up when a signal comes before there is a command
// to take it.
func launchUnlessSignalled(ctx context.Context, o Options, signals <-chan os.Signal) (*Host, int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	launched := make(chan struct{})
	received := make(chan unix.Signal, 1)
	go func() {
		defer close(received)
		select {
		case s := <-signals:
			cancel(model.Failedf("%s", s))
			received <- s.(unix.Signal)
		case <-launched:
		}
	}()
	h, code, err := launch(ctx, o)
	close(launched)
	s, ok := <-received
	switch {
	case !ok:
		return h, code, err
	case err == nil:
		h.Close()
		err = model.Failedf("private host %s was given up", h.name).Because(context.Cause(ctx))
	}
	return nil, 128 + int(s), err
}

// forward hands signals on until the host has ended.
func (h *Host) forward(tty *terminal, signals <-chan os.Signal) {
	for {
		select {
		case s := <-signals:
			if n := s.(unix.Signal); !tty.typed(n) {
				h.order(order{Signal: int(n)})
			}
		case <-h.done:
			return
		}
	}
}

// exitStatus waits for the command of Run.
func (h *Host) exitStatus(ctx context.Context) (int, error) {
	r, err := h.next(ctx)
	switch {
	case err != nil:
		return 1, err
	case r.Failure != nil:
		return r.Code, r.Failure.error()
	default:
		return r.Code, nil
	}
}

func defaultShell() string {
	if sh := os.Getenv("SHELL"); sh != "" {
		return sh
	}
	return "/bin/sh"
}
