// Package schema holds the columns of the Open_vSwitch database that ovsns
// reads, as row types of libovsdb (ovs-vswitchd.conf.db(5)).
//
// The types name few columns on purpose: a column that the server's schema
// lacks makes the connection fail, and each one costs time on every row.
package schema

import (
	"fmt"

	"github.com/ovn-org/libovsdb/mapper"
	"github.com/ovn-org/libovsdb/model"
	"github.com/ovn-org/libovsdb/ovsdb"
)

// Database is the name of the database.
const Database = "Open_vSwitch"

// The tables.
const (
	RootTable      = "Open_vSwitch"
	BridgeTable    = "Bridge"
	PortTable      = "Port"
	InterfaceTable = "Interface"
)

// Root is the one row of the table Open_vSwitch.
type Root struct {
	UUID          string            `ovsdb:"_uuid"`
	ExternalIDs   map[string]string `ovsdb:"external_ids"`
	OtherConfig   map[string]string `ovsdb:"other_config"`
	DatapathTypes []string          `ovsdb:"datapath_types"`
	OVSVersion    *string           `ovsdb:"ovs_version"`
	NextCfg       int               `ovsdb:"next_cfg"`
}

// Bridge is a row of the table Bridge.
type Bridge struct {
	UUID         string            `ovsdb:"_uuid"`
	Name         string            `ovsdb:"name"`
	DatapathType string            `ovsdb:"datapath_type"`
	ExternalIDs  map[string]string `ovsdb:"external_ids"`
	Ports        []string          `ovsdb:"ports"`
}

// Port is a row of the table Port.
type Port struct {
	UUID        string            `ovsdb:"_uuid"`
	Version     string            // column _version (RFC 7047, 3.2): another one after each change; "" if it was not read
	Name        string            `ovsdb:"name"`
	Interfaces  []string          `ovsdb:"interfaces"`
	Tag         *int              `ovsdb:"tag"`
	Trunks      []int             `ovsdb:"trunks"`
	VLANMode    *string           `ovsdb:"vlan_mode"`
	ExternalIDs map[string]string `ovsdb:"external_ids"`
}

// Interface is a row of the table Interface.
type Interface struct {
	UUID        string            `ovsdb:"_uuid"`
	Name        string            `ovsdb:"name"`
	Type        string            `ovsdb:"type"`
	ExternalIDs map[string]string `ovsdb:"external_ids"`
	OFPort      *int              `ovsdb:"ofport"`
	Error       *string           `ovsdb:"error"`
}

// ClientModel returns what a libovsdb client needs to know of the row types.
func ClientModel() (model.ClientDBModel, error) {
	return model.NewClientDBModel(Database, map[string]model.Model{
		RootTable:      &Root{},
		BridgeTable:    &Bridge{},
		PortTable:      &Port{},
		InterfaceTable: &Interface{},
	})
}

// Decode turns the rows of a select into row types; columns that were not
// selected keep their zero value.
func Decode[T any](s ovsdb.DatabaseSchema, table string, rows []ovsdb.Row) ([]T, error) {
	list := make([]T, len(rows))
	m := mapper.NewMapper(s)
	for i := range rows {
		info, err := mapper.NewInfo(table, s.Table(table), &list[i])
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", table, err)
		}
		if err := m.GetRowData(&rows[i], info); err != nil {
			return nil, err
		}
		setIdentity(&list[i], rows[i])
	}
	return list, nil
}

// setIdentity fills in which row it is, in which version: no schema lists these
// among the columns.
func setIdentity(row any, from ovsdb.Row) {
	id, _ := from["_uuid"].(ovsdb.UUID)
	version, _ := from["_version"].(ovsdb.UUID)
	switch r := row.(type) {
	case *Root:
		r.UUID = id.GoUUID
	case *Bridge:
		r.UUID = id.GoUUID
	case *Port:
		r.UUID, r.Version = id.GoUUID, version.GoUUID
	case *Interface:
		r.UUID = id.GoUUID
	}
}
