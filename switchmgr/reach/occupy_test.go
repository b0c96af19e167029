package reach_test

import (
	"io"
	"net"
	"testing"

	"github.com/ovsns/ovsns/nsmgr"
	"github.com/ovsns/ovsns/switchmgr/reach"
)

// occupy takes a port in a namespace, as a program would.
func occupy(t *testing.T, ns string, p reach.Protocol, address string) (stop func()) {
	t.Helper()
	host, err := nsmgr.New()
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	var c io.Closer
	err = host.Do(ns, func() (err error) {
		if p == reach.TCP {
			c, err = net.Listen("tcp", address)
		} else {
			c, err = net.ListenPacket("udp", address)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = c.Close() }
}
