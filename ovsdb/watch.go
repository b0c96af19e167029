package ovsdb

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/ovn-org/libovsdb/cache"
	"github.com/ovn-org/libovsdb/client"
	"github.com/ovn-org/libovsdb/model"
	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// Echoes find a server that hangs, or a peer that is gone without a word.
const (
	echoInterval = 15 * time.Second
	echoTimeout  = 10 * time.Second
)

var errClosed = errors.New("the connection was closed")

// Watch calls changed once the database is watched and then whenever a row of
// ovsns has changed in what [Client.Observe] reads, or in whether
// ovs-vswitchd could open a port (monitor_cond in ovsdb-server(7); statistics
// do not count). It returns when ctx ends, with ctx's error, or when the
// connection is lost, with [model.ErrNotReady]; close the Client then. The
// function is called from another goroutine and must not block.
//
// The Client keeps a copy of the watched rows, so one that only watches is
// best dialled for that.
func (c *Client) Watch(ctx context.Context, changed func()) error {
	lost := make(chan struct{})
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-c.db.DisconnectNotify():
			close(lost)
		case <-stop:
		}
	}()
	rows := c.db.Cache()
	if rows == nil { // libovsdb has none after the connection was lost
		return transportError(ctx, c.endpoint.text, errClosed)
	}
	rows.AddEventHandler(&cache.EventHandlerFuncs{
		AddFunc:    func(string, model.Model) { changed() },
		DeleteFunc: func(string, model.Model) { changed() },
		UpdateFunc: func(_ string, before, after model.Model) {
			if matters(before, after) {
				changed()
			}
		},
	})
	if err := c.monitor(ctx); err != nil {
		return transportError(ctx, c.endpoint.text, err)
	}
	changed()
	return c.untilLost(ctx, lost)
}

// monitor asks the server for news of our rows.
func (c *Client) monitor(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, echoTimeout)
	defer cancel()
	ours := []ovsdb.Condition{rows.Includes(KeyOwner, Owner)}
	m := c.db.NewMonitor()
	m.Tables = []client.TableMonitor{
		{Table: schema.RootTable, Fields: []string{"external_ids", "other_config", "datapath_types"}},
		{Table: schema.BridgeTable, Fields: []string{"name", "external_ids", "datapath_type", "ports"}, Conditions: ours},
		{Table: schema.PortTable, Fields: []string{"name", "external_ids", "tag", "trunks", "vlan_mode"}, Conditions: ours},
		{Table: schema.InterfaceTable, Fields: []string{"name", "type", "ofport", "error"}, Conditions: ours},
	}
	_, err := c.db.Monitor(ctx, m)
	return err
}

// matters leaves out what others write on the row of Open_vSwitch.
func matters(before, after model.Model) bool {
	b, ok := before.(*schema.Root)
	if !ok {
		return true
	}
	a := after.(*schema.Root)
	const tso = "userspace-tso-enable"
	return !maps.Equal(ourKeys(a.ExternalIDs), ourKeys(b.ExternalIDs)) ||
		a.OtherConfig[tso] != b.OtherConfig[tso] || len(a.DatapathTypes) != len(b.DatapathTypes)
}

// untilLost waits for the end of the connection.
func (c *Client) untilLost(ctx context.Context, lost <-chan struct{}) error {
	tick := time.NewTicker(echoInterval)
	defer tick.Stop()
	for {
		// The first echo finds a connection that was lost before anybody
		// listened for that.
		if err := c.echo(ctx); err != nil {
			return transportError(ctx, c.endpoint.text, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-lost:
			return transportError(ctx, c.endpoint.text, errClosed)
		case <-tick.C:
		}
	}
}

func (c *Client) echo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, echoTimeout)
	defer cancel()
	return c.db.Echo(ctx)
}
