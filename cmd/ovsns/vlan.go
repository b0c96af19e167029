package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
)

// vlanFlags say which VLANs a port carries.
func (p *program) vlanFlags() []cli.Flag {
	return []cli.Flag{
		flagOf(model.Access, p.vlanOrNone).Flag(),
		flagOf(model.Trunk, nil).Flag(),
		flagOf(model.Native, p.vlansInUse).Flag(),
	}
}

// vlans reads vlanFlags; nil when none was given.
func vlans(c *cli.Context) (*model.VLANs, error) {
	access, trunk, native := c.String(model.Access.Name), c.String(model.Trunk.Name), c.String(model.Native.Name)
	if access == "" && trunk == "" && native == "" {
		return nil, nil
	}
	if access == "none" && trunk == "" && native == "" {
		return &model.VLANs{}, nil
	}
	v, err := model.ParseVLANs(access, trunk, native)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// segmentFlag is --vlan where it names a segment of a switch.
func (p *program) segmentFlag() cli.Flag {
	return flagOf(model.SegmentVLAN, p.vlansInUse).Flag()
}

// vlansInUse returns the VLANs that a gateway or a port is in.
func (p *program) vlansInUse(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	var ids []model.VID
	for _, v := range p.live.switches(ctx, p.database(l)) {
		for _, vlan := range segmentsOf(v) {
			if vlan != 0 {
				ids = append(ids, vlan)
			}
		}
	}
	slices.Sort(ids)
	var list []cmdline.Candidate
	for _, vlan := range slices.Compact(ids) {
		list = append(list, cmdline.Candidate{Word: vlanNumber(vlan), About: "VLAN in use"})
	}
	return list
}

// vlanOrNone adds the word for no VLAN, once the command is known to take it.
func (p *program) vlanOrNone(ctx context.Context, l *cmdline.Line) []cmdline.Candidate {
	list := p.vlansInUse(ctx, l)
	if l.Leaf() != nil {
		list = append(list, cmdline.Candidate{Word: "none", About: "the untagged segment"})
	}
	return list
}

func segmentName(vlan model.VID) string {
	return cmp.Or(prefixed("vlan ", vlanNumber(vlan)), "untagged")
}

// vlanNumber returns "100", and "" for the untagged segment.
func vlanNumber(vlan model.VID) string {
	if vlan == 0 {
		return ""
	}
	return strconv.Itoa(int(vlan))
}
