package ovsdb

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func BenchmarkDial(b *testing.B) {
	for b.Loop() {
		c, err := Dial(context.Background(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

// The cost of one look and of one change beside 1000 recorded namespaces.
func BenchmarkClient(b *testing.B) {
	c, err := Dial(context.Background(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	var lab []model.Object
	for i := range 1000 {
		lab = append(lab, model.Namespace{Name: "ns" + strconv.Itoa(i)})
	}
	commit := func(p model.Plan) {
		if _, err := c.Commit(context.Background(), nil, p); err != nil {
			b.Fatal(err)
		}
	}
	commit(made(lab...))
	defer func() { commit(gone(lab...)) }()
	b.Run("Observe", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Observe(context.Background(), Scope{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("CommitRecord", func(b *testing.B) {
		for b.Loop() {
			commit(made(model.Namespace{Name: "red"}))
		}
	})
	commit(made(sw0))
	defer func() { commit(gone(sw0)) }()
	gw := model.Gateway{Switch: "sw0", VLAN: 5, Interface: "sw0.5", Addresses: prefixes("10.0.0.1/24")}
	b.Run("CommitPort", func(b *testing.B) {
		for b.Loop() {
			commit(made(gw))
			commit(gone(gw))
		}
	})
}

// widePlan makes n attachments on a new switch.
func widePlan(n int) model.Plan {
	lab := []model.Object{sw0}
	for i := range n {
		name := fmt.Sprint("n", i)
		lab = append(lab, model.Namespace{Name: name}, model.Attachment{
			Namespace: name, Ifname: "eth0", Switch: "sw0", Port: name + "-eth0", MAC: model.MAC{2, 0, 0, 0, byte(i >> 8), byte(i)},
			VLANs: model.VLANs{Access: model.VID(100 + i/10)}, Addresses: prefixes(fmt.Sprintf("10.0.%d.%d/16", i/250, i%250+1)),
		})
	}
	return made(lab...)
}

// The transaction for 1000 ports, up to the bytes that are sent.
func BenchmarkEncode(b *testing.B) {
	c, err := Dial(context.Background(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	p := widePlan(1000)
	b.ReportAllocs()
	for b.Loop() {
		e, err := editsOf(p)
		if err != nil {
			b.Fatal(err)
		}
		t, err := build(c.tables, e, &layout{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(t.operations()); err != nil {
			b.Fatal(err)
		}
	}
}
