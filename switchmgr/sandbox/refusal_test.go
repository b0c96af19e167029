package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// TestRefusal has the settings of kernels that this one is not.
func TestRefusal(t *testing.T) {
	for _, c := range []struct{ file, value, hint string }{
		{"kernel/unprivileged_userns_clone", "0\n", "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
		{"kernel/apparmor_restrict_unprivileged_userns", "1\n", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		{"user/max_user_namespaces", "0\n", "sudo sysctl -w user.max_user_namespaces=10000"},
		{"user/max_user_namespaces", "15000\n", "sudo ovsns sandbox --root"},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, c.file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(c.value), 0o600)); err != nil {
			t.Fatal(err)
		}
		err := refusal(&os.PathError{Op: "mount", Path: "/proc", Err: unix.EPERM}, dir)
		if !errors.Is(err, model.ErrNotReady) || !errors.Is(err, unix.EPERM) || model.Hint(err) != c.hint {
			t.Errorf("%s=%s: %v, hint %q", c.file, c.value, err, model.Hint(err))
		}
	}
	if err := refusal(unix.ENOENT, t.TempDir()); err != unix.ENOENT {
		t.Errorf("another error became %v", err)
	}
}

func TestSpareRange(t *testing.T) {
	const text = "# ranges\nann:100000:65536\nbob:165536:0\n1003:200000:1000\nbob:300000:65536\n"
	for _, c := range []struct{ name, uid, first, count string }{
		{"ann", "1001", "100000", "65536"},
		{"bob", "1002", "300000", "65536"},
		{"eve", "1003", "200000", "1000"},
		{"joe", "1004", "", ""},
	} {
		first, count, ok := spareRange(text, c.name, c.uid)
		if first != c.first || count != c.count || ok != (c.count != "") {
			t.Errorf("%s: %s %s %v", c.name, first, count, ok)
		}
	}
}
