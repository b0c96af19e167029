package sandbox

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// Running is a private host that runs on this machine, whichever process and
// user started it. There is no register of them: they are found in /proc.
type Running struct {
	Name    string    `json:"name"`
	PID     int       `json:"pid"`  // of its first process, as the caller sees it
	User    string    `json:"user"` // who started it: a name, else a number
	UID     int       `json:"uid"`
	Since   time.Time `json:"since"`
	Command []string  `json:"command"` // that of [Run]; empty for [Start]

	pidns string // as in Host
}

// initArgs is the command line of pid 1, which lookAt reads.
func initArgs(o Options) []string { return append([]string{roleInit, o.Name}, o.Command...) }

// List returns the running private hosts by name and age. Those that run
// inside another one are seen there and not from here.
func List() ([]Running, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var list []Running
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if r, ok := lookAt(pid); ok {
				list = append(list, r)
			}
		}
	}
	slices.SortFunc(list, func(a, b Running) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.Since.Compare(b.Since), a.PID-b.PID)
	})
	return list, nil
}

// lookAt reports whether a process is the first one of a private host: it has
// that role, and a pid namespace of its own just below ours.
func lookAt(pid int) (Running, bool) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	if !beginsWith(dir+"/cmdline", roleInit+"\x00") {
		return Running{}, false
	}
	argv, err := os.ReadFile(dir + "/cmdline")
	rest, ok := strings.CutPrefix(string(argv), roleInit+"\x00")
	if err != nil || !ok {
		return Running{}, false
	}
	words := strings.Split(strings.TrimSuffix(rest, "\x00"), "\x00")
	status, err := readStatus(filepath.Join(dir, "status"))
	if pids := status["NSpid"]; err != nil || len(pids) != 2 || pids[1] != "1" || len(status["Uid"]) == 0 {
		return Running{}, false
	}
	since, err := startTime(filepath.Join(dir, "stat"))
	if err != nil {
		return Running{}, false
	}
	uid, err := strconv.Atoi(status["Uid"][0])
	return Running{
		Name: words[0], PID: pid, User: userName(uid), UID: uid, Since: since, Command: words[1:],
	}, err == nil
}

// beginsWith reads no more of a file than it must, with as few system calls:
// there is one for each process of the machine.
func beginsWith(file, text string) bool {
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	head := make([]byte, len(text))
	n, err := unix.Read(fd, head)
	return err == nil && string(head[:n]) == text
}

// readStatus reads the lines of proc_pid_status(5).
func readStatus(file string) (map[string][]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	status := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		key, values, _ := strings.Cut(line, ":")
		status[key] = strings.Fields(values)
	}
	return status, nil
}

// ticksPerSecond is the unit of times in /proc, USER_HZ (time(7)).
const ticksPerSecond = 100

// startTime reads field 22 of proc_pid_stat(5): ticks since the machine
// started. The name of the program, field 2, may hold anything.
func startTime(file string) (time.Time, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return time.Time{}, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 20 {
		return time.Time{}, fs.ErrInvalid
	}
	ticks, err := strconv.ParseInt(fields[19], 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	var uptime unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &uptime); err != nil {
		return time.Time{}, os.NewSyscallError("clock_gettime", err)
	}
	age := time.Duration(uptime.Nano()) - time.Duration(ticks)*time.Second/ticksPerSecond
	return time.Now().Add(-age).Round(time.Second), nil
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}

// ours reports whether this user started the host.
func (r Running) ours() bool { return r.UID == unix.Geteuid() }

// Find returns the running host of a name, or of the pid that is given as a
// name. One's own come first; those of others root alone may enter. Find waits
// for one that is still being started, until ctx ends and no longer than a start
// may take. The error is [model.ErrNotFound], [model.ErrConflict] when several
// have the name, or [model.ErrNotReady] when it is another user's or does not
// get on.
func Find(ctx context.Context, name string) (*Running, error) {
	list, err := List()
	if err != nil {
		return nil, model.Failedf("cannot look for sandboxes").Because(err)
	}
	r, err := choose(list, name)
	if err != nil {
		return nil, err
	}
	return r.open(ctx)
}

