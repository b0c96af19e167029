package ovsdb

import (
	"context"

	"github.com/ovsns/ovsns/model"
)

// Undo puts back what one Commit has changed.
type Undo struct{}

// Run puts the touched rows back as they were.
func (u *Undo) Run(ctx context.Context) error { return nil }

// Commit carries out a plan.
func (c *Client) Commit(ctx context.Context, p model.Plan) (*Undo, error) {
	return nil, model.Failedf("commit is being written")
}
