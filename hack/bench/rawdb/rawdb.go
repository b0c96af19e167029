// Package rawdb speaks with ovsdb-server with as little as possible in between:
// no cache, no schema, no monitor (RFC 7047).
//
//	Dial -> Transact [op, op, ...] -> [result, result, ...]
package rawdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
)

// Socket is where a private host's server listens.
const Socket = "/run/openvswitch/db.sock"

// Client is a connection. It serves one goroutine.
type Client struct {
	conn    net.Conn
	answers *json.Decoder
}

// Row is a row, or an operation, as JSON.
type Row map[string]any

// Result is the answer to one operation.
type Result struct {
	Error   string
	Details string
	Rows    []Row
}

// Dial connects to the server at a Unix socket.
func Dial(ctx context.Context, socket string) (*Client, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	return &Client{conn: conn, answers: json.NewDecoder(conn)}, nil
}

// Close ends the connection.
func (c *Client) Close() { c.conn.Close() }

// Transact runs operations as one transaction. An operation that fails is an
// error.
func (c *Client) Transact(operations ...any) ([]Result, error) {
	params := append([]any{"Open_vSwitch"}, operations...)
	if err := json.NewEncoder(c.conn).Encode(Row{"id": 1, "method": "transact", "params": params}); err != nil {
		return nil, err
	}
	var answer struct {
		Result []Result
		Error  any
	}
	if err := c.answers.Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Error != nil {
		return nil, fmt.Errorf("ovsdb-server: %v", answer.Error)
	}
	for _, r := range answer.Result {
		if r.Error != "" {
			return nil, fmt.Errorf("ovsdb-server: %s: %s", r.Error, r.Details)
		}
	}
	return answer.Result, nil
}

// Select reads columns of the rows of a table that meet all conditions.
func (c *Client) Select(table string, columns []string, where ...any) ([]Row, error) {
	if where == nil {
		where = []any{}
	}
	results, err := c.Transact(Row{"op": "select", "table": table, "where": where, "columns": columns})
	if err != nil {
		return nil, err
	}
	return results[0].Rows, nil
}

// Commit runs operations, asks ovs-vswitchd to say when it has followed, and
// returns the number of the configuration that it will say.
func (c *Client) Commit(operations ...any) (int, error) {
	n := len(operations)
	results, err := c.Transact(append(operations,
		Row{"op": "mutate", "table": "Open_vSwitch", "where": []any{}, "mutations": []any{[]any{"next_cfg", "+=", 1}}},
		Row{"op": "select", "table": "Open_vSwitch", "where": []any{}, "columns": []string{"next_cfg"}})...)
	if err != nil {
		return 0, err
	}
	if rows := results[n+1].Rows; len(rows) == 1 {
		if cfg, ok := rows[0]["next_cfg"].(float64); ok {
			return int(cfg), nil
		}
	}
	return 0, errors.New("ovsdb-server has no row in Open_vSwitch")
}

// Await returns when ovs-vswitchd has followed up to a configuration; the
// server waits, nobody polls.
func (c *Client) Await(cfg int) error {
	_, err := c.Transact(Row{
		"op": "wait", "table": "Open_vSwitch", "where": []any{[]any{"cur_cfg", "<", cfg}},
		"columns": []string{"cur_cfg"}, "until": "==", "rows": []any{},
	})
	return err
}

// Map is a map of strings as JSON, from keys and values in turn.
func Map(pairs ...string) []any {
	list := []any{}
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, []string{pairs[i], pairs[i+1]})
	}
	return []any{"map", list}
}

// Pairs returns the map that a column holds.
func Pairs(column any) map[string]string {
	pairs := map[string]string{}
	tagged, _ := column.([]any)
	if len(tagged) != 2 {
		return pairs
	}
	list, _ := tagged[1].([]any)
	for _, entry := range list {
		if kv, ok := entry.([]any); ok && len(kv) == 2 {
			pairs[fmt.Sprint(kv[0])] = fmt.Sprint(kv[1])
		}
	}
	return pairs
}

// Set is a set as JSON.
func Set(values ...any) []any {
	if values == nil {
		values = []any{}
	}
	return []any{"set", values}
}

// Named refers to a row that the same transaction inserts.
func Named(name string) []any { return []any{"named-uuid", name} }
