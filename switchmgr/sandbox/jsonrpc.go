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

// transact runs one OVSDB transaction (RFC 7047, 4.1.3) on the database of a
// switch and returns when the server has answered. A full client would be
// more than the few lines needed before there is a switch at all.
func transact(conn net.Conn, ops ...map[string]any) ([]result, error) {
	params := []any{"Open_vSwitch"}
	for _, op := range ops {
		params = append(params, op)
	}
	request := map[string]any{"method": "transact", "params": params, "id": 0}
	if err := json.NewEncoder(conn).Encode(request); err != nil {
		return nil, err
	}
	var reply struct {
		Result []result
		Error  any
	}
	if err := json.NewDecoder(conn).Decode(&reply); err != nil {
		return nil, err
	}
	if reply.Error != nil {
		return nil, fmt.Errorf("ovsdb-server: %v", reply.Error)
	}
	for _, r := range reply.Result {
		if r.Error != "" {
			return nil, fmt.Errorf("ovsdb-server: %s: %s", r.Error, r.Details)
		}
	}
	return reply.Result, nil
}

// ovsMap is a map as OVSDB writes it (RFC 7047, 5.1).
func ovsMap(m map[string]string) []any {
	pairs := [][2]string{}
	for k, v := range m {
		pairs = append(pairs, [2]string{k, v})
	}
	return []any{"map", pairs}
}
