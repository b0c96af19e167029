package nsmgr

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestPrivilege(t *testing.T) {
	must(t, CheckPrivilege())
	_ = HasKernelDatapath() // depends on the machine
}

func TestReadingNeedsNoPrivilege(t *testing.T) {
	h := newHost(t)
	create(t, h, "red", "blue")
	attach(t, h, "blue", "eth0", "blue-eth0") // blue can be identified from outside
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), stageEnv+"="+stageRead)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// readStage is the helper process without privileges.
func readStage() int {
	h, err := New()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer h.Close()
	problems := errors.Join(readable(h), refused(h))
	if problems != nil {
		fmt.Println(problems)
		return 1
	}
	return 0
}

func readable(h *Host) error {
	ctx := context.Background()
	_, links := h.Links(ctx, "")
	_, routes := h.Routes(ctx, "")
	_, sysctl := h.Sysctl("", "net/ipv4/ip_forward")
	list, err := h.Namespaces(ctx)
	if marks(list) != "blue false, red false" {
		err = errors.Join(err, fmt.Errorf("namespaces %v", list))
	}
	return errors.Join(links, routes, sysctl, err)
}

func refused(h *Host) error {
	ctx := context.Background()
	_, enter := h.Links(ctx, "red")
	var problems error
	for what, err := range map[string]error{
		"privilege": CheckPrivilege(),
		"enter":     enter,
		"create":    h.CreateNamespaces(ctx, "green"),
		"delete":    h.DeleteNamespaces(ctx, "red"),
		"veth":      h.CreateVeths(ctx, Veth{VethEnd{Name: "a"}, VethEnd{Name: "b"}}),
		"link":      h.SetLink(ctx, "", "lo", LinkChange{Up: new(true)}),
		"address":   h.AddAddress(ctx, "", "lo", netip.MustParsePrefix("192.0.2.1/32")),
	} {
		if !errors.Is(err, model.ErrNotReady) {
			problems = errors.Join(problems, fmt.Errorf("%s: got %w", what, err))
		}
		if !strings.HasPrefix(model.Hint(err), "sudo ") {
			problems = errors.Join(problems, fmt.Errorf("%s: hint %q", what, model.Hint(err)))
		}
	}
	return problems
}
