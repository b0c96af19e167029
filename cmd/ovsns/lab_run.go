package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/labfile"
	"github.com/ovsns/ovsns/switchmgr/labs"
	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

const flagShell = "shell"

// labReport is what lab run prints: the lab, and a report for each machine.
type labReport struct {
	Name     string         `json:"name"`
	Title    string         `json:"title"`
	Text     string         `json:"text"`
	Machines []machineCheck `json:"machines"`
}

type machineCheck struct {
	Machine string `json:"machine"`
	checkReport
}

func labRun(ctx context.Context, s *session) error {
	l, err := labs.Find(s.arg(0))
	if err != nil {
		return err
	}
	privilege := nsmgr.CheckPrivilege()
	switch {
	case s.cli.Bool(flagHere) && privilege != nil:
		return privilege
	case s.cli.Bool(flagHere):
		return s.labHere(ctx, l)
	case s.dryRun:
		s.out.Note("dry run: nothing was done")
		return nil
	case len(l.Machines) > 1 && privilege != nil:
		return s.labWithin(ctx)
	}
	return s.labAway(ctx, l)
}

// labWithin runs this command once more inside a sandbox: its root may join
// private hosts by a cable, an ordinary user may not.
func (s *session) labWithin(ctx context.Context) error {
	self, err := ownProgram()
	if err != nil {
		return err
	}
	code, err := sandbox.Run(context.WithoutCancel(ctx), sandbox.Options{
		Command: append([]string{self}, s.args...), Env: s.env,
		Stdin: s.in, Stdout: s.program.streams.out, Stderr: s.err, NoSwitch: true,
	})
	if err != nil {
		return cmdline.ProgramError{Err: err, Status: code}
	}
	return cmdline.ExitStatus(code)
}

// labHere makes a lab on this host.
func (s *session) labHere(ctx context.Context, l labs.Lab) error {
	if len(l.Machines) > 1 {
		return model.Conflictf("lab %s needs %d machines", l.Name, len(l.Machines)).
			WithHint("ovsns lab run %s", l.Name)
	}
	file, err := labfile.Parse(l.Name, []byte(l.Machines[0].File))
	if err != nil {
		return err
	}
	var result *switchmgr.Result
	err = s.with(ctx, s.dryRun, func(ctx context.Context, m *switchmgr.Manager) (err error) {
		result, err = m.ApplyLab(ctx, file, switchmgr.ApplyOptions{})
		return err
	})
	if err != nil || s.dryRun {
		return errors.Join(err, s.resultIfAny(result))
	}
	r, err := s.measure(ctx, file)
	if err != nil {
		return err
	}
	return s.tell(l, machineCheck{l.Machines[0].Name, *r})
}

func (s *session) resultIfAny(r *switchmgr.Result) error {
	if r == nil {
		return nil
	}
	return s.out.result(r)
}

// tell prints what a lab is and what was measured.
func (s *session) tell(l labs.Lab, checks ...machineCheck) error {
	r := labReport{Name: l.Name, Title: l.Title, Text: l.Text, Machines: checks}
	if err := s.out.Data(r, func() error { return s.out.labReport(r) }); err != nil {
		return err
	}
	var failed error
	for i := range checks {
		if err := s.verdict(&checks[i].checkReport); err != nil {
			failed = err
		}
	}
	return failed
}

func (w *printer) labReport(r labReport) error {
	text := w.Paint(output.Bold, r.Name+": "+r.Title) + "\n\n" + r.Text + "\n"
	if err := output.WriteLine(w.Out, text); err != nil {
		return err
	}
	for _, m := range r.Machines {
		if len(r.Machines) > 1 {
			if err := output.WriteLine(w.Out, w.Paint(output.Bold, "machine "+m.Machine)); err != nil {
				return err
			}
		}
		if err := w.outcomes(m.Outcomes); err != nil {
			return err
		}
	}
	return nil
}

