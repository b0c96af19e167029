package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ovsns/ovsns/hack/bench/rawdb"
)

// startDaemons starts Open vSwitch in a private host that has none, as its
// manual says and with its defaults, and returns when ovs-vswitchd is ready.
// It ends with the private host.
func startDaemons(ctx context.Context) error {
	dir := filepath.Dir(rawdb.Socket)
	conf := filepath.Join(dir, "conf.db")
	if err := quiet(ctx, "ovsdb-tool", "create", conf, "/usr/share/openvswitch/vswitch.ovsschema"); err != nil {
		return err
	}
	if err := daemon(ctx, "ovsdb-server", conf, "--remote=punix:"+rawdb.Socket); err != nil {
		return err
	}
	var db *rawdb.Client
	err := until(ctx, func() (err error) {
		db, err = rawdb.Dial(ctx, rawdb.Socket)
		return err
	})
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Transact(rawdb.Row{"op": "insert", "table": "Open_vSwitch", "row": rawdb.Row{"next_cfg": 1}})
	if err != nil {
		return err
	}
	if err := daemon(ctx, "ovs-vswitchd", "unix:"+rawdb.Socket, "--disable-system"); err != nil {
		return err
	}
	return db.Await(1)
}

// daemon starts one in the foreground.
func daemon(ctx context.Context, name string, args ...string) error {
	args = append(args, "-vconsole:off", "--no-chdir", "--pidfile", "--log-file="+filepath.Join("/run", name+".log"))
	// A switch needs several files for a port; the usual soft limit is 1024.
	line := append([]string{"-c", `ulimit -n "$(ulimit -H -n)"; exec "$0" "$@"`, name}, args...)
	return exec.CommandContext(ctx, "sh", line...).Start()
}

// listenReady opens the socket to which a service says that it is ready,
// sd_notify(3).
func listenReady(ctx context.Context, path string) (net.PacketConn, error) {
	return (&net.ListenConfig{}).ListenPacket(ctx, "unixgram", path)
}

// waitReady returns when the service has said it.
func waitReady(c net.PacketConn) error {
	if err := c.SetReadDeadline(time.Now().Add(longest)); err != nil {
		return err
	}
	buf := make([]byte, 512)
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return err
		}
		for _, line := range bytes.Split(buf[:n], []byte("\n")) {
			if string(line) == "READY=1" {
				return nil
			}
		}
	}
}

// sandboxStart measures how long `ovsns sandbox` takes until its command runs.
// It works outside of private hosts.
func sandboxStart(ctx context.Context, t tools) (seconds float64, err error) {
	began := time.Now()
	text, err := exec.CommandContext(ctx, t.Ovsns, "sandbox", "--", "date", "+%s%N").Output()
	if err != nil {
		return 0, explain(err)
	}
	var there int64 // in nanoseconds
	if _, err := fmt.Sscan(string(text), &there); err != nil {
		return 0, err
	}
	return time.Unix(0, there).Sub(began).Seconds(), nil
}
