package nft

import (
	"context"
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// classify gives an error of the kernel its class. doing completes "while
// ...".
func classify(err error, doing string) error {
	var known *model.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, os.ErrPermission):
		return model.NotReadyf("the firewall may not be used: CAP_NET_ADMIN is missing").WithHint("run it with sudo")
	case errors.Is(err, unix.EPROTONOSUPPORT), errors.Is(err, unix.EAFNOSUPPORT):
		return model.NotReadyf("the kernel has no nf_tables").WithHint("modprobe nf_tables").Because(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return model.NotReadyf("the kernel's firewall did not answer in time, while %s", doing).Because(err)
	default:
		return model.Failedf("firewall: %s failed", doing).Because(err)
	}
}

// alive reports the end of ctx, between two steps.
func alive(ctx context.Context, doing string) error {
	if err := ctx.Err(); err != nil {
		return model.Failedf("firewall: %s was interrupted", doing).Because(err)
	}
	return nil
}

// foreignTable refuses to add to a table that somebody else has made.
func foreignTable(found []string) error {
	return model.NotManagedf("nftables table inet %s was not made by ovsns; it holds %s", tableName, strings.Join(found, ", ")).
		WithHint("nft list table inet %s # rename or delete it", tableName)
}
