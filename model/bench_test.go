package model_test

import (
	"fmt"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// wideState is a switch with n namespaces.
func wideState(n int) *model.State {
	s := model.NewState(model.Switch{Name: "sw0", Datapath: model.DatapathNetdev})
	for i := range n {
		name := fmt.Sprint("n", i)
		s.Put(model.Namespace{Name: name}, model.Attachment{
			Namespace: name, Ifname: "eth0", Switch: "sw0", Port: name + "-eth0",
			VLANs: model.VLANs{Access: model.VID(100 + i/10)}, Addresses: cidrs(fmt.Sprintf("10.0.%d.%d/16", i/250, i%250+1)),
		})
	}
	return s
}

// The plan of 1000 namespaces that are to be made, and of as many that are
// there already.
func BenchmarkDiff(b *testing.B) {
	before, after := wideState(0), wideState(1000)
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			model.Diff(before, after)
		}
	})
	same := wideState(1000)
	b.Run("nothing", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			model.Diff(same, after)
		}
	})
}
