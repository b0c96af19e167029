package sandbox

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ovsns/ovsns/ovsdb/jsonrpc"
)

// result is what one operation of a transaction returns.
type result struct {
	Error, Details string
	Rows           []json.RawMessage // of a select
}

// transact runs one OVSDB transaction (RFC 7047, 4.1.3) on the database of a
// switch.
func transact(ctx context.Context, db *jsonrpc.Client, ops ...map[string]any) ([]result, error) {
	params := []any{"Open_vSwitch"}
	for _, op := range ops {
		params = append(params, op)
	}
	var results []result
	if err := db.Call(ctx, &results, "transact", params...); err != nil {
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
