package nsmgr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// threadNamespaces returns the network namespace of all threads; the test
// fails when they are not all in the same one.
func threadNamespaces(t testing.TB) nsID {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*/ns/net")
	must(t, err)
	home, err := statNS("/proc/self/ns/net")
	must(t, err)
	for _, task := range tasks {
		if id, err := statNS(task); err == nil && id != home {
			t.Errorf("%s is in another namespace", task)
		}
	}
	return home
}

func TestDo(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	red, err := statNS("/run/netns/red")
	must(t, err)
	var in nsID
	must(t, h.Do("red", func() (err error) {
		in, err = statNS(threadNetns)
		return err
	}))
	if in != red {
		t.Errorf("Do ran in %v, red is %v", in, red)
	}
	failure := errors.New("failure")
	if err := h.Do("red", func() error { return failure }); err != failure {
		t.Errorf("Do returned %v", err)
	}
	wantClass(t, h.Do("nobody", func() error { return nil }), model.ErrNotFound)
}

func TestDoLeavesThreadsIntact(t *testing.T) {
	h := newHost(t)
	create(t, h, "red", "blue")
	before := threadNamespaces(t)
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			ns := []string{"red", "blue", ""}[i%3]
			switch i % 4 {
			case 0:
				_ = h.Do(ns, func() error { return errors.New("no") })
			case 1:
				if p := panicOf(func() { _ = h.Do(ns, func() error { panic("oops") }) }); !strings.HasPrefix(p, "oops") {
					t.Errorf("panic %q", p)
				}
			case 2:
				_ = h.Do(ns, func() error { runtime.Goexit(); return nil })
				t.Error("Do returned after Goexit")
			case 3:
				must(t, h.Do(ns, func() error { return nil }))
			}
		})
	}
	wg.Wait()
	if after := threadNamespaces(t); after != before {
		t.Errorf("threads were in %v and are in %v", before, after)
	}
}

// fn may leave its thread anywhere.
func TestDoTakesTheThreadBack(t *testing.T) {
	h := newHost(t)
	before := threadNamespaces(t)
	for range 20 {
		must(t, h.Do("", func() error { return unix.Unshare(unix.CLONE_NEWNET) }))
	}
	if after := threadNamespaces(t); after != before {
		t.Errorf("threads were in %v and are in %v", before, after)
	}
}

func panicOf(fn func()) (p string) {
	defer func() { p = fmt.Sprint(recover()) }()
	fn()
	return ""
}

func TestLock(t *testing.T) {
	h, other := newHost(t), newHost(t)
	ctx := testContext(t)
	unlock, err := h.Lock(ctx)
	must(t, err)
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = other.Lock(short)
	wantClass(t, err, model.ErrNotReady)
	got := make(chan error)
	go func() {
		again, err := other.Lock(ctx)
		if err == nil {
			again()
		}
		got <- err
	}()
	unlock()
	unlock()
	must(t, <-got)
	must(t, h.Do("", func() error { return nil }))
}

func TestCloseReleasesAll(t *testing.T) {
	newHost(t) // cleans up
	fds, goroutines := openFiles(t), runtime.NumGoroutine()
	h, err := New()
	must(t, err)
	for i := range 20 {
		ns := fmt.Sprintf("ns%d", i)
		create(t, h, ns)
		attach(t, h, ns, "eth0", ns+"-eth0")
		_, err := h.Links(testContext(t), ns)
		must(t, err)
	}
	must(t, h.DeleteNamespaces(testContext(t), "ns0", "ns1"))
	must(t, h.Close())
	must(t, h.Close())
	if _, err := h.Links(testContext(t), ""); err == nil {
		t.Error("a closed Host still answers")
	}
	if now := openFiles(t); now != fds {
		t.Errorf("%d files open, %d before", now, fds)
	}
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Errorf("%d goroutines, %d before", now, goroutines)
	}
}

func openFiles(t testing.TB) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(list)
}

// A Host belongs to the namespace in which it was made, whatever thread uses it.
func TestHostOfAnotherNamespace(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red", "blue")
	attach(t, h, "red", "eth0", "red-eth0")
	var inner *Host
	must(t, h.Do("red", func() (err error) {
		inner, err = New()
		return err
	}))
	defer inner.Close()
	if _, found, err := inner.FindLink(ctx, "", "eth0"); !found || err != nil {
		t.Errorf("eth0: %v %v", found, err)
	}
	must(t, inner.SetSysctl("", "net/ipv4/ip_forward", "1"))
	if v, err := h.Sysctl("red", "net/ipv4/ip_forward"); v != "1" || err != nil {
		t.Errorf("ip_forward of red: %s %v", v, err)
	}
	attach(t, inner, "blue", "eth0", "blue-eth0")
	if l := ipLinkOf(t, "red", "blue-eth0"); l.Alias != "ovsns: blue eth0" {
		t.Errorf("in red: %+v", l)
	}
	for _, host := range []*Host{h, inner} { // different hosts, different locks
		unlock, err := host.Lock(ctx)
		must(t, err)
		defer unlock()
	}
	must(t, inner.DeleteNamespaces(ctx, "blue"))
	if _, found, err := inner.FindLink(ctx, "", "blue-eth0"); found || err != nil {
		t.Errorf("blue-eth0: %v %v", found, err)
	}
}