func choose(list []Running, name string) (*Running, error) {
	var own, others []Running
	for _, r := range list {
		switch {
		case r.Name != name && strconv.Itoa(r.PID) != name:
		case r.ours():
			own = append(own, r)
		default:
			others = append(others, r)
		}
	}
	if len(own) == 0 {
		own = others
	}
	switch len(own) {
	case 0:
		return nil, noSandbox(list, name)
	case 1:
		return &own[0], nil
	}
	var pids []string
	for _, r := range own {
		pids = append(pids, strconv.Itoa(r.PID))
	}
	return nil, model.Conflictf("%d sandboxes have the name %s: pids %s", len(own), name, strings.Join(pids, ", ")).
		WithHint("ovsns sandbox enter %s", pids[0])
}

func noSandbox(list []Running, name string) error {
	err := model.NotFoundf("no sandbox %s runs", name)
	var names []string
	for _, r := range list {
		if r.ours() {
			names = append(names, r.Name)
		}
	}
	if near := model.Nearest(name, names); near != "" {
		return err.WithHint("ovsns sandbox enter %s", near)
	}
	return err.WithHint("ovsns sandbox list")
}

// open finds out whether it can be entered.
func (r *Running) open(ctx context.Context) (*Running, error) {
	var err error
	r.pidns, err = os.Readlink(r.proc("ns/pid"))
	if errors.Is(err, fs.ErrPermission) {
		return nil, model.NotReadyf("sandbox %s belongs to %s", r.Name, r.User).
			WithHint("sudo -u %s ovsns sandbox enter %s", r.User, r.Name)
	}
	if now, ok := lookAt(r.PID); err != nil || !ok || now.Name != r.Name || now.UID != r.UID {
		return nil, r.hasEnded()
	}
	if err := r.await(ctx); err != nil {
		return nil, err
	}
	if same, err := sameUserNamespace(strconv.Itoa(r.PID)); err != nil || same && !r.ours() {
		// Only root makes hosts without a user namespace: this is something else.
		return nil, model.NotReadyf("process %d is no sandbox of %s", r.PID, r.User).Because(err)
	}
	return r, nil
}

func (r *Running) proc(file string) string {
	return filepath.Join("/proc", strconv.Itoa(r.PID), file)
}

func (r *Running) hasEnded() error {
	return model.NotFoundf("sandbox %s has ended", r.Name).WithHint("ovsns sandbox list")
}

// await returns when all is there.
func (r *Running) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		comm, _ := os.ReadFile(r.proc("comm")) // first: it is then that of this process
		if now, err := os.Readlink(r.proc("ns/pid")); err != nil || now != r.pidns {
			return r.hasEnded()
		}
		if strings.TrimSpace(string(comm)) == readyName {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return model.NotReadyf("sandbox %s is still being started", r.Name)
		}
	}
}

// readyName is what the first process of a host calls itself (comm in
// proc_pid_comm(5)) when all is there. Before that, who enters could still see
// the files of the machine, its switch among them.
const readyName = "ovsns-sandbox"

func tellReady() error { return os.WriteFile("/proc/self/comm", []byte(readyName), 0) }

// Exec replaces this process by a command inside a host that [Find] returned.
// Like that of [Host.Command] it has the caller's environment, with the
// host's own PATH, OVSNS_DB and so on, and the caller's directory, or / where
// there is none of that name inside. What fails inside is told on the
// standard error stream; the exit status is then 1, 126 or 127.
func (r *Running) Exec(argv []string) error {
	dir, err := os.Getwd()
	if err == nil {
		_, err = os.Stat(filepath.Join(r.proc("root"), dir))
	}
	if err != nil {
		if err := os.Chdir("/"); err != nil {
			return err
		}
	}
	env := environment(Options{Name: r.Name})
	return os.NewSyscallError("exec", unix.Exec("/proc/self/exe", entryArgs(r.PID, r.pidns, argv), env))
}
