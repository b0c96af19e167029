package ovsdb

import (
	"context"
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
		if _, err := c.Commit(context.Background(), p); err != nil {
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
