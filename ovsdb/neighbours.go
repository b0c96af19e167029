package ovsdb

import (
	"context"
	"slices"
	"strconv"

	"github.com/ovn-org/libovsdb/ovsdb"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb/internal/rows"
	"github.com/ovsns/ovsns/ovsdb/internal/schema"
)

// Neighbours returns the attachments whose untagged frames travel in these
// segments, as they are recorded and without a look at their columns: what a
// newcomer's addresses must not collide with. It leaves out records that
// somebody has damaged, and reads only those that seen, which may be nil, has
// not. The error is [model.ErrNotReady].
func (c *Client) Neighbours(ctx context.Context, seen *Snapshot, segments []model.Segment) ([]model.Attachment, error) {
	var list []model.Attachment
	if seen != nil {
		list = slices.DeleteFunc(slices.Clone(seen.neighbours), func(a model.Attachment) bool {
			seg, _ := a.Segment()
			return !slices.Contains(segments, seg)
		})
		segments = slices.DeleteFunc(slices.Clone(segments), seen.knowsNeighbours)
	}
	if len(segments) == 0 {
		return list, nil
	}
	results, err := c.transact(ctx, neighbourQueries(segments))
	if err != nil {
		return nil, err
	}
	return append(list, neighboursIn(results)...), nil
}

func (n *Snapshot) knowsNeighbours(seg model.Segment) bool {
	return slices.Contains(n.asked, seg) || slices.Contains(n.asked, model.Segment{VLAN: seg.VLAN})
}

// neighbourQueries returns the selects for the attachments of segments.
func neighbourQueries(segments []model.Segment) []ovsdb.Operation {
	var q []ovsdb.Operation
	ask := func(key, value string) {
		where := rows.Includes(KeyOwner, Owner, KeyKind, string(model.KindAttachment), key, value)
		q = append(q, rows.Select(schema.PortTable, []string{"name", "external_ids"}, where))
	}
	for _, seg := range segments {
		if seg.Switch != "" {
			ask(KeySegment, seg.String())
			continue
		}
		vlan := strconv.Itoa(int(seg.VLAN))
		ask(keyVLAN, vlan)
		ask(keyNative, vlan)
	}
	return q
}

// neighboursIn reads their results, past the row types of libovsdb, which take
// three times as long.
func neighboursIn(results []ovsdb.OperationResult) []model.Attachment {
	var list []model.Attachment
	for _, r := range results {
		for _, row := range r.Rows {
			name, _ := row["name"].(string)
			o, err := objectOf(name, rows.PairsIn(row["external_ids"]))
			if a, ok := o.(model.Attachment); ok && err == nil {
				list = append(list, a)
			}
		}
	}
	return list
}
