package sandbox

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// startTimeout bounds a start whose context has no deadline.
const startTimeout = 20 * time.Second

// Host is a running private host. Its methods may be called from several
// goroutines.
type Host struct {
	name    string
	env     []string
	dir     string
	cmd     *exec.Cmd
	control *wire
	pidns   string        // "pid:[4026532201]", tells it from a later process of that pid
	reports chan report   // closed when pid 1 says no more
	done    chan struct{} // closed when pid 1 has ended, and with it every process inside

	condition Condition // once it is ready
}

// launch makes a host and waits until it is ready. With an error goes the exit
// status that Run returns.
func launch(ctx context.Context, o Options) (*Host, int, error) {
	s, err := check(ctx, o)
	if err != nil {
		return nil, 1, err
	}
	h, err := forkNamed(ctx, o, &s)
	if err != nil {
		return nil, 1, err
	}
	r, err := h.setUp(ctx, s, o.NoSwitch)
	if err != nil {
		h.Close()
		return nil, max(r.Code, 1), err
	}
	return h, 0, nil
}

// setUp has pid 1 make everything, and returns its report. While pid 1 starts
// there is time to find out what it is to be told.
func (h *Host) setUp(ctx context.Context, s setup, noSwitch bool) (report, error) {
	mapped := make(chan error, 1)
	go func() { mapped <- h.mapUsers(ctx, s.User) }()
	err := error(nil)
	if !noSwitch {
		s.Programs, err = findPrograms()
		s.Kernel = nsmgr.HasKernelDatapath()
	}
	if err := errors.Join(<-mapped, err); err != nil {
		return report{}, err
	}
	h.order(s)
	r, err := h.next(ctx)
	if err == nil && r.Failure != nil {
		err = r.Failure.error()
	}
	if err != nil {
		return r, err
	}
	h.condition = r.Condition
	h.pidns, err = os.Readlink(h.proc("ns/pid"))
	return r, err
}

// mapUsers makes pid 1 root in its user namespace, if it has one.
func (h *Host) mapUsers(ctx context.Context, userNamespace bool) error {
	if !userNamespace {
		return nil
	}
	if err := mapIdentities(ctx, h.PID()); err != nil {
		return model.Failedf("cannot become root in a user namespace").Because(refusal(err, procSys))
	}
	return nil
}

// check finds out whether a host can be made at all.
func check(ctx context.Context, o Options) (setup, error) {
	s := setup{Command: o.Command, Outside: o.Outside, Deadline: time.Now().Add(startTimeout)}
	if d, ok := ctx.Deadline(); ok {
		s.Deadline = d.Add(-time.Until(d) / 10) // leaves pid 1 the time to say why
	}
	if err := ctx.Err(); err != nil {
		return s, err
	}
	s.User = wantsUserNamespace()
	if s.User && o.Root {
		return s, needRoot()
	}
	if o.KeepDB == "" {
		return s, nil
	}
	if o.NoSwitch {
		return s, model.Invalidf("a private host without a switch has no database to keep")
	}
	var err error
	s.KeepDB, err = filepath.Abs(o.KeepDB)
	return s, err
}

func needRoot() *model.Error {
	return model.NotReadyf("a sandbox without a user namespace needs root").WithHint("sudo ovsns sandbox --root")
}

// fork starts pid 1.
func fork(o Options, userNamespace bool) (*Host, error) {
	ours, theirs, err := socketpair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	h := &Host{
		name: o.Name, env: environment(o), dir: o.Dir,
		control: newWire(ours), reports: make(chan report, 2), done: make(chan struct{}),
	}
	h.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Args: initArgs(o), Env: h.env, Dir: o.Dir,
		Stdout: o.Stdout, Stderr: o.Stderr, ExtraFiles: []*os.File{theirs},
		SysProcAttr: namespaces(userNamespace),
	}
	closeInput, err := h.connectInput(o.Stdin)
	if err != nil {
		return nil, err
	}
	defer closeInput()
	started := make(chan error)
	go h.attend(started)
	if err := <-started; err != nil {
		ours.Close()
		if userNamespace {
			err = refusal(err, procSys)
		}
		return nil, model.Failedf("cannot make the private host").Because(err)
	}
	go h.listen()
	return h, nil
}

// connectInput gives r to pid 1. What is not a file is copied by a goroutine
// that nobody waits for: a reader that never ends must not keep the host.
func (h *Host) connectInput(r io.Reader) (after func(), err error) {
	if f, ok := r.(*os.File); ok || r == nil {
		if ok {
			h.cmd.Stdin = f
		}
		return func() {}, nil
	}
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	h.cmd.Stdin = in
	go func() {
		defer out.Close()
		_, _ = io.Copy(out, r) // the command need not read it all
	}()
	return func() { in.Close() }, nil
}

// attend starts pid 1 and waits for its end, on one thread: the parent-death
// signal is sent when the thread that forked ends, not the process (prctl(2)).
func (h *Host) attend(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := h.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = h.cmd.Wait() // how it ended is in its reports
	close(h.done)
}

// listen passes the reports on.
func (h *Host) listen() {
	defer close(h.reports)
	for {
		var r report
		if h.control.receive(&r) != nil {
			return
		}
		h.reports <- r // never blocks: two are all there are
	}
}

// next waits for a report.
func (h *Host) next(ctx context.Context) (report, error) {
	select {
	case r, ok := <-h.reports:
		if !ok {
			return r, model.Failedf("private host %s was killed", h.name)
		}
		return r, nil
	case <-ctx.Done():
		return report{}, model.Failedf("private host %s was given up", h.name).Because(context.Cause(ctx))
	}
}

// order sends a message. When that fails, pid 1 is dead, which the missing
// report tells.
func (h *Host) order(message any) { _ = h.control.send(message) }

// PID returns the process id of the host's first process, as the caller sees
// it: /proc/PID/ns/net is the host's network namespace.
func (h *Host) PID() int { return h.cmd.Process.Pid }

// Path returns a path under which the caller sees a file of the host, for
// instance Path("/run/openvswitch/db.sock"). It is short enough for a Unix
// socket and valid until Close.
func (h *Host) Path(inside string) string { return h.proc("root") + inside }

func (h *Host) proc(file string) string {
	return "/proc/" + strconv.Itoa(h.PID()) + "/" + file
}

// Done returns a channel that is closed when the host has ended, by Close or
// otherwise; no process of it is left then.
func (h *Host) Done() <-chan struct{} { return h.done }

// Close ends every process of the host and waits until they are gone. It may
// be called again.
func (h *Host) Close() error {
	_ = h.cmd.Process.Kill() // it may have ended
	<-h.done
	h.control.file.Close()
	return nil
}
