package ovsdb

import (
	"context"
	"errors"
	"time"

	"github.com/go-logr/logr"
	"github.com/ovn-org/libovsdb/client"
	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// Options say where the switch database is. The zero value is the local one.
type Options struct {
	// Endpoints is a list separated by commas, tried in turn: unix:PATH,
	// tcp:HOST:PORT, ssl:HOST:PORT. "" is [DefaultEndpoint].
	Endpoints string
	// PrivateKey, Certificate and CACert are PEM files; only ssl: needs them.
	PrivateKey, Certificate, CACert string
}

// Client is a connection to ovsdb-server. It does not reconnect: after an
// error that is [model.ErrNotReady], close it and dial again. Its methods may
// be called from several goroutines.
type Client struct {
	db       client.Client
	endpoint endpoint
	schema   ovsdb.DatabaseSchema
	tables   rows.Schema
}

// Dial connects to the first endpoint that answers. It waits until ctx ends at
// most, shared evenly between the endpoints. The error is [model.ErrInvalid]
// for a malformed endpoint or TLS file and [model.ErrNotReady] when none
// answers.
func Dial(ctx context.Context, o Options) (*Client, error) {
	endpoints, err := parseEndpoints(o.Endpoints)
	if err != nil {
		return nil, err
	}
	var errs []error
	for i, e := range endpoints {
		c, err := dialShare(ctx, e, o, len(endpoints)-i)
		if err == nil {
			return c, nil
		}
		if errors.Is(err, model.ErrInvalid) {
			return nil, err
		}
		errs = append(errs, err)
	}
	if len(errs) == 1 {
		return nil, errs[0]
	}
	return nil, model.NotReadyf("no switch database answers").Because(errors.Join(errs...)).WithHint("%s", startHint())
}

// dialShare dials with an equal share of the time for each endpoint that is
// left, so that a silent one does not use up all of it.
func dialShare(ctx context.Context, e endpoint, o Options, left int) (*Client, error) {
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
		defer cancel()
	}
	return dialOne(ctx, e, o)
}

func dialOne(ctx context.Context, e endpoint, o Options) (*Client, error) {
	types, err := schema.ClientModel()
	if err != nil {
		return nil, err
	}
	quiet := logr.Discard()
	opts := []client.Option{client.WithEndpoint(e.url), client.WithLogger(&quiet)}
	if e.tls {
		config, err := tlsConfig(o)
		if err != nil {
			return nil, err
		}
		opts = append(opts, client.WithTLSConfig(config))
	}
	db, err := client.NewOVSDBClient(types, opts...)
	if err != nil {
		return nil, err
	}
	if err := db.Connect(ctx); err != nil {
		return nil, dialError(ctx, e.text, err)
	}
	s := db.Schema()
	return &Client{db: db, endpoint: e, schema: s, tables: rows.NewSchema(s, bridgeTable, portTable, interfaceTable)}, nil
}

// Close ends the connection.
func (c *Client) Close() { c.db.Close() }

// transact runs one transaction. An error of the transport is classified; a
// refused operation is a [failedOp] in the error's tree.
func (c *Client) transact(ctx context.Context, ops []ovsdb.Operation) ([]ovsdb.OperationResult, error) {
	return c.transactWithin(ctx, ctx, ops)
}

// transactSurely is transact for what must be undone if it happens: once sent,
// it may, whatever becomes of ctx, so its answer is waited for a little longer.
func (c *Client) transactSurely(ctx context.Context, ops []ovsdb.Operation) ([]ovsdb.OperationResult, error) {
	if err := ctx.Err(); err != nil {
		return nil, transportError(ctx, c.endpoint.text, err)
	}
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(undoTime, cancel) })()
	return c.transactWithin(ctx, longer, ops)
}

// transactWithin waits until longer ends; ctx says why.
func (c *Client) transactWithin(ctx, longer context.Context, ops []ovsdb.Operation) ([]ovsdb.OperationResult, error) {
	results, err := c.db.Transact(longer, ops...)
	if err != nil {
		return nil, transportError(ctx, c.endpoint.text, err)
	}
	return results, checkResults(results, ops)
}
