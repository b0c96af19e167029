package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/jsonrpc"
)

// kept is the directory of [Options.KeepDB], held by pid 1 and the daemons as
// long as one of them lives.
//
//	DIR/conf.db ── bind mount ── /run/openvswitch/conf.db
//
// ovsdb-server sees the file alone, so its lock and temporary files are those
// of the private host and go with it. What it writes is there at once, and a
// record that was cut off by SIGKILL is one that it drops when it reads the
// file again. It cannot compact the file, which would be to replace it; we do
// that before it starts.
type kept struct {
	path string   // of the directory, absolute
	dir  *os.File // holds the lock
	lock *os.File // ovsdb-server's lock file; nil when there is none
	root *os.Root
	db   *os.File
}

// Names in the directory, and when the database is compacted.
const (
	keptDB    = "conf.db"
	keptLock  = ".conf.db.~lock~"
	keptTemp  = ".conf.db.new"
	keptLimit = 4 << 20 // bytes
)

// keptPatience is how long a host that is being killed may take to let go.
const keptPatience = time.Second

// openKept makes the directory if need be and takes it: [model.ErrConflict]
// when another host has it, [model.ErrInvalid] when it is none, or
// [model.ErrNotReady] when it may not be written to.
func openKept(path string) (*kept, error) {
	k := &kept{path: path}
	if err := k.open(); err != nil {
		k.close()
		return nil, k.explain(err)
	}
	return k, nil
}

func (k *kept) open() (err error) {
	if err := os.MkdirAll(k.path, 0o755); err != nil {
		return err
	}
	if k.dir, err = os.Open(k.path); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), keptPatience)
	defer cancel()
	if err := flock(ctx, k.dir); err != nil {
		return os.NewSyscallError("flock", err)
	}
	if k.root, err = os.OpenRoot(k.path); err != nil {
		return err
	}
	if err := k.lockOut(); err != nil {
		return err
	}
	if err := k.root.Remove(keptTemp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	k.db, err = k.root.OpenFile(keptDB, os.O_RDWR|os.O_CREATE, 0o640)
	return err
}

// lockOut keeps an ovsdb-server out that is not a sandbox's, if there ever was
// one: its lock is of the kind that goes with a process, and collides with
// ours (fcntl(2), "Open file description locks").
func (k *kept) lockOut() (err error) {
	k.lock, err = k.root.OpenFile(keptLock, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	return os.NewSyscallError("fcntl", unix.FcntlFlock(k.lock.Fd(), unix.F_OFD_SETLK, &whole))
}

// explain classifies what can be wrong with a directory.
func (k *kept) explain(err error) error {
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return model.Conflictf("%s is in use: another sandbox, or an ovsdb-server, has its %s", k.path, keptDB).
			WithHint("ovsns sandbox list")
	case errors.Is(err, unix.ENOTDIR):
		return model.Invalidf("%s is not a directory, or lies below something that is none", k.path)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, unix.EROFS):
		return model.NotReadyf("no database can be kept in %s", k.path).Because(err)
	}
	return model.Failedf("no database can be kept in %s", k.path).Because(err)
}

// files are what a process must have to hold the directory.
func (k *kept) files() []*os.File {
	switch {
	case k == nil:
		return nil
	case k.lock == nil:
		return []*os.File{k.dir}
	}
	return []*os.File{k.dir, k.lock}
}

func (k *kept) close() {
	for _, f := range []*os.File{k.dir, k.lock, k.db} {
		f.Close() // may be nil
	}
	if k.root != nil {
		_ = k.root.Close() // nothing was written through it
	}
}

// install puts the kept database in the place of the fresh one, of which it
// becomes a copy where there was none.
func (k *kept) install(ctx context.Context, s *switchHost, fresh []byte) error {
	old, err := os.ReadFile(k.proc())
	if err != nil {
		return k.explain(err)
	}
	had := schemaOf(old)
	switch {
	case bytes.HasPrefix(fresh, old): // new, or cut off when it was
		if _, err := k.db.WriteAt(fresh, 0); err != nil {
			return k.explain(err)
		}
	case had.Name != "Open_vSwitch":
		return model.Invalidf("%s is not the database of a switch", filepath.Join(k.path, keptDB))
	case had != s.schema || len(old) > keptLimit:
		if err := k.renew(ctx, s); err != nil {
			return err
		}
	}
	return mount(k.proc(), confDB, "", unix.MS_BIND, "")
}

// proc is a path to the database that no mount hides.
func (k *kept) proc() string { return "/proc/self/fd/" + strconv.Itoa(int(k.db.Fd())) }

// schemaOf reads the second line of a database, its schema.
func schemaOf(db []byte) schema {
	_, rest, _ := bytes.Cut(db, []byte("\n"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	sch, _ := parseSchema(line) // none, then
	return sch
}

// renew converts the database to the schema of this Open vSwitch and compacts
// it.
func (k *kept) renew(ctx context.Context, s *switchHost) error {
	old, renewed := filepath.Join(runDir, "old.db"), filepath.Join(runDir, "renewed.db")
	if err := copyFile(old, k.proc()); err != nil {
		return k.explain(err)
	}
	if err := s.complete(ctx, "ovsdb-tool", s.Tool, "convert", old, s.Schema, renewed); err != nil {
		return model.Invalidf("%s cannot be converted", filepath.Join(k.path, keptDB)).
			Because(errors.New(logTail(logFile("ovsdb-tool"))))
	}
	text, err := os.ReadFile(renewed)
	if err == nil {
		err = k.root.WriteFile(keptTemp, text, 0o640)
	}
	if err == nil {
		err = k.root.Rename(keptTemp, keptDB)
	}
	if err != nil {
		return k.explain(err)
	}
	k.db.Close()
	if k.db, err = k.root.OpenFile(keptDB, os.O_RDWR, 0); err != nil {
		return k.explain(err)
	}
	return errors.Join(os.Remove(old), os.Remove(renewed))
}

func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o640)
}

// nextConfig returns the next_cfg of a kept database, if that has its row.
func nextConfig(ctx context.Context, db *jsonrpc.Client) (cfg int, exists bool, err error) {
	results, err := transact(ctx, db, map[string]any{
		"op": "select", "table": "Open_vSwitch", "where": []any{}, "columns": []string{"next_cfg"},
	})
	if err != nil || len(results[0].Rows) == 0 {
		return 0, false, err
	}
	var row struct {
		Next int `json:"next_cfg"`
	}
	err = json.Unmarshal(results[0].Rows[0], &row)
	return row.Next, true, err
}

// refresh returns the operations that put the values of a new row into a kept
// one. In maps, of which others have keys as well, only what depends on the
// machine is replaced: the system-id stays.
func refresh(row map[string]any) []map[string]any {
	stale := map[string][]string{"external_ids": {"hostname", "rundir"}, "other_config": {"userspace-tso-enable"}}
	var mutations []any
	for column, keys := range stale {
		mutations = append(mutations, []any{column, "delete", []any{"set", keys}})
		if fresh, ok := row[column]; ok {
			mutations = append(mutations, []any{column, "insert", fresh}) // leaves keys that are there
			delete(row, column)
		}
	}
	return []map[string]any{
		{"op": "update", "table": "Open_vSwitch", "where": []any{}, "row": row},
		{"op": "mutate", "table": "Open_vSwitch", "where": []any{}, "mutations": mutations},
	}
}
