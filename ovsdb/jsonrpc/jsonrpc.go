package jsonrpc

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// Client is a connection to one daemon. Calls from several goroutines are made
// one after the other.
type Client struct {
	mu      sync.Mutex
	conn    net.Conn
	decoder *json.Decoder
	id      int
}

// NewClient returns a client on a connection, which is the client's from then on.
func NewClient(conn net.Conn) *Client { return &Client{conn: conn, decoder: json.NewDecoder(conn)} }

// Close ends the connection, and with it a call that waits.
func (c *Client) Close() error { return c.conn.Close() }

// Error is what a daemon says that refuses, or that has not understood the question.
type Error struct {
	// Method is what was asked for.
	Method string
	// Text says why there is no answer.
	Text string
}

// Error implements error.
func (e *Error) Error() string { return e.Method + ": " + e.Text }

type request struct {
	ID     int    `json:"id"`
	Method string `json:"method"`
	Params []any  `json:"params"` // never null: a daemon would close the connection
}

type reply struct {
	ID            int
	Result, Error any
}

// Call asks, and reads the answer into result, a pointer, which is left alone when
// there is none. The refusal of a daemon is an [*Error]. When ctx ends first, the
// error is why it did; after it, or any other, the client cannot be used any more.
func (c *Client) Call(ctx context.Context, result any, method string, params ...any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c.id++
	r := reply{Result: result}
	err := json.NewEncoder(c.conn).Encode(request{c.id, method, append([]any{}, params...)})
	if err == nil {
		err = c.decoder.Decode(&r)
	}
	if cause := ctx.Err(); err != nil && cause != nil {
		return cause
	}
	if err != nil {
		return err
	}
	return r.check(method, c.id)
}

func (r reply) check(method string, id int) error {
	switch {
	case r.Error != nil:
		return &Error{method, strings.TrimSpace(fmt.Sprint(r.Error))}
	case r.ID != id:
		return &Error{method, "the daemon answered another question"}
	}
	return nil
}
