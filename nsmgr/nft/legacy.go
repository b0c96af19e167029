package nft

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/google/nftables"

	"github.com/ovsns/ovsns/model"
)

// legacyTable is the filter table of iptables-legacy in one family.
type legacyTable struct {
	program string // as it is called
	path    string // where it is; "" when it is missing
	target  string // the chain that takes our rules
}

// legacyRule is one rule, as arguments of iptables(8) after the chain.
type legacyRule struct {
	chain    string
	position int // in its chain, from 1
	words    []string
}

// legacyEdit is a change with its undoing, both as arguments.
type legacyEdit struct {
	path       string
	args, undo []string
}

// readLegacy reads the filter tables of iptables-legacy that are in use. It
// runs no program where none is: running it would bring the table into use.
func readLegacy(ctx context.Context) ([]guard, error) {
	var list []guard
	for _, f := range []struct {
		names, program string
		family         nftables.TableFamily
	}{
		{"ip_tables_names", "iptables-legacy", nftables.TableFamilyIPv4},
		{"ip6_tables_names", "ip6tables-legacy", nftables.TableFamilyIPv6},
	} {
		inUse, err := legacyInUse(f.names)
		if err != nil {
			return nil, err
		}
		if !inUse {
			continue
		}
		g, err := readLegacyTable(ctx, f.program, f.family)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// legacyInUse looks the filter table up in this thread's namespace (proc(5):
// /proc/net would be that of the process's main thread).
func legacyInUse(names string) (bool, error) {
	data, err := os.ReadFile("/proc/thread-self/net/" + names)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		// The file belongs to the machine's root in a network namespace that
		// was made before its user namespace had a root.
		return false, nil
	}
	if err != nil {
		return false, classify(err, "reading "+names)
	}
	return slices.Contains(strings.Fields(string(data)), "filter"), nil
}

func readLegacyTable(ctx context.Context, program string, family nftables.TableFamily) (guard, error) {
	t := &legacyTable{program: program, target: "FORWARD"}
	g := guard{
		Blocker: Blocker{Family: familyName(family), Table: "filter", Chain: "FORWARD", Program: ProgramLegacy},
		family:  family, legacy: t,
	}
	if path, err := exec.LookPath(program); err == nil {
		t.path = path
	}
	if t.path == "" {
		g.judge(true, false, true)
		g.Advice = "install " + program + " (package iptables): the old filter table is in use and only that program can read it"
		return g, nil
	}
	out, err := runProgram(ctx, t.path, "-S")
	if err != nil {
		return g, err
	}
	drops, rejects := g.parse(out)
	g.judge(drops, rejects, false)
	return g, nil
}

// parse reads the output of "iptables -S".
func (g *guard) parse(out string) (drops, rejects bool) {
	position := map[string]int{}
	for line := range strings.Lines(out) {
		w := splitWords(strings.TrimSpace(line))
		switch {
		case len(w) < 2 || w[1] != "FORWARD" && w[1] != dockerUser:
		case w[0] == "-P":
			drops = slices.Contains(w, "DROP")
		case w[0] == "-A":
			position[w[1]]++
			if w[1] == "FORWARD" {
				rejects = refuses(w[2:])
			}
			if slices.Equal(w, []string{"-A", "FORWARD", "-j", dockerUser}) {
				g.legacy.target = dockerUser
			}
			g.findLegacy(legacyRule{w[1], position[w[1]], w[2:]})
		}
	}
	return drops, rejects
}

// refuses reports whether a rule refuses every packet.
func refuses(words []string) bool {
	return len(words) >= 2 && words[0] == "-j" && (words[1] == "REJECT" || words[1] == "DROP")
}

func (g *guard) findLegacy(r legacyRule) {
	i := slices.Index(r.words, "--comment")
	if i < 0 || i+1 == len(r.words) {
		return
	}
	if a, ok := parseAccept(r.words[i+1]); ok {
		g.ours = append(g.ours, placed{accept: a, legacy: r})
	}
}

// splitWords splits a line of "iptables -S", in which words with blanks stand
// in double quotes and quotes in them after a backslash.
func splitWords(line string) []string {
	var words []string
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			words, line = append(words, word), rest
			continue
		}
		var word []byte
		i := 1
		for ; i < len(line) && line[i] != '"'; i++ {
			if line[i] == '\\' && i+1 < len(line) {
				i++
			}
			word = append(word, line[i])
		}
		words, line = append(words, string(word)), line[min(i+1, len(line)):]
	}
	return words
}

// edits returns the changes: what is missing goes to the top, what is obsolete
// goes out.
func (t *legacyTable) edits(g guard, missing []accept, old obsolete) ([]legacyEdit, error) {
	if t.path == "" {
		if len(missing) == 0 {
			return nil, nil
		}
		return nil, model.NotReadyf("%s is missing: the old filter table is in use, and only that program can let %s through",
			t.program, missing[0].name()).WithHint("apt-get install iptables")
	}
	var list []legacyEdit
	for _, p := range slices.Backward(g.ours) { // from below, so that positions stay
		if old.has(p.accept) {
			list = append(list, t.edit("-D", p.legacy))
		}
	}
	if g.Amendable {
		for _, a := range slices.Backward(missing) {
			list = append(list, t.edit("-I", legacyRule{t.target, 1, a.words()}))
		}
	}
	return list, nil
}

func (t *legacyTable) edit(op string, r legacyRule) legacyEdit {
	insert := append([]string{"-I", r.chain, strconv.Itoa(r.position)}, r.words...)
	remove := append([]string{"-D", r.chain}, r.words...)
	if op == "-D" {
		insert, remove = remove, insert
	}
	return legacyEdit{t.path, insert, remove}
}

// runLegacy makes the changes one by one and returns how to take them back.
// When one fails it has taken back those before it.
func runLegacy(ctx context.Context, list []legacyEdit) (undo func() error, err error) {
	done := 0
	undo = func() error {
		var errs error
		for _, e := range slices.Backward(list[:done]) {
			_, err := runProgram(context.WithoutCancel(ctx), e.path, e.undo...)
			errs = errors.Join(errs, err)
		}
		return errs
	}
	for _, e := range list {
		if _, err := runProgram(ctx, e.path, e.args...); err != nil {
			return nil, errors.Join(err, undo())
		}
		done++
	}
	return undo, nil
}

// runProgram runs iptables-legacy on the filter table, waiting for its lock.
// The
// child has the network namespace of this thread, see [Firewall.inside].
func runProgram(ctx context.Context, path string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, path, append([]string{"-w"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		text, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return "", model.Failedf("%s: %s", strings.Join(cmd.Args, " "), text).Because(err)
	}
	return stdout.String(), nil
}
