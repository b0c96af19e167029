package ovsdb

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The tests run on a private host: the test binary starts itself again in
// mount, network and pid namespaces of its own, with an own /run, and starts
// ovsdb-server and ovs-vswitchd there. All of it ends with the process.

const insideEnv = "OVSNS_OVSDB_TEST_INSIDE"

const runDir = "/run/openvswitch"

// vswitchd is the ovs-vswitchd of the private host.
var vswitchd *exec.Cmd

func TestMain(m *testing.M) {
	if os.Getenv(insideEnv) == "" {
		os.Exit(reexec())
	}
	if err := startHost(); err != nil {
		fmt.Fprintln(os.Stderr, "private host:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// reexec runs the tests inside namespaces; they die with this process.
func reexec() int {
	runtime.LockOSThread() // Pdeathsig is about this thread
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), insideEnv+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	if uid := os.Getuid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "private host:", err)
		return 1
	}
	return cmd.ProcessState.ExitCode()
}

func startHost() error {
	steps := []func() error{
		func() error { return syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "") },
		func() error { return syscall.Mount("proc", "/proc", "proc", 0, "") },
		func() error { return syscall.Mount("run", "/run", "tmpfs", 0, "mode=755") },
		func() error { return os.MkdirAll(runDir, 0o755) },
		func() error { return run("ip", "link", "set", "lo", "up") },
		func() error { _, err := startServer(runDir); return err },
		func() error { return run("ovs-vsctl", "--no-wait", "init") },
		startSwitch,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, out)
	}
	return nil
}

// startServer starts an ovsdb-server with an empty database in dir.
func startServer(dir string, more ...string) (*exec.Cmd, error) {
	db := filepath.Join(dir, "conf.db")
	if err := run("ovsdb-tool", "create", db, "/usr/share/openvswitch/vswitch.ovsschema"); err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "db.sock")
	args := append([]string{db, "--remote=punix:" + socket, "--pidfile", "--no-chdir"}, more...)
	cmd, err := startDaemon(dir, "ovsdb-server", args...)
	if err != nil {
		return nil, err
	}
	return cmd, waitUntil("ovsdb-server answers", func() bool { return listens(socket) })
}

func startSwitch() error {
	var err error
	vswitchd, err = startDaemon(runDir, "ovs-vswitchd", "--disable-system", "--pidfile", "--no-chdir")
	if err != nil {
		return err
	}
	ctl := filepath.Join(runDir, "ovs-vswitchd."+strconv.Itoa(vswitchd.Process.Pid)+".ctl")
	return waitUntil("ovs-vswitchd answers", func() bool { return listens(ctl) })
}

func startDaemon(dir, name string, args ...string) (*exec.Cmd, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "OVS_RUNDIR="+dir, "OVS_LOGDIR="+dir, "OVS_DBDIR="+dir)
	cmd.Stdout, cmd.Stderr = log, log
	return cmd, cmd.Start()
}

func listens(path string) bool {
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

func waitUntil(what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("in vain: %s", what)
		case <-tick.C:
		}
	}
	return nil
}
