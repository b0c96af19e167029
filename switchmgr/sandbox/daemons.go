package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/ovsdb/jsonrpc"
)

// switchHost starts Open vSwitch in pid 1.
type switchHost struct {
	*reaper
	*programs
	datapath model.Datapath
	kept     *kept          // nil: the database goes with the host
	schema   schema         // of the database, once there is one
	row      map[string]any // of table Open_vSwitch, once there is a schema
	server   *process       // ovsdb-server, once it serves
}

// datapath says how packets are switched in a private host: by the kernel
// where it can, else in userspace, where without taps
// `ovs-vswitchd --enable-dummy` still switches between veths.
func datapath(kernel bool) model.Datapath {
	switch {
	case kernel:
		return model.DatapathSystem
	case nsmgr.HasTaps():
		return model.DatapathNetdev
	}
	return model.DatapathDummy
}

// serve starts ovsdb-server on its database. It is not there at once: there is
// time for other things until start.
func (s *switchHost) serve(ctx context.Context) error {
	if err := s.makeDatabase(ctx); err != nil {
		return err
	}
	var err error
	s.server, err = s.daemon("ovsdb-server", s.Server, confDB, "--remote=punix:"+socket)
	return err
}

// start returns when ovs-vswitchd has taken its first configuration.
func (s *switchHost) start(ctx context.Context) error {
	err := s.startOn(ctx)
	if errors.Is(err, io.EOF) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, unix.EPIPE) {
		select { // it is seen to have ended a moment after its connections
		case <-s.server.done:
		case <-ctx.Done():
		}
	}
	select {
	case <-s.server.done:
		return startFailed("ovsdb-server", "ovsdb-server", ended(s.server))
	default:
		return err
	}
}

// startOn goes on from serve.
func (s *switchHost) startOn(ctx context.Context) error {
	conn, err := dialUntil(ctx, "unix", socket, s.server)
	if err != nil {
		return startFailed("ovsdb-server", "ovsdb-server", err) // it does not listen
	}
	db := jsonrpc.NewClient(conn)
	defer db.Close()
	cfg := firstConfig
	if s.kept != nil {
		if cfg, err = s.initialise(ctx, db); err != nil {
			return model.Failedf("cannot initialise the database of the switch").Because(err)
		}
	}
	vswitchd, err := s.startVSwitchd()
	if err != nil {
		return err
	}
	if err := s.noteVersion(ctx, db); err != nil { // while ovs-vswitchd starts
		return model.Failedf("cannot note the version of Open vSwitch").Because(err)
	}
	return s.await(ctx, db, cfg, vswitchd)
}

// noteVersion fills in ovs_version. It asks ovsdb-server, which is there
// already: ovs-vswitchd --version would be one more program to start.
func (s *switchHost) noteVersion(ctx context.Context, db *jsonrpc.Client) error {
	path := filepath.Join(runDir, "ovsdb-server."+strconv.Itoa(s.server.pid)+".ctl")
	conn, err := dialUntil(ctx, "unix", path, s.server)
	if err != nil {
		return err
	}
	control := jsonrpc.NewClient(conn)
	defer control.Close()
	var text string // "ovsdb-server (Open vSwitch) 3.1.0"
	if err := control.Call(ctx, &text, "version"); err != nil {
		return err
	}
	first, _, _ := strings.Cut(text, "\n")
	_, err = transact(ctx, db, map[string]any{
		"op": "update", "table": "Open_vSwitch", "where": []any{},
		"row": map[string]any{"ovs_version": first[strings.LastIndexByte(first, ' ')+1:]},
	})
	return err
}

func (s *switchHost) startVSwitchd() (*process, error) {
	args := []string{"unix:" + socket}
	if s.datapath.Userspace() {
		args = append(args, "--disable-system")
	}
	if !s.datapath.MakesInterfaces() {
		args = append(args, "--enable-dummy")
	}
	return s.daemon("ovs-vswitchd", s.VSwitchd, args...)
}

// await waits, in the server, for cur_cfg to reach the next_cfg of the row:
// ovs-vswitchd has then read it.
func (s *switchHost) await(ctx context.Context, db *jsonrpc.Client, cfg int, vswitchd *process) error {
	ready := make(chan error, 1)
	go func() { // until db is closed; what the end of ctx means is said below
		_, err := transact(context.WithoutCancel(ctx), db, map[string]any{
			"op": "wait", "table": "Open_vSwitch", "where": []any{}, "columns": []string{"cur_cfg"},
			"until": "==", "rows": []any{map[string]any{"cur_cfg": cfg}},
		})
		ready <- err
	}()
	var err error
	select {
	case err = <-ready:
		if err == nil {
			return nil
		}
	case <-vswitchd.done:
		err = ended(vswitchd)
	case <-ctx.Done():
		err = errors.New("it does not answer")
	}
	return startFailed("ovs-vswitchd", "ovs-vswitchd", err)
}

