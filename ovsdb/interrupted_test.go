package ovsdb

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/ovsns/ovsns/model"
)

// relay passes on what a client says to ovsdb-server, and calls before when it
// is about to pass on an insert. It returns the endpoint to dial.
func relay(t *testing.T, before func()) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "relay") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		client, err := l.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("unix", "/run/openvswitch/db.sock")
		if err != nil {
			t.Error(err)
			return
		}
		go func() { _, _ = io.Copy(client, server) }() // until one of them ends
		defer func() { _ = server.Close() }()
		buf := make([]byte, 1<<16)
		for {
			n, err := client.Read(buf)
			if err != nil {
				return
			}
			if bytes.Contains(buf[:n], []byte(`"insert"`)) {
				before()
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	return "unix:" + path
}

// A transaction that is on its way when ctx ends may happen all the same.
func TestCommitInterruptedWhileItIsSent(t *testing.T) {
	dialHost(t) // empties the database afterwards
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	before := dump(t)
	_, err := dialAt(t, relay(t, interrupt)).Commit(ctx, nil, made(model.Switch{Name: "sw0", Datapath: model.DatapathNetdev}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the Commit ended with %v", err)
	}
	if after := dump(t); after != before {
		t.Errorf("an interrupted Commit leaves something:\n%s\nbefore:\n%s", after, before)
	}
}
