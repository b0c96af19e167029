package sandbox

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// schema is what tells one from another.
type schema struct{ Name, Version, Cksum string }

func parseSchema(text []byte) (sch schema, err error) {
	err = json.Unmarshal(text, &sch)
	return sch, err
}

// makeDatabase makes that of the switch, or installs a kept one.
func (s *switchHost) makeDatabase(ctx context.Context) error {
	text, err := os.ReadFile(s.Schema)
	if err != nil {
		return err
	}
	if s.schema, err = parseSchema(text); err != nil {
		return model.Failedf("cannot read %s", s.Schema).Because(err)
	}
	fresh := emptyDatabase(text)
	if err := os.WriteFile(confDB, fresh, 0o640); err != nil || s.kept == nil {
		return err
	}
	return s.kept.install(ctx, s, fresh)
}

// emptyDatabase is the file that ovsdb-tool(1) would make of a schema, without
// a program to start: a log whose one record is the schema on one line (ovsdb(5),
// "File Formats").
func emptyDatabase(schema []byte) []byte {
	var record bytes.Buffer
	_ = json.Compact(&record, schema) // it has been parsed
	record.WriteByte('\n')
	head := fmt.Sprintf("OVSDB JSON %d %x\n", record.Len(), sha1.Sum(record.Bytes()))
	return append([]byte(head), record.Bytes()...)
}

// initialise fills in the row of a new database, or what has changed in that of
// a kept one, and returns its next_cfg.
func (s *switchHost) initialise(conn net.Conn, row map[string]any) (cfg int, err error) {
	before, exists := 0, false
	if s.kept != nil {
		if before, exists, err = nextConfig(conn); err != nil {
			return 0, err
		}
	}
	cfg = before + 1
	row["next_cfg"] = cfg
	ops := []map[string]any{{"op": "insert", "table": "Open_vSwitch", "row": row}}
	if exists {
		ops = refresh(row)
	}
	_, err = transact(conn, ops...)
	return cfg, err
}

// row is the only one of table Open_vSwitch, as ovs-ctl(8) fills it in, but for
// ovs_version.
func (s *switchHost) row() (map[string]any, error) {
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
