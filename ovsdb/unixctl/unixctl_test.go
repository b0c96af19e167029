package unixctl

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
)

// startServer starts an ovsdb-server, whose control socket is like that of
// every daemon, and returns that socket.
func startServer(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	db, ctl := filepath.Join(dir, "conf.db"), filepath.Join(dir, "x.ctl")
	if out, err := exec.Command("ovsdb-tool", "create", db, "/usr/share/openvswitch/vswitch.ovsschema").CombinedOutput(); err != nil {
		t.Fatalf("ovsdb-tool: %v: %s", err, out)
	}
	server := exec.Command("ovsdb-server", db, "--unixctl="+ctl, "--no-chdir", "--remote=punix:"+filepath.Join(dir, "db.sock"))
	server.Env = append(os.Environ(), "OVS_RUNDIR="+dir)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	deadline, tick := time.After(time.Minute), time.NewTicker(2*time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err := net.Dial("unix", ctl); err == nil {
			conn.Close()
			return ctl
		}
		select {
		case <-deadline:
			t.Fatal("ovsdb-server does not answer")
		case <-tick.C:
		}
	}
}

func TestCall(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := Dial(ctx, startServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for command, want := range map[string]string{"version": "Open vSwitch", "list-commands": "ovsdb-server/list-dbs"} {
		if text, err := c.Call(ctx, command); err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %q, %v", command, text, err)
		}
	}
	if _, err := c.Call(ctx, "ovsdb-server/add-db", "/does/not/exist"); err == nil || errors.Is(err, model.ErrNotReady) {
		t.Errorf("refused command: %v", err)
	}
	if _, err := c.Call(ctx, "no-such-command"); err == nil {
		t.Error("unknown command: no error")
	}
	if _, err := c.Call(ctx, "version"); err != nil {
		t.Errorf("after an error: %v", err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ctl")
	if _, err := Dial(context.Background(), path); !errors.Is(err, model.ErrNotReady) {
		t.Errorf("no socket: %v", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	c, err := Dial(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Call(ctx, "version"); !errors.Is(err, model.ErrNotReady) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silence: %v", err)
	}
}
