package main

import (
	"strings"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestFlagOf(t *testing.T) {
	for want, got := range map[string]string{
		"--mtu BYTES\tits MTU in bytes; 1500 without it (68 to 65535)":         flagOf(model.MTU, nil).Flag().String(),
		"--mac MAC\tits MAC; the kernel chooses without it":                    flagOf(model.HardwareAddress, nil).Flag().String(),
		"--vrf NAME\ta router namespace of its own for the gateway":            flagOf(model.VRF, nil).Flag().String(),
		"--mac-a MAC\tMAC of end a; the kernel chooses without it":             flagOf(model.LinkMAC("a"), nil).Flag().String(),
		"--nat\tmasquerade the gateway's subnets on their way out of the host": switchOf(model.Masquerade).String(),
	} {
		if strings.TrimSpace(got) != want {
			t.Errorf("got %q; want %q", got, want)
		}
	}
	words := flagOf(model.DatapathOf, nil).Words(t.Context(), nil)
	if len(words) != 3 || words[2].Word != "netdev" {
		t.Errorf("--datapath is completed by %v", words)
	}
}
