package local

import (
	"context"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/ops"
)

// writeRows writes changes in one transaction.
func (r *run) writeRows(ctx context.Context, list []ops.WriteRows) error {
	if _, err := r.going.wait(); err != nil { // somebody else's; later on it could not all be undone
		return err
	}
	changes := make(model.Plan, len(list))
	for i, o := range list {
		changes[i] = o.Change
	}
	write := r.DB.Commit
	if list[0].Later {
		write = r.DB.Submit
	}
	back, err := write(ctx, r.Seen, changes)
	if err != nil {
		return err
	}
	r.undo.rows(back)
	r.written = back
	return nil
}

func (r *run) releasePorts(ctx context.Context, list []ops.ReleasePort) error {
	names := make([]string, len(list))
	for i, o := range list {
		names[i] = o.Name
	}
	back, err := r.DB.Release(ctx, r.Seen, names...)
	if err == nil && back != nil {
		r.undo.rows(back)
	}
	return err
}

func (r *run) adoptRows(ctx context.Context, list []ops.AdoptRows) error {
	changes := make(model.Plan, len(list))
	for i, o := range list {
		changes[i] = model.Change{After: o.Object}
	}
	back, err := r.DB.Adopt(ctx, r.Inventory, changes)
	if err == nil {
		r.undo.rows(back)
	}
	return err
}

func (r *run) findDaemon(ctx context.Context, o ops.FindDaemon) error {
	if o.Kernel != "" && !nsmgr.HasKernelDatapath() {
		return model.NotReadyf("the kernel has no datapath of Open vSwitch for switch %s", o.Kernel).
			WithHint("ovsns switch create %s --datapath netdev", o.Kernel)
	}
	return r.DB.CheckDaemon(ctx)
}

func (r *run) ping(ctx context.Context) error {
	if r.Alive == nil {
		return r.DB.Ping(ctx)
	}
	_, err := r.Alive()
	return err
}

// settleTime bounds the wait for ovs-vswitchd after a removal.
const settleTime = 2 * time.Second

func (r *run) await(ctx context.Context, o ops.Await) error {
	if !o.Settle {
		return r.written.Await(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	if err := r.written.Await(ctx); err != nil {
		r.notes = append(r.notes, "ovs-vswitchd is still letting the ports go")
	}
	return nil
}
