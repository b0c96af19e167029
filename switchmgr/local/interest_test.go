package local_test

import (
	"testing"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/local"
)

func TestInterest(t *testing.T) {
	missed := nsmgr.News{Kind: nsmgr.NewsMissed}
	i := local.NewInterest(model.NewState(
		model.Switch{Name: "sw0"},
		model.Gateway{Switch: "sw0", VLAN: 100, Interface: "sw0.100"},
		model.Namespace{Name: "red"}, model.Namespace{Name: "blue"},
		model.Attachment{Namespace: "red", Ifname: "eth0", Switch: "sw0", Port: "red-eth0"},
		model.Link{A: model.LinkEnd{Namespace: "blue", Ifname: "eth0"}, B: model.LinkEnd{Namespace: model.HostEnd, Ifname: "blue-eth0"}},
		model.Route{Namespace: "blue"},
	))
	for _, c := range []struct {
		news  nsmgr.News
		want  bool
		where string
	}{
		{missed, true, ""},
		{nsmgr.News{Kind: nsmgr.NewsLink, Interface: "sw0.100"}, true, ""},
		{nsmgr.News{Kind: nsmgr.NewsLink, Interface: "red-eth0"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsAddress, Interface: "blue-eth0"}, true, "blue"},
		{nsmgr.News{Kind: nsmgr.NewsLink, Interface: "other", Managed: true}, true, ""},
		{nsmgr.News{Kind: nsmgr.NewsLink, Interface: "docker0"}, false, ""},
		{nsmgr.News{Kind: nsmgr.NewsForward}, false, ""}, // no setting is recorded
		{nsmgr.News{Kind: nsmgr.NewsLink, Namespace: "red", Interface: "eth0"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsLink, Namespace: "red", Interface: "lo"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsLink, Namespace: "red", Interface: "tun0"}, false, "red"},
		{nsmgr.News{Kind: nsmgr.NewsAddress, Namespace: "red"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsRoute, Namespace: "red"}, false, "red"}, // it has none
		{nsmgr.News{Kind: nsmgr.NewsRoute, Namespace: "blue"}, true, "blue"},
		{nsmgr.News{Kind: nsmgr.NewsNamespace, Namespace: "red"}, true, "red"},
		{nsmgr.News{Kind: nsmgr.NewsNamespace, Namespace: "green"}, false, "green"},
	} {
		where, got := i.Concerns(c.news)
		if got != c.want || len(where) > 1 || len(where) == 1 && where[0] != c.where || got && c.where != "" && len(where) == 0 {
			t.Errorf("%+v: concerns %v in %v", c.news, got, where)
		}
	}
}
