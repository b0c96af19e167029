package ovsdb

import (
	"context"
	"net"
	"path/filepath"

	"github.com/ovsns/ovsns/model"
)

// CheckDaemon reports whether ovs-vswitchd runs, as far as that can be seen: a
// control socket beside the database's own accepts a connection. For a
// database that is reached by TCP, or whose socket lies in a directory that is
// not Open vSwitch's, nothing is known and the result is nil. The error is
// [model.ErrNotReady].
func (c *Client) CheckDaemon(ctx context.Context) error {
	dir := filepath.Dir(c.endpoint.socket)
	if c.endpoint.socket == "" || !isRunDir(dir) {
		return nil
	}
	sockets, _ := filepath.Glob(filepath.Join(dir, "ovs-vswitchd.*.ctl"))
	for _, path := range sockets {
		if accepts(ctx, path) {
			return nil
		}
	}
	return model.NotReadyf("ovs-vswitchd is not running beside %s", c.endpoint.text).WithHint("%s", startHint())
}

// isRunDir reports whether ovsdb-server keeps its control socket or pid there.
func isRunDir(dir string) bool {
	for _, pattern := range []string{"ovsdb-server.*.ctl", "ovsdb-server.pid"} {
		if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) > 0 {
			return true
		}
	}
	return false
}

func accepts(ctx context.Context, path string) bool {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
