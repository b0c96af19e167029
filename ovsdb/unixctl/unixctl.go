// Package unixctl speaks to the control socket of an Open vSwitch daemon, as
// ovs-appctl(8) does: JSON-RPC 1.0 with strings as parameters.
//
//	Dial("/run/openvswitch/ovs-vswitchd.123.ctl") -> Call("fdb/show", "sw0") -> text
package unixctl

import (
	"context"
	"errors"
	"io/fs"
	"net"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/jsonrpc"
)

// Client is a connection to one daemon. Calls from several goroutines are made
// one after the other.
type Client struct{ rpc *jsonrpc.Client }

// Dial connects to a control socket. The error is [model.ErrNotReady].
func Dial(ctx context.Context, path string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		e := model.NotReadyf("no daemon answers at %s", path).Because(err)
		if errors.Is(err, fs.ErrPermission) {
			e = e.WithHint("run the same command with sudo")
		}
		return nil, e
	}
	return &Client{jsonrpc.NewClient(conn)}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.rpc.Close() }

// Call runs a command and returns its text. A daemon that refuses the command
// is an error without a class; one that does not answer before ctx ends is
// [model.ErrNotReady], and the client cannot be used any more.
func (c *Client) Call(ctx context.Context, command string, args ...string) (string, error) {
	params := make([]any, len(args))
	for i, a := range args {
		params[i] = a
	}
	var text string
	err := c.rpc.Call(ctx, &text, command, params...)
	var refused *jsonrpc.Error
	switch {
	case errors.As(err, &refused):
		return "", model.Failedf("%s", refused)
	case err != nil:
		return "", model.NotReadyf("the daemon did not answer %q", command).Because(err)
	}
	return text, nil
}
