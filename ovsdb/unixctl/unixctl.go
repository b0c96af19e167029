// Package unixctl speaks to the control socket of an Open vSwitch daemon, as
// ovs-appctl(8) does: JSON-RPC 1.0 with strings as parameters.
//
//	Dial("/run/openvswitch/ovs-vswitchd.123.ctl") -> Call("fdb/show", "sw0") -> text
package unixctl

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/ovsns/ovsns/model"
)

// Client is a connection to one daemon. Calls from several goroutines are made
// one after the other.
type Client struct {
	mu      sync.Mutex
	conn    net.Conn
	decoder *json.Decoder
	id      int
}

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
	return &Client{conn: conn, decoder: json.NewDecoder(conn)}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

type request struct {
	ID     int      `json:"id"`
	Method string   `json:"method"`
	Params []string `json:"params"` // never null: the daemon would close the connection
}

type reply struct {
	ID     int     `json:"id"`
	Result *string `json:"result"`
	Error  *string `json:"error"`
}

// Call runs a command and returns its text. A daemon that refuses the command
// is an error without a class; one that does not answer before ctx ends is
// [model.ErrNotReady], and the client cannot be used any more.
func (c *Client) Call(ctx context.Context, command string, args ...string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", callError(ctx, command, err)
	}
	if err := c.conn.SetDeadline(time.Time{}); err != nil {
		return "", callError(ctx, command, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c.id++
	if err := json.NewEncoder(c.conn).Encode(request{c.id, command, append([]string{}, args...)}); err != nil {
		return "", callError(ctx, command, err)
	}
	var r reply
	if err := c.decoder.Decode(&r); err != nil {
		return "", callError(ctx, command, err)
	}
	return r.text(command, c.id)
}

func (r reply) text(command string, id int) (string, error) {
	switch {
	case r.Error != nil:
		return "", model.Failedf("%s: %s", command, strings.TrimSpace(*r.Error))
	case r.ID != id:
		return "", model.Failedf("%s: the daemon answered another question", command)
	case r.Result == nil:
		return "", nil
	}
	return *r.Result, nil
}

func callError(ctx context.Context, command string, err error) error {
	if cause := ctx.Err(); cause != nil {
		err = cause
	}
	return model.NotReadyf("the daemon did not answer %q", command).Because(err)
}
