package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
)

// switchHost starts Open vSwitch in pid 1.
type switchHost struct {
	*reaper
	*programs
	datapath model.Datapath
	kept     *kept // nil: the database goes with the host
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

// start returns when ovs-vswitchd has taken its first configuration.
func (s *switchHost) start(ctx context.Context) error {
	version, err := s.launch("version", s.VSwitchd, "--version")
	if err != nil {
		return err
	}
	if err := s.complete(ctx, "ovsdb-tool", s.Tool, "create", confDB, s.Schema); err != nil {
		return err
	}
	if s.kept != nil {
		if err := s.kept.install(ctx, s); err != nil {
			return err
		}
	}
	server, err := s.daemon("ovsdb-server", s.Server, confDB, "--remote=punix:"+socket)
	if err != nil {
		return err
	}
	conn, err := s.connect(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := s.wait(ctx, "ovs-vswitchd --version", "version", version); err != nil {
		return err
	}
	cfg, err := s.initialise(conn)
	if err != nil {
		return model.Failedf("cannot initialise the database of the switch").Because(err)
	}
	return s.startVSwitchd(ctx, conn, cfg)
}

// startVSwitchd starts ovs-vswitchd and waits, in the server, for cur_cfg to
// reach the next_cfg of the row: ovs-vswitchd has then read it.
func (s *switchHost) startVSwitchd(ctx context.Context, conn net.Conn, cfg int) error {
	args := []string{"unix:" + socket}
	if s.datapath.Userspace() {
		args = append(args, "--disable-system")
	}
	if !s.datapath.MakesInterfaces() {
		args = append(args, "--enable-dummy")
	}
	daemon, err := s.daemon("ovs-vswitchd", s.VSwitchd, args...)
	if err != nil {
		return err
	}
	ready := make(chan error, 1)
	go func() {
		_, err := transact(conn, map[string]any{
			"op": "wait", "table": "Open_vSwitch", "where": []any{}, "columns": []string{"cur_cfg"},
			"until": "==", "rows": []any{map[string]any{"cur_cfg": cfg}},
		})
		ready <- err
	}()
	select {
	case err = <-ready:
		if err == nil {
			return nil
		}
	case <-daemon.done:
		err = ended(daemon)
	case <-ctx.Done():
		err = errors.New("it does not answer")
	}
	return startFailed("ovs-vswitchd", "ovs-vswitchd", err)
}

// initialise fills in the row of a new database, or what has changed in that of
// a kept one, and returns its next_cfg.
func (s *switchHost) initialise(conn net.Conn) (cfg int, err error) {
	row, err := s.row()
	if err != nil {
		return 0, err
	}
	before, exists := 0, false
	if s.kept != nil {
		if before, exists, err = nextConfig(conn); err != nil {
			return 0, err
		}
	}
	cfg = before + 1
	row["next_cfg"] = cfg
	ops := []map[string]any{{"op": "insert", "table": "Open_vSwitch", "row": row}}
	if exists {
		ops = refresh(row)
	}
	_, err = transact(conn, ops...)
	return cfg, err
}

// row is the only one of table Open_vSwitch, as ovs-ctl(8) fills it in.
func (s *switchHost) row() (map[string]any, error) {
	var schema struct{ Version string }
	text, err := os.ReadFile(s.Schema)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, model.Failedf("cannot read %s", s.Schema).Because(err)
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	row := map[string]any{
		"db_version":  schema.Version,
		"ovs_version": ovsVersion(),
		"external_ids": ovsMap(map[string]string{
			"system-id": newUUID(), "hostname": host, "rundir": runDir,
		}),
	}
	for column, key := range map[string]string{"system_type": "ID", "system_version": "VERSION_ID"} {
		if v := osRelease(key); v != "" {
			row[column] = v
		}
	}
	if s.datapath.Userspace() {
		// Without it TCP between veths stalls. ovs-vswitchd reads it once; it
		// would have to be off in a lab with tunnels, of which ovsns makes none.
		row["other_config"] = ovsMap(map[string]string{"userspace-tso-enable": "true"})
	}
	return row, nil
}

// connect waits for the server to listen.
func (s *switchHost) connect(ctx context.Context, server *process) (net.Conn, error) {
	conn, err := dialUntil(ctx, "unix", socket, server)
	if err != nil {
		return nil, startFailed("ovsdb-server", "ovsdb-server", err)
	}
	return conn, nil
}

// dialUntil connects to a service as soon as it listens. A Unix socket is
// there before listen(2), so the file says nothing and only a connection does.
func dialUntil(ctx context.Context, network, address string, server *process) (net.Conn, error) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
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
		case <-tick.C:
		}
	}
}

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
	return s.wait(ctx, name, name, p)
}

func (s *switchHost) wait(ctx context.Context, what, log string, p *process) error {
	select {
	case <-p.done:
	case <-ctx.Done():
		return startFailed(what, log, ctx.Err())
	}
	if p.status != 0 {
		return startFailed(what, log, ended(p))
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

// startService starts a program whose output goes to the log of that name. It
// gets a session of its own: keys typed at the terminal are not for it. It
// holds the files too, and does not know of them.
func startService(r *reaper, log, path string, argv []string, held ...*os.File) (*process, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	out, err := os.OpenFile(logFile(log), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	files := []uintptr{null.Fd(), out.Fd(), out.Fd()}
	for _, f := range held {
		files = append(files, f.Fd())
	}
	return r.start(path, argv, &syscall.ProcAttr{
		Dir:   "/",
		Env:   os.Environ(),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
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

// ovsVersion reads "ovs-vswitchd (Open vSwitch) 3.1.0".
func ovsVersion() string {
	text, err := os.ReadFile(logFile("version"))
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return first[strings.LastIndexByte(first, ' ')+1:]
}

// osRelease returns a value of os-release(5), or "".
func osRelease(key string) string {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), key+"="); ok {
			return strings.Trim(v, `"'`)
		}
	}
	return ""
}

// newUUID returns a random one (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
