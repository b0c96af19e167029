package switchmgr_test

import (
	"os/exec"
	"testing"

	"github.com/ovsns/ovsns/switchmgr"
)

// TestLinkIntoANamespaceThatGoes deletes one of linked namespaces while a
// process holds it: the ends of its links elsewhere are gone all the same.
func TestLinkIntoANamespaceThatGoes(t *testing.T) {
	m := lab(t)
	for _, r := range []switchmgr.LinkRequest{
		{A: "red", B: "blue"}, {A: "blue", B: "rose"}, {A: "blue", B: "host"},
		{A: "blue", B: "green"},
	} {
		result, err := m.AddLink(t.Context(), r)
		must(t, result, err)
	}
	holder := exec.Command("ip", "netns", "exec", "blue", "sh", "-c", "echo; exec cat")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); _ = holder.Wait() }()
	if _, err := out.Read(make([]byte, 1)); err != nil { // it is inside
		t.Fatal(err)
	}
	result, err := m.DeleteNamespaces(t.Context(), []string{"blue", "green"}, true)
	must(t, result, err)
	shell(t, `for n in red rose; do [ "$(ip netns exec $n ls /sys/class/net)" = lo ]; done`)
	shell(t, "! ls /sys/class/net | grep blue")
}
