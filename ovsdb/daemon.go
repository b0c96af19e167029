package ovsdb

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/unixctl"
)

// CheckDaemon reports whether ovs-vswitchd runs, as far as that can be seen: a
// control socket beside the database's own accepts a connection. For a
// database that is reached by TCP, or whose socket lies in a directory that is
// not Open vSwitch's, nothing is known and the result is nil. The error is
// [model.ErrNotReady].
func (c *Client) CheckDaemon(ctx context.Context) error {
	control, err := c.control(ctx)
	if control != nil {
		_ = control.Close()
	}
	return err
}

// Ping waits until ovs-vswitchd answers, which it does between two changes: on
// its control socket, or where that cannot be seen, as [Client.CheckDaemon] says,
// through the database, for which it goes over all its ports. It waits as long as
// [Client.Commit]. The error is [model.ErrNotReady].
func (c *Client) Ping(ctx context.Context) error {
	control, err := c.control(ctx)
	if err != nil {
		return err
	}
	if control == nil {
		return c.Sync(ctx)
	}
	defer func() { _ = control.Close() }() // nothing is lost with it
	limit := patience(ctx)
	inTime, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_, err = control.Call(inTime, "version")
	if err == nil || ctx.Err() != nil {
		return err
	}
	return noAnswer(limit).Because(err)
}

// HasFlows reports whether a switch has any flow: one without passes nothing on. Where
// the control socket cannot be seen it is taken to have some. The error is
// [model.ErrNotReady].
func (c *Client) HasFlows(ctx context.Context, sw string) (bool, error) {
	control, err := c.control(ctx)
	if control == nil || err != nil {
		return err == nil, err
	}
	defer func() { _ = control.Close() }() // nothing is lost with it
	text, err := control.Call(ctx, "bridge/dump-flows", sw)
	if err != nil {
		return false, err
	}
	const internal = "table_id=254," // of ovs-vswitchd itself
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, internal) {
			return true, nil
		}
	}
	return false, nil
}

// control connects to ovs-vswitchd's control socket; nil without an error where
// none can be seen.
func (c *Client) control(ctx context.Context) (*unixctl.Client, error) {
	dir := filepath.Dir(c.endpoint.socket)
	if c.endpoint.socket == "" || !isRunDir(dir) {
		return nil, nil
	}
	sockets, _ := filepath.Glob(filepath.Join(dir, "ovs-vswitchd.*.ctl"))
	for _, path := range sockets {
		if control, err := unixctl.Dial(ctx, path); err == nil {
			return control, nil
		}
	}
	return nil, model.NotReadyf("ovs-vswitchd is not running beside %s", c.endpoint.text).WithHint("%s", startHint())
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
