package sandbox

import (
	"encoding/json"
	"fmt"
	"net"
)

// result is what one operation of a transaction returns.
type result struct {
	Error, Details string
	Rows           []json.RawMessage // of a select
}

// call asks a daemon of Open vSwitch (JSON-RPC 1.0) and returns when it has
// answered. A full client would be more than the few lines needed before there
// is a switch at all.
func call(conn net.Conn, result any, method string, params ...any) error {
	request := map[string]any{"method": method, "params": append([]any{}, params...), "id": 0} // never null
	if err := json.NewEncoder(conn).Encode(request); err != nil {
		return err
	}
	reply := struct{ Result, Error any }{Result: result}
	if err := json.NewDecoder(conn).Decode(&reply); err != nil {
		return err
	}
	if reply.Error != nil {
		return fmt.Errorf("%s: %v", method, reply.Error)
	}
	return nil
}

// transact runs one OVSDB transaction (RFC 7047, 4.1.3) on the database of a
// switch.
func transact(conn net.Conn, ops ...map[string]any) ([]result, error) {
	params := []any{"Open_vSwitch"}
	for _, op := range ops {
		params = append(params, op)
	}
	var results []result
	if err := call(conn, &results, "transact", params...); err != nil {
		return nil, fmt.Errorf("ovsdb-server: %w", err)
	}
	for _, r := range results {
		if r.Error != "" {
			return nil, fmt.Errorf("ovsdb-server: %s: %s", r.Error, r.Details)
		}
	}
	return results, nil
}

// ovsMap is a map as OVSDB writes it (RFC 7047, 5.1).
func ovsMap(m map[string]string) []any {
	pairs := [][2]string{}
	for k, v := range m {
		pairs = append(pairs, [2]string{k, v})
	}
	return []any{"map", pairs}
}
