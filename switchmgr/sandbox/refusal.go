package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// procSys is where the kernel's settings are.
const procSys = "/proc/sys"

// prohibition is a setting that keeps ordinary users from having namespaces.
type prohibition struct {
	path      string // below /proc/sys
	forbids   string // the value that does
	permitted string
}

// prohibitions are those of Debian's kernels, of AppArmor (Ubuntu 24.04) and
// namespaces(7).
var prohibitions = []prohibition{
	{"kernel/unprivileged_userns_clone", "0", "1"},
	{"kernel/apparmor_restrict_unprivileged_userns", "1", "0"},
	{"user/max_user_namespaces", "0", "10000"},
	{"user/max_mnt_namespaces", "0", "10000"},
	{"user/max_net_namespaces", "0", "10000"},
	{"user/max_pid_namespaces", "0", "10000"},
}

// refusal says of an error that an ordinary user's host failed with what
// forbids it, and what to type; err itself when it is of another sort.
func refusal(err error, settings string) error {
	if err == nil || !isRefusal(err) {
		return err
	}
	for _, p := range prohibitions {
		value, readErr := os.ReadFile(filepath.Join(settings, p.path))
		if readErr != nil || strings.TrimSpace(string(value)) != p.forbids {
			continue
		}
		name := strings.ReplaceAll(p.path, "/", ".")
		return model.NotReadyf("this machine allows no sandbox without root: %s is %s", name, p.forbids).
			Because(err).WithHint("sudo sysctl -w %s=%s", name, p.permitted)
	}
	return model.NotReadyf("this machine allows no sandbox without root").
		Because(err).WithHint("sudo ovsns sandbox --root")
}

// isRefusal reports whether the kernel has refused something, by a rule or by
// a limit on the number of namespaces.
func isRefusal(err error) bool {
	for _, e := range []error{unix.EPERM, unix.EACCES, unix.ENOSPC, unix.EUSERS} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
