package nsmgr

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// startInside starts a process in a namespace and returns its pid.
func startInside(t *testing.T, ns string, args ...string) int {
	t.Helper()
	cmd := exec.Command("ip", append([]string{"netns", "exec", ns, "sh", "-c", `echo ready; exec "$@"`, "sh"}, args...)...)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := out.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func TestProcesses(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red", "blue")
	pid := startInside(t, "red", "sleep", "1001")
	pid2 := startInside(t, "red", "sleep", "1002")
	list, err := h.Processes(ctx, "red")
	must(t, err)
	var pids []string
	for _, p := range list {
		pids = append(pids, fmt.Sprint(p.PID))
	}
	if len(list) != 2 || list[0].PID != min(pid, pid2) || !strings.Contains(list[0].Command, "sleep") && !strings.Contains(list[0].Command, "sh") {
		t.Errorf("Processes: %v, started %d and %d", list, pid, pid2)
	}
	if theirs := strings.Fields(ip(t, "netns", "pids", "red")); len(theirs) != len(pids) {
		t.Errorf("ip netns pids: %v, ours %v", theirs, pids)
	}
	if list, err := h.Processes(ctx, "blue"); len(list) != 0 || err != nil {
		t.Errorf("blue: %v %v", list, err)
	}
	_, err = h.Processes(ctx, "nobody")
	wantClass(t, err, model.ErrNotFound)
}

func TestDeleteNamespaces(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red", "blue", "green")
	attach(t, h, "red", "eth0", "red-eth0")
	attach(t, h, "green", "eth0", "green-eth0")
	must(t, h.CreateVeths(ctx, Veth{VethEnd{Namespace: "red", Name: "eth1"}, VethEnd{Namespace: "green", Name: "eth1"}}))
	must(t, h.DeleteNamespaces(ctx, "red", "blue", "nobody", "red"))
	must(t, h.DeleteNamespaces(ctx, "red"))
	must(t, h.DeleteNamespaces(ctx))
	links, err := h.Links(ctx, "")
	must(t, err)
	if len(links) != 2 || links[1].Name != "green-eth0" {
		t.Errorf("links of the host: %+v", links)
	}
	if out := ip(t, "netns", "list"); strings.Fields(out)[0] != "green" || strings.Contains(out, "red") {
		t.Errorf("ip netns list: %s", out)
	}
	if _, err := os.Lstat("/run/netns/red"); !os.IsNotExist(err) {
		t.Errorf("/run/netns/red: %v", err)
	}
	create(t, h, "red") // the name is free again
	attach(t, h, "red", "eth0", "red-eth0")
}

func TestDeleteNamespaceWithProcess(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	create(t, h, "red", "blue")
	attach(t, h, "red", "eth0", "red-eth0")
	attach(t, h, "blue", "eth0", "blue-eth0")
	ip(t, "link", "add", "theirs", "type", "veth", "peer", "name", "eth5", "netns", "red")
	startInside(t, "red", "sleep", "1000")
	must(t, h.DeleteNamespaces(ctx, "red", "blue"))
	links, err := h.Links(ctx, "")
	must(t, err)
	if len(links) != 2 || links[1].Name != "theirs" {
		t.Errorf("links of the host: %+v", links)
	}
}

// An open file keeps a namespace alive that no process is in.
func TestDeleteNamespaceHeldByFile(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	fd, err := openNS("/run/netns/red")
	must(t, err)
	defer unix.Close(fd)
	must(t, h.DeleteNamespaces(testContext(t), "red"))
	if _, found, _ := h.FindLink(testContext(t), "", "red-eth0"); found {
		t.Error("the veth is still there")
	}
}

// TestDeletionInSteps: a name that means another namespace by the time it would go
// is somebody else's.
func TestDeletionInSteps(t *testing.T) {
	h := newHost(t)
	create(t, h, "red", "blue")
	attach(t, h, "red", "eth0", "red-eth0")
	attach(t, h, "blue", "eth0", "blue-eth0")
	d, err := h.FindDeletion(testContext(t), Going{Namespaces: []string{"red", "blue", "nobody"}})
	must(t, err)
	defer d.Close()
	ip(t, "link", "show", "red-eth0")
	must(t, d.DeleteLinks())
	if links, err := h.Links(testContext(t), ""); err != nil || len(links) != 1 {
		t.Errorf("links of the host: %+v, %v", links, err)
	}
	ip(t, "-n", "blue", "link", "show", "lo")
	ip(t, "netns", "delete", "red")
	ip(t, "netns", "add", "red")
	must(t, d.DeleteNames())
	if left := strings.Fields(ip(t, "netns", "list")); len(left) != 1 || left[0] != "red" {
		t.Errorf("ip netns list: %q", left)
	}
	d.Close()
	wantClass(t, h.DeleteNamespaces(testContext(t), "red"), model.ErrNotManaged)
	ip(t, "netns", "delete", "red")
}

// TestDeleteTaps: only what has the right kind and MAC goes.
func TestDeleteTaps(t *testing.T) {
	h := newHost(t)
	ip(t, "tuntap", "add", "t0", "mode", "tap")
	ip(t, "tuntap", "add", "t1", "mode", "tap")
	ip(t, "link", "add", "t2", "type", "bridge")
	for i, name := range []string{"t0", "t1", "t2"} {
		ip(t, "link", "set", name, "address", fmt.Sprint("02:00:00:00:00:0", i))
		defer func() { _ = exec.Command("ip", "link", "delete", name).Run() }()
	}
	taps := map[string]model.MAC{
		"t0": {2, 0, 0, 0, 0, 0}, "t1": {2, 0, 0, 0, 0, 9}, "t2": {2, 0, 0, 0, 0, 2}, "t3": {2, 0, 0, 0, 0, 3},
	}
	d, err := h.FindDeletion(testContext(t), Going{Taps: taps})
	must(t, err)
	defer d.Close()
	must(t, d.DeleteLinks())
	must(t, d.DeleteNames())
	links, err := h.Links(testContext(t), "")
	if err != nil || len(links) != 3 || links[1].Name != "t1" || links[2].Name != "t2" {
		t.Errorf("links of the host: %+v, %v", links, err)
	}
}

func TestDeleteNamespacesIsBounded(t *testing.T) {
	h := newHost(t)
	create(t, h, "red")
	attach(t, h, "red", "eth0", "red-eth0")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	wantClass(t, h.DeleteNamespaces(ctx, "red"), model.ErrNotReady)
}

func TestManyNamespaces(t *testing.T) {
	h := newHost(t)
	ctx := testContext(t)
	var names []string
	begun := time.Now()
	for i := range 200 {
		ns := fmt.Sprintf("ns%d", i)
		names = append(names, ns)
		create(t, h, ns)
		attach(t, h, ns, "eth0", ns+"-eth0")
		must(t, h.SetLink(ctx, ns, "eth0", LinkChange{Up: new(true), TxChecksum: new(false)}))
	}
	made := time.Now()
	list, err := h.Namespaces(ctx)
	if err != nil || len(list) != 200 {
		t.Errorf("%d namespaces, %v", len(list), err)
	}
	listed := time.Now()
	must(t, h.DeleteNamespaces(ctx, names...))
	deleted := time.Now()
	t.Logf("200 namespaces: made in %v, listed in %v, deleted in %v",
		made.Sub(begun), listed.Sub(made), deleted.Sub(listed))
	if links, err := h.Links(ctx, ""); len(links) != 1 || err != nil {
		t.Errorf("links left: %d %v", len(links), err)
	}
	if took := deleted.Sub(listed); took > 5*time.Second {
		t.Errorf("deleting took %v", took)
	}
}