// dialUntil connects to a service as soon as it listens. A Unix socket is
// there before listen(2), so the file says nothing and only a connection does.
func dialUntil(ctx context.Context, network, address string, server *process) (net.Conn, error) {
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			return conn, nil
		}
		select {
		case <-server.done:
			return nil, ended(server)
		case <-ctx.Done():
			return nil, err
		default:
			nap()
		}
	}
}

// nap is a pause of 0.1 ms. Go's own timers are late by up to 1 ms when nothing
// else is to be done: the runtime then sleeps in epoll_wait(2), which counts
// milliseconds.
func nap() { _ = unix.Nanosleep(&unix.Timespec{Nsec: int64(100 * time.Microsecond)}, nil) }

// daemon starts one in the foreground, as a child of pid 1.
func (s *switchHost) daemon(name, path string, args ...string) (*process, error) {
	args = append(args, "-vconsole:off", "--no-chdir",
		"--pidfile="+filepath.Join(runDir, name+".pid"), "--log-file="+logFile(name))
	p, err := s.launch(name, path, args...)
	if err == nil {
		// A switch needs several files per port; the usual soft limit is 1024.
		var limit unix.Rlimit
		if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
			limit.Cur = limit.Max
			_ = unix.Prlimit(p.pid, unix.RLIMIT_NOFILE, &limit, nil) // as it was, then
		}
	}
	return p, err
}

// complete runs a program to its end.
func (s *switchHost) complete(ctx context.Context, name, path string, args ...string) error {
	p, err := s.launch(name, path, args...)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return startFailed(name, name, ctx.Err())
	}
	if p.status != 0 {
		return startFailed(name, name, ended(p))
	}
	return nil
}

// launch starts a program of Open vSwitch.
func (s *switchHost) launch(log, path string, args ...string) (*process, error) {
	p, err := startService(s.reaper, log, path, append([]string{path}, args...), s.kept.files()...)
	if err != nil {
		return nil, model.NotReadyf("cannot start %s", path).Because(err).WithHint(installHint)
	}
	return p, nil
}

// startService starts a program whose output goes to the log of its name. It
// gets a session of its own: keys typed at the terminal are not for it. It
// holds the files too, and does not know of them.
func startService(r *reaper, name, path string, argv []string, held ...*os.File) (*process, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	out, err := os.OpenFile(logFile(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	files := []uintptr{null.Fd(), out.Fd(), out.Fd()}
	for _, f := range held {
		files = append(files, f.Fd())
	}
	return r.start(name, path, argv, &syscall.ProcAttr{
		Dir:   "/",
		Env:   os.Environ(),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
}

// killedError is the error for a service that was killed. Of one that crashed
// the log says more, and goes with the host.
func killedError(p *process) error {
	name := p.service
	if name == outsideName {
		name = "the outside"
	}
	if p.status.Signal() == unix.SIGKILL {
		return model.Failedf("%s was killed, and the sandbox with it", name)
	}
	err := model.Failedf("%s was ended by signal %d (%s), and the sandbox with it", name, p.status.Signal(), p.status.Signal())
	if tail := logTail(logFile(p.service)); tail != "" {
		err = err.Because(fmt.Errorf("its log: %s", tail))
	}
	return err
}

func logFile(name string) string { return filepath.Join(logDir, name+".log") }

func ended(p *process) error {
	if p.status.Signaled() {
		return fmt.Errorf("it was ended by signal %d (%s)", p.status.Signal(), p.status.Signal())
	}
	return fmt.Errorf("it ended with status %d", p.status.ExitStatus())
}

// startFailed is the error for a program that did not start; it ends with the
// last lines of its log.
func startFailed(what, log string, cause error) error {
	e := model.Failedf("%s did not start", what).Because(cause)
	if tail := logTail(logFile(log)); tail != "" {
		e = e.Because(fmt.Errorf("%w; its log: %s", cause, tail))
	}
	return e
}

var logPrefix = regexp.MustCompile(`^\S+Z\|\d+\|`) // time and number

// logTail returns the last lines of a log as one.
func logTail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	lines = lines[max(0, len(lines)-4):]
	for i, l := range lines {
		lines[i] = logPrefix.ReplaceAllString(l, "")
	}
	return strings.Join(lines, "; ")
}
