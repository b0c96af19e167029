package sandbox_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keeping starts a host with a database kept in dir.
func keeping(t *testing.T, dir string) *sandbox.Host {
	t.Helper()
	return start(t, sandbox.Options{KeepDB: dir})
}

// onlyDatabase is all that may be in a directory afterwards.
func onlyDatabase(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	if len(files) != 1 || filepath.Base(files[0]) != "conf.db" {
		t.Errorf("left behind: %v", files)
	}
}

func TestKeepDB(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "when missing")
	h := keeping(t, dir)
	id := shell(t, h, `
ovs-vsctl --no-wait add-br s0 -- set open_vswitch . external_ids:mine=yes other_config:mine=too
ovs-vsctl get open_vswitch . external_ids:system-id`)
	h.Close()
	onlyDatabase(t, dir)
	h = keeping(t, dir)
	got := shell(t, h, `
ovs-vsctl list-br
ovs-vsctl get open_vswitch . external_ids:mine other_config:mine external_ids:hostname
ovs-vsctl get open_vswitch . external_ids:system-id
ovs-vsctl --timeout=20 add-br s1 -- set bridge s1 datapath_type=netdev
ls -a `+"'"+dir+"'")
	want := "s0\nyes\ntoo\n" + strings.TrimSpace(shell(t, h, "hostname")) + "\n" + id + "\n.\n..\nconf.db"
	if strings.ReplaceAll(got, `"`, "") != strings.ReplaceAll(want, `"`, "") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	h.Close()
	onlyDatabase(t, dir)
}

func TestKeepDBRefuses(t *testing.T) {
	needRoot(t)
	temp := t.TempDir()
	in := func(name string) string { return filepath.Join(temp, name) }
	for _, name := range []string{"garbage", "other", "served"} {
		must(t, os.Mkdir(in(name), 0o755))
	}
	must(t, os.WriteFile(in("file"), nil, 0o644))
	must(t, os.WriteFile(in("garbage/conf.db"), []byte("no database\n"), 0o644))
	must(t, os.WriteFile(in("other.ovsschema"), []byte(`{"name": "Other", "version": "1.0.0", "tables": {}}`), 0o644))
	must(t, exec.Command("ovsdb-tool", "create", in("other/conf.db"), in("other.ovsschema")).Run())
	must(t, exec.Command("ovsdb-tool", "create", in("served/conf.db"), "/usr/share/openvswitch/vswitch.ovsschema").Run())
	server := exec.CommandContext(t.Context(), "ovsdb-server", in("served/conf.db"), "--remote=punix:"+in("sock"), "--unixctl="+in("ctl"))
	must(t, server.Start())
	defer func() { _, _ = server.Process.Kill(), server.Wait() }()
	eventually(t, "ovsdb-server listens", func() bool { _, err := os.Stat(in("sock")); return err == nil })
	keeping(t, in("taken"))

	for name, class := range map[string]error{
		"file":           model.ErrInvalid,
		"file/below":     model.ErrInvalid,
		"garbage":        model.ErrInvalid,
		"other":          model.ErrInvalid,
		"taken":          model.ErrConflict,
		"served":         model.ErrConflict,
		"/proc/sys/here": nil,
	} {
		if !filepath.IsAbs(name) {
			name = in(name)
		}
		before, _ := os.ReadFile(filepath.Join(name, "conf.db"))
		_, err := sandbox.Start(t.Context(), sandbox.Options{KeepDB: name})
		if err == nil || class != nil && !errors.Is(err, class) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		// The host that has it may write on: the file is a log.
		if after, _ := os.ReadFile(filepath.Join(name, "conf.db")); !bytes.HasPrefix(after, before) || class != model.ErrConflict && len(after) > len(before) {
			t.Errorf("%s: conf.db has changed", name)
		}
	}
	_, err := sandbox.Start(t.Context(), sandbox.Options{KeepDB: in("x"), NoSwitch: true})
	if _, serr := os.Stat(in("x")); !errors.Is(err, model.ErrInvalid) || serr == nil {
		t.Errorf("without a switch: %v", err)
	}
}

// A database that was cut off when it was made is made anew, one of an older
// Open vSwitch is converted, one that has grown is compacted.
func TestKeepDBRenews(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	db := filepath.Join(dir, "conf.db")
	keeping(t, dir).Close()
	text, err := os.ReadFile(db)
	must(t, err)
	for _, size := range []int{0, 1, 100, 10000} {
		must(t, os.WriteFile(db, text[:size], 0o644))
		keeping(t, dir).Close()
	}

	schema, err := os.ReadFile("/usr/share/openvswitch/vswitch.ovsschema")
	must(t, err)
	older := filepath.Join(t.TempDir(), "older.ovsschema")
	must(t, os.WriteFile(older, bytes.Replace(schema, []byte(`"version": "8.`), []byte(`"version": "7.`), 1), 0o644))
	h := keeping(t, dir)
	shell(t, h, "ovs-vsctl --no-wait add-br s0")
	h.Close()
	converted := filepath.Join(t.TempDir(), "converted")
	must(t, exec.Command("ovsdb-tool", "convert", db, older, converted).Run())
	must(t, os.Rename(converted, db))
	h = keeping(t, dir)
	if got := shell(t, h, "ovs-vsctl list-br; ovs-vsctl get open_vswitch . db_version"); !strings.HasPrefix(got, "s0\n\"8.") {
		t.Errorf("got %s", got)
	}
	shell(t, h, `i=0; while [ $i -lt 60 ]; do
	i=$((i+1)); ovs-vsctl --no-wait set open_vswitch . external_ids:big=$(head -c 100000 /dev/zero | tr '\0' $((i % 10)))
done`)
	h.Close()
	grown := sizeOf(t, db)
	h = keeping(t, dir)
	if got := shell(t, h, "ovs-vsctl list-br"); got != "s0" || sizeOf(t, db) > grown/10 {
		t.Errorf("%s; %d bytes, then %d", got, grown, sizeOf(t, db))
	}
	h.Close()
	onlyDatabase(t, dir)
}

func sizeOf(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	must(t, err)
	return info.Size()
}

// TestKeepDBKilled kills a process of a host at random moments while its database changes:
// what was acknowledged is there in the next.
func TestKeepDBKilled(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	known := 0
	for range 15 {
		mark := newMark()
		cmd := program(t, "sh", "-c", "i="+strconv.Itoa(known)+`; while :; do
	ovs-vsctl --no-wait add-br s$((i+1)) || exit; i=$((i+1)); echo $i
done`)
		cmd.Env = append(cmd.Env, keepVariable+"="+dir, mark)
		var out bytes.Buffer
		cmd.Stdout = &out
		must(t, cmd.Start())
		<-time.After(time.Duration(rand.Int64N(int64(300 * time.Millisecond)))) // the moment is what is being tested
		killCarrier(t, mark)
		_ = cmd.Wait()
		if lines := strings.Fields(out.String()); len(lines) > 0 {
			known, _ = strconv.Atoi(lines[len(lines)-1])
		}
		if _, err := os.Stat(filepath.Join(dir, "conf.db")); err == nil {
			onlyDatabase(t, dir)
		}
		h := keeping(t, dir)
		got := len(strings.Fields(shell(t, h, "ovs-vsctl list-br")))
		if got < known {
			t.Fatalf("%d bridges of %d are left", got, known)
		}
		known = got
		h.Close()
	}
	t.Logf("%d changes survived 15 kills", known)
}
