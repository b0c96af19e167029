package main

import (
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
)

// resultView is a [switchmgr.Result] whose lists are never null.
type resultView struct {
	Changes []model.Change `json:"changes"`
	DryRun  bool           `json:"dry_run"`
	Notes   []string       `json:"notes"`
}

func newResultView(r *switchmgr.Result) resultView { return resultView{r.Plan, r.DryRun, r.Notes} }

// result prints what a verb did: one line per change.
func (w *printer) result(r *switchmgr.Result) error {
	return w.Data(newResultView(r), func() error { return w.resultText(r) })
}

func (w *printer) resultText(r *switchmgr.Result) error {
	if !w.Quiet || r.DryRun { // with --dry-run the plan is the data
		if err := w.changes(r.Plan); err != nil {
			return err
		}
	}
	w.notes(r)
	if r.DryRun && len(r.Plan) > 0 {
		w.Note("dry run: nothing was done")
	}
	return nil
}

// changes prints one line per change.
func (w *printer) changes(p model.Plan) error {
	for _, c := range p {
		if err := output.WriteLine(w.Out, w.changeLine(c)); err != nil {
			return err
		}
	}
	return nil
}

// notes says what a result has to say besides its plan.
func (w *printer) notes(r *switchmgr.Result) {
	for _, note := range r.Notes {
		w.Note("note: %s", note)
	}
	if len(r.Plan) == 0 {
		w.Note("nothing to change")
	}
}

// changeLine colours a change by its first letter.
func (w *printer) changeLine(c model.Change) string {
	colours := map[model.Action]string{
		model.ActionCreate: output.Green, model.ActionUpdate: output.Yellow, model.ActionDelete: output.Red,
	}
	return w.Paint(colours[c.Action()], output.Printable(c.String()))
}
