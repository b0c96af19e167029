package ovsdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
)

// Errors of operations (RFC 7047, 3.1 and 5.2).
const (
	opTimedOut   = "timed out"
	opConstraint = "constraint violation"
	// opReferential: somebody else's row needs one that was to be deleted.
	opReferential = "referential integrity violation"
)

// failedOp is an operation of a transaction that the server refused.
type failedOp struct {
	index         int
	code, details string
}

func (f failedOp) Error() string {
	if f.details == "" {
		return f.code
	}
	return f.code + ": " + f.details
}

// checkResults joins the causes of all operations that failed. A failure at
// commit comes as one result more than there are operations.
func checkResults(results []ovsdb.OperationResult, ops []ovsdb.Operation) error {
	var errs []error
	for i, r := range results {
		if r.Error != "" {
			errs = append(errs, failedOp{index: i, code: r.Error, details: r.Details})
		}
	}
	if len(errs) == 0 && len(results) < len(ops) {
		errs = append(errs, fmt.Errorf("%d operations were sent, %d answered", len(ops), len(results)))
	}
	return errors.Join(errs...)
}

// transportError classifies a failure to speak with ovsdb-server. If ctx has
// ended, that is the reason.
func transportError(ctx context.Context, endpoint string, err error) error {
	reason := err
	if ctx.Err() != nil {
		reason = ctx.Err()
	}
	switch {
	case errors.Is(reason, context.Canceled):
		return model.Failedf("interrupted while waiting for the switch database").Because(context.Canceled)
	case errors.Is(reason, context.DeadlineExceeded):
		return model.NotReadyf("the switch database at %s did not answer in time", endpoint).Because(context.DeadlineExceeded)
	default:
		return model.NotReadyf("lost the switch database at %s", endpoint).Because(err)
	}
}

// dialError classifies a failure to reach ovsdb-server.
func dialError(ctx context.Context, endpoint string, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return transportError(ctx, endpoint, err)
	case errors.Is(err, fs.ErrPermission):
		return model.NotReadyf("no permission to use the switch database at %s", endpoint).
			Because(bare(err)).WithHint("run the same command with sudo")
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded): // libovsdb flattens some errors
		return model.NotReadyf("nothing answers at %s", endpoint).Because(context.DeadlineExceeded)
	default:
		return model.NotReadyf("no switch database at %s", endpoint).Because(bare(err)).WithHint("%s", startHint())
	}
}

// bare strips what only repeats the endpoint from a failure to connect.
func bare(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// startHint returns the command that starts Open vSwitch on this host, as far
// as what is installed tells.
func startHint() string {
	const ctl = "/usr/share/openvswitch/scripts/ovs-ctl"
	switch {
	case exists("/run/systemd/system") && exists("/usr/lib/systemd/system/openvswitch-switch.service"):
		return "sudo systemctl start openvswitch-switch"
	case exists("/run/systemd/system") && exists("/usr/lib/systemd/system/openvswitch.service"):
		return "sudo systemctl start openvswitch"
	case exists(ctl):
		return "sudo " + ctl + " start"
	case exists("/etc/debian_version"):
		return "sudo apt-get install openvswitch-switch"
	default:
		return "install Open vSwitch and start it"
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
