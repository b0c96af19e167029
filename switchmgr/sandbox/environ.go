package sandbox

import (
	"os"
	"path/filepath"
	"strings"
)

// environment returns what commands inside see.
func environment(o Options) []string {
	base := o.Env
	if base == nil {
		base = os.Environ()
	}
	path := lookup(base, "PATH")
	if path == "" {
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	}
	own := []string{
		"PATH=" + binDir + ":" + strings.TrimPrefix(path, binDir+":"),
		"OVS_RUNDIR=" + runDir,
		"OVS_DBDIR=" + runDir,
		"OVS_LOGDIR=" + logDir,
		"OVSNS_DB=unix:" + socket,
		"OVSNS_SANDBOX=" + o.Name,
		"PS1=" + prompt(o.Name) + "\\$ ",
	}
	return append(without(base, own), own...)
}

// prompt is what an interactive shell shows first.
func prompt(name string) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("\\`$\"'", r) || r < ' ' {
			return -1
		}
		return r
	}, name)
	return "(" + plain + ") "
}

// lookup returns the value of a variable; the last one counts, as in os/exec.
func lookup(env []string, name string) string {
	value := ""
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}

// without returns env less the variables that own sets.
func without(env, own []string) []string {
	set := map[string]bool{}
	for _, e := range own {
		name, _, _ := strings.Cut(e, "=")
		set[name] = true
	}
	var kept []string
	for _, e := range env {
		if name, _, _ := strings.Cut(e, "="); !set[name] {
			kept = append(kept, e)
		}
	}
	return kept
}

// bareShell reports whether argv is an interactive shell, given a terminal.
func bareShell(argv []string) bool {
	return len(argv) == 1 && strings.HasSuffix(filepath.Base(argv[0]), "sh")
}

// shellArguments gives a bare bash the file with our prompt.
func shellArguments(argv []string) []string {
	if bareShell(argv) && filepath.Base(argv[0]) == "bash" {
		return []string{argv[0], "--rcfile", rcFile}
	}
	return argv
}
