package sandbox

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/jsonrpc"
)

// schema is what tells one from another.
type schema struct{ Name, Version, Cksum string }

func parseSchema(text []byte) (sch schema, err error) {
	err = json.Unmarshal(text, &sch)
	return sch, err
}

// makeDatabase makes that of the switch, or installs a kept one, which is still
// to be initialised.
func (s *switchHost) makeDatabase(ctx context.Context) error {
	text, err := os.ReadFile(s.Schema)
	if err != nil {
		return err
	}
	if s.schema, err = parseSchema(text); err != nil {
		return model.Failedf("cannot read %s", s.Schema).Because(err)
	}
	if s.row, err = s.firstRow(); err != nil {
		return err
	}
	fresh := record(text)
	if s.kept != nil {
		if err := os.WriteFile(confDB, fresh, 0o640); err != nil {
			return err
		}
		return s.kept.install(ctx, s, fresh)
	}
	s.row["next_cfg"] = firstConfig
	first, err := json.Marshal(map[string]any{
		"_date":        time.Now().UnixMilli(),
		"Open_vSwitch": map[string]any{newUUID(): s.row},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(confDB, append(fresh, record(first)...), 0o640)
}

// firstConfig is the next_cfg of a new database.
const firstConfig = 1

// record is one of the log that a database is: the schema, then transactions
// (ovsdb(5), "File Formats"). So ovsdb-tool(1) need not be started, and the first
// transaction is there before anybody asks.
func record(text []byte) []byte {
	var line bytes.Buffer
	_ = json.Compact(&line, text) // it is JSON
	line.WriteByte('\n')
	head := fmt.Sprintf("OVSDB JSON %d %x\n", line.Len(), sha1.Sum(line.Bytes()))
	return append([]byte(head), line.Bytes()...)
}

// initialise fills in the row of a kept database, or what has changed in it,
// and returns its next_cfg.
func (s *switchHost) initialise(ctx context.Context, db *jsonrpc.Client) (cfg int, err error) {
	before, exists, err := nextConfig(ctx, db)
	if err != nil {
		return 0, err
	}
	cfg = before + 1
	s.row["next_cfg"] = cfg
	ops := []map[string]any{{"op": "insert", "table": "Open_vSwitch", "row": s.row}}
	if exists {
		ops = refresh(s.row)
	}
	_, err = transact(ctx, db, ops...)
	return cfg, err
}

// firstRow is the only one of table Open_vSwitch, as ovs-ctl(8) fills it in, but
// for ovs_version.
func (s *switchHost) firstRow() (map[string]any, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	row := map[string]any{
		"db_version": s.schema.Version,
		"external_ids": ovsMap(map[string]string{
			"system-id": newUUID(), "hostname": host, "rundir": runDir,
		}),
	}
	for column, key := range map[string]string{"system_type": "ID", "system_version": "VERSION_ID"} {
		if v := osRelease(key); v != "" {
			row[column] = v
		}
	}
	if s.datapath.Userspace() {
		// Without it TCP between veths stalls. ovs-vswitchd reads it once; it
		// would have to be off in a lab with tunnels, of which ovsns makes none.
		row["other_config"] = ovsMap(map[string]string{"userspace-tso-enable": "true"})
	}
	return row, nil
}

// osRelease returns a value of os-release(5), or "".
func osRelease(key string) string {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), key+"="); ok {
			return strings.Trim(v, `"'`)
		}
	}
	return ""
}

// newUUID returns a random one (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
