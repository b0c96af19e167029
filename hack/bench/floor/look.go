//go:build libovsdb

package main

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	"github.com/ovn-org/libovsdb/client"
	"github.com/ovn-org/libovsdb/model"
	"github.com/ovn-org/libovsdb/ovsdb"
)

func init() { look = lookWithLibovsdb }

// root is as much of the database as libovsdb wants to know.
type root struct {
	UUID    string `ovsdb:"_uuid"`
	NextCfg int    `ovsdb:"next_cfg"`
}

// lookWithLibovsdb dials, and reads of the ports what ovsns has to know of them.
func lookWithLibovsdb(ctx context.Context, socket string) error {
	rows, err := model.NewClientDBModel("Open_vSwitch", map[string]model.Model{"Open_vSwitch": &root{}})
	if err != nil {
		return err
	}
	quiet := logr.Discard()
	db, err := client.NewOVSDBClient(rows, client.WithEndpoint("unix:"+socket), client.WithLogger(&quiet))
	if err != nil {
		return err
	}
	if err := db.Connect(ctx); err != nil {
		return err
	}
	ours, err := ovsdb.NewOvsMap(map[string]string{"ovsns-owner": "ovsns"})
	if err != nil {
		return err
	}
	results, err := db.Transact(ctx, ovsdb.Operation{
		Op: ovsdb.OperationSelect, Table: "Port",
		Where:   []ovsdb.Condition{ovsdb.NewCondition("external_ids", ovsdb.ConditionIncludes, ours)},
		Columns: []string{"_uuid", "_version", "name", "external_ids", "tag", "trunks", "vlan_mode", "interfaces"},
	})
	if err == nil && results[0].Error != "" {
		err = fmt.Errorf("libovsdb: %s", results[0].Error)
	}
	return err // the connection ends with the process
}
