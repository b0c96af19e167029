package unixctl_test

import (
	"context"
	"fmt"
	"log"
	"path/filepath"
	"time"

	"github.com/ovsns/ovsns/ovsdb/unixctl"
)

// What `ovs-appctl fdb/show sw0` prints: the MAC addresses that a switch has
// learnt. (It needs a running ovs-vswitchd, so it is not run as a test.)
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	sockets, err := filepath.Glob("/run/openvswitch/ovs-vswitchd.*.ctl")
	if err != nil || len(sockets) == 0 {
		log.Fatal("ovs-vswitchd does not run: ", err)
	}
	c, err := unixctl.Dial(ctx, sockets[0])
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	table, err := c.Call(ctx, "fdb/show", "sw0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(table)
}