// labAway plays a lab on private hosts, with a program of ovsns in each.
func (s *session) labAway(ctx context.Context, l labs.Lab) error {
	stage := &stage{session: s, hosts: map[string]*sandbox.Host{}}
	defer stage.close()
	if err := stage.build(ctx, l); err != nil {
		return err
	}
	var checks []machineCheck
	for _, m := range l.Machines {
		r, err := stage.check(ctx, m)
		if err != nil {
			return err
		}
		checks = append(checks, machineCheck{m.Name, *r})
	}
	err := s.tell(l, checks...)
	if s.wantsShell() {
		return errors.Join(stage.shell(ctx, l), err)
	}
	return err
}

// wantsShell reports whether somebody is there to look around.
func (s *session) wantsShell() bool {
	if s.cli.IsSet(flagShell) {
		return s.cli.Bool(flagShell)
	}
	return output.IsTerminal(s.in) && output.IsTerminal(s.program.streams.out) && s.out.Format == output.FormatTable
}

// stage is the private hosts of a lab.
type stage struct {
	*session
	hosts map[string]*sandbox.Host
}

func (g *stage) close() {
	for _, h := range g.hosts {
		_ = h.Close() // nothing is left to be done about it
	}
}

// build makes the hosts, their cables and the lab on each.
func (g *stage) build(ctx context.Context, l labs.Lab) error {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	for _, m := range l.Machines {
		name := l.Name
		if len(l.Machines) > 1 {
			name += "." + m.Name
		}
		h, err := sandbox.Start(ctx, sandbox.Options{Name: name, Env: g.env})
		if err != nil {
			return err
		}
		g.hosts[m.Name] = h
	}
	for _, c := range l.Cables {
		if err := g.hosts[c.A].Join(ctx, c.InterfaceA, g.hosts[c.B], c.InterfaceB); err != nil {
			return err
		}
	}
	for _, m := range l.Machines {
		if _, _, err := g.ovsns(ctx, m, "apply", "-f", "-", "--quiet", "--dry-run=false"); err != nil {
			return err
		}
	}
	return nil
}

// check measures on one machine.
func (g *stage) check(ctx context.Context, m labs.Machine) (*checkReport, error) {
	out, status, err := g.ovsns(ctx, m, "check", "-f", "-", "-o", output.FormatJSON)
	if err != nil && status != cmdline.ExitDiffers {
		return nil, err
	}
	var r checkReport
	if err := json.Unmarshal(out, &r); err != nil {
		return nil, model.Failedf("machine %s did not report", m.Name).Because(err)
	}
	return &r, nil
}

// ovsns runs this program on a machine, with its file as input. What went wrong
// there is told as if it had happened here.
func (g *stage) ovsns(ctx context.Context, m labs.Machine, args ...string) (out []byte, status int, err error) {
	self, err := ownProgram()
	if err != nil {
		return nil, cmdline.ExitFailed, err
	}
	var stdout, stderr bytes.Buffer
	cmd := g.hosts[m.Name].Command(ctx, self, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(m.File), &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status = exit.ExitCode()
		text, _, _ := strings.Cut(strings.TrimPrefix(stderr.String(), "error: "), "\n")
		err = model.Failedf("machine %s: %s", m.Name, text)
	}
	return stdout.Bytes(), status, err
}

// ownProgram returns the path of this program, by the name it was started as.
func ownProgram() (string, error) {
	if path, err := exec.LookPath(os.Args[0]); err == nil {
		return path, nil
	}
	return os.Executable()
}

// shell lets the user look around on the first machine. With what status it
// ends is nobody's concern.
func (g *stage) shell(ctx context.Context, l labs.Lab) error {
	g.out.Note("This shell is on the private host; when you leave it, all of that goes.")
	cmd := g.hosts[l.Machines[0].Name].Command(context.WithoutCancel(ctx), g.loginShell())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = g.in, g.program.streams.out, g.err
	err := cmd.Run()
	if errors.As(err, new(*exec.ExitError)) {
		return nil
	}
	return err
}
