package ovsdb_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
)

// A switch is made, seen, and taken back.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := ovsdb.Dial(ctx, ovsdb.Options{}) // the local Open vSwitch
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	before, err := c.Observe(ctx, ovsdb.Scope{})
	if err != nil {
		log.Fatal(err)
	}
	after := before.Recorded.Clone()
	after.Put(model.Switch{Name: "sw9", Datapath: model.DatapathNetdev})
	plan := model.Diff(before.Recorded, after)
	undo, err := c.Commit(ctx, before, plan)
	if err != nil {
		log.Fatal(err)
	}
	now, err := c.Observe(ctx, ovsdb.Scope{Status: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plan[0], "- OpenFlow port", now.Ports["sw9"].OFPort)
	if err := undo.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: + switch sw9: datapath netdev - OpenFlow port 65534
}
