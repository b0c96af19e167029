package nft

import (
	"bytes"
	"cmp"
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
		g.judge(true, decision{}, true)
		g.Advice = "install " + program + " (package iptables): the old filter table is in use and only that program can read it"
		return g, nil
	}
	out, err := runProgram(ctx, t.path, "-S")
	if err != nil {
		return g, err
	}
	g.parse(out)
	return g, nil
}

// parse reads the output of "iptables -S".
func (g *guard) parse(out string) {
	drops := false
	chains := map[string][]legacyRule{}
	for line := range strings.Lines(out) {
		w := splitWords(strings.TrimSpace(line))
		switch {
		case len(w) < 3:
		case w[0] == "-P" && w[1] == "FORWARD":
			drops = w[2] == "DROP"
		case w[0] == "-A":
			chains[w[1]] = append(chains[w[1]], legacyRule{w[1], len(chains[w[1]]) + 1, w[2:]})
		}
	}
	steps := func(chain string) []step {
		list := make([]step, len(chains[chain]))
		for i, r := range chains[chain] {
			list[i] = r.step()
		}
		return list
	}
	d := walk(steps, "FORWARD")
	g.judge(drops, d, false)
	found := findLegacy(chains["FORWARD"], d.at)
	late := -1 // all
	if jump := jumpTo(steps("FORWARD"), dockerUser); jump >= 0 && jump < d.at {
		g.legacy.target, late = dockerUser, walk(steps, dockerUser).at
	}
	g.keep(append(found, findLegacy(chains[dockerUser], late)...))
}

// step is stepOf of nftables. A target that is no chain decides nothing.
func (r legacyRule) step() step {
	for w := r.words; len(w) >= 2; w = w[2:] {
		switch {
		case w[0] == "-m" && (w[1] == "comment" || w[1] == "conntrack" || w[1] == "state"), w[0] == "--comment":
		case w[0] == "--ctstate" || w[0] == "--state":
			if !slices.Contains(strings.Split(w[1], ","), "NEW") {
				return step{}
			}
		case w[0] == "-g":
			return step{stepGoto, w[1]}
		case w[0] == "-j" && w[1] == "RETURN":
			return step{kind: stepReturn}
		case w[0] == "-j":
			if s := targetStep(w[1]); s.kind != stepNext {
				return s
			}
			return step{stepJump, w[1]}
		default:
			return step{}
		}
	}
	return step{}
}

// findLegacy returns the accept rules of ours in a chain; those behind a rule are
// late.
func findLegacy(rules []legacyRule, decides int) []placed {
	var found []placed
	for i, r := range rules {
		k := slices.Index(r.words, "--comment")
		if k < 0 || k+1 == len(r.words) {
			continue
		}
		if a, ok := parseAccept(r.words[k+1]); ok {
			found = append(found, placed{accept: a, legacy: r, late: i > decides})
		}
	}
	return found
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
func (t *legacyTable) edits(g guard, missing []accept, obsolete []placed) ([]legacyEdit, error) {
	if t.path == "" {
		if len(missing) == 0 {
			return nil, nil
		}
		return nil, model.NotReadyf("%s is missing: the old filter table is in use, and only that program can let %s through",
			t.program, missing[0].name()).WithHint("apt-get install iptables")
	}
	var list []legacyEdit
	slices.SortFunc(obsolete, func(a, b placed) int { // from below, so that positions stay
		return cmp.Compare(b.legacy.position, a.legacy.position)
	})
	for _, p := range obsolete {
		list = append(list, t.edit("-D", p.legacy))
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
