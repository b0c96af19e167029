package testlab

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// RunScripts runs the scripts (package testscript) in a directory below testdata. Each
// has a private host of its own, in which its commands run as if typed there; see
// words for those that a shell does not have. Where the kernel has a datapath of Open
// vSwitch, their switches use it: a script of both can ask for [kernel]. One that
// takes long asks for [slow].
func RunScripts(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", dir),
		Setup: setupLab,
		Cmds:  words(),
		Condition: func(name string) (bool, error) {
			switch name {
			case "kernel":
				return nsmgr.HasKernelDatapath(), nil
			case "slow":
				return slow > 1, nil
			}
			return false, fmt.Errorf("no condition is named %s", name)
		},
	})
}

// machines are the private hosts of one script, by name.
type machines struct {
	hosts  map[string]*machine
	states map[string]string // what `remember` saw
}

type machinesKey struct{}

// home is the host in which a command runs that names none.
const home = "home"

func setupLab(env *testscript.Env) error {
	env.Setenv("SOON", (slow * time.Second).String())
	if slow > 1 { // else ovsns is patient enough
		env.Setenv("OVSNS_TIMEOUT", (slow * 30 * time.Second).String())
	}
	m := &machines{hosts: map[string]*machine{}, states: map[string]string{}}
	env.Values[machinesKey{}] = m
	env.Defer(func() {
		for _, h := range m.hosts {
			_ = h.Close() // nothing a script could do about it
		}
	})
	return m.start(home, false)
}

func (m *machines) start(name string, plain bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	h, err := startMachine(ctx, sandbox.Options{Name: name, NoSwitch: plain})
	if err == nil {
		m.hosts[name] = h
	}
	return err
}

func of(ts *testscript.TestScript) *machines { return ts.Value(machinesKey{}).(*machines) }

func (m *machines) get(ts *testscript.TestScript, name string) *machine {
	h := m.hosts[name]
	if h == nil {
		ts.Fatalf("no machine is named %s", name)
	}
	return h
}
