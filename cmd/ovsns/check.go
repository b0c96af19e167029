package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// Formats that check alone has.
const (
	formatJUnit = "junit"
	formatTAP   = "tap"
)

var checkFormats = []string{output.FormatText, output.FormatJSON, output.FormatYAML, formatJUnit, formatTAP}

func (p *program) checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "measure whether who shall reach whom does",
		UsageText: "ovsns check -f FILE [-o text|json|yaml|junit|tap]",
		Description: "Measures what the file says under expect, all at once, and changes nothing. For\n" +
			"what is not as expected it says why that may be, and the exit status is 6.\n\n" +
			"A namespace, or host, is reached when every address family that both ends have\n" +
			"says so. With tcp and udp ovsns answers there itself, unless a program has the\n" +
			"port. An address is reached when something there answers.\n\n" +
			"ovsns check -f lab.yaml\novsns check -f lab.yaml -o junit > lab.xml",
		Flags:  []cli.Flag{fileFlag()},
		Action: p.action(checkLab),
	}
}

func checkLab(ctx context.Context, s *session) error {
	file, err := s.readLab(ctx)
	if err != nil {
		return err
	}
	lab, err := file.parse()
	if err != nil {
		return err
	}
	r, err := s.measure(ctx, lab)
	if err != nil {
		return err
	}
	if err := s.out.report(r); err != nil {
		return err
	}
	return s.verdict(r)
}

// measure checks a lab. Without a time limit of the user's it may take as long
// as so many expectations need.
func (s *session) measure(ctx context.Context, lab *model.Lab) (*checkReport, error) {
	if !s.cli.IsSet(flagTimeout) {
		s.timeout = max(s.timeout, switchmgr.CheckTime(lab))
	}
	r := &checkReport{Name: lab.Name}
	err := s.with(ctx, s.dryRun, func(ctx context.Context, m *switchmgr.Manager) (err error) {
		r.Outcomes, err = m.Check(ctx, lab)
		return err
	})
	r.count()
	return r, err
}

// checkReport is what check prints.
type checkReport struct {
	Name     string              `json:"name,omitempty"`
	Passed   int                 `json:"passed"`
	Failed   int                 `json:"failed"`
	Outcomes []switchmgr.Outcome `json:"outcomes"`
}

func (r *checkReport) count() {
	r.Passed, r.Failed = 0, 0
	for _, o := range r.Outcomes {
		if o.Pass {
			r.Passed++
		} else {
			r.Failed++
		}
	}
}

// firstFailure returns nil when there is none.
func (r *checkReport) firstFailure() *switchmgr.Outcome {
	for i := range r.Outcomes {
		if !r.Outcomes[i].Pass {
			return &r.Outcomes[i]
		}
	}
	return nil
}

// verdict says what failed and sets the exit status.
func (s *session) verdict(r *checkReport) error {
	o := r.firstFailure()
	if o == nil {
		if len(r.Outcomes) > 0 {
			s.out.Note("all %d expectations hold", len(r.Outcomes))
		}
		return nil
	}
	text := fmt.Sprintf("%d of %d expectations failed; %s, but it is not", r.Failed, len(r.Outcomes), title(o))
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	output.Problem(s.err, text, o.Hint)
	return cmdline.ExitStatus(cmdline.ExitDiffers)
}

// report prints outcomes in the format that was asked for.
func (w *printer) report(r *checkReport) error {
	switch w.Format {
	case formatJUnit:
		return writeJUnit(w.Out, r)
	case formatTAP:
		return writeTAP(w.Out, r)
	}
	return w.Data(r, func() error { return w.outcomes(r.Outcomes) })
}

func (w *printer) outcomes(list []switchmgr.Outcome) error {
	var rows [][]string
	for i := range list {
		o := &list[i]
		status := "pass"
		if !o.Pass {
			status = "FAIL"
		}
		rows = append(rows, []string{
			status, o.From, o.To, probeName(o.Expectation), string(o.Is), measured(o), answerTime(o), o.Reason, o.Hint,
		})
	}
	return w.Table("expectations", []string{"status", "from", "to", "probe", "expected", "measured", "?time", "?reason", "?hint"}, rows)
}

// probeName returns "icmp" or "tcp 80".
func probeName(e model.Expectation) string {
	switch {
	case e.TCP != 0:
		return "tcp " + strconv.Itoa(int(e.TCP))
	case e.UDP != 0:
		return "udp " + strconv.Itoa(int(e.UDP))
	}
	return "icmp"
}

// title returns "red -> blue tcp 80 is ok", as it was expected.
func title(o *switchmgr.Outcome) string {
	return fmt.Sprintf("%s -> %s %s is %s", o.From, o.To, probeName(o.Expectation), o.Is)
}

func measured(o *switchmgr.Outcome) string {
	if o.Got == "" {
		return "nothing"
	}
	return string(o.Got)
}

// answerTime returns that of the slowest answer, "" when there was none.
func answerTime(o *switchmgr.Outcome) string {
	slowest := 0.0
	for _, a := range o.Addresses {
		slowest = max(slowest, a.Milliseconds)
	}
	if slowest == 0 {
		return ""
	}
	return strconv.FormatFloat(slowest, 'f', 1, 64) + "ms"
}
