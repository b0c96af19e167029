//go:build vm

package main

import (
	"testing"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/testlab"
	"github.com/ovsns/ovsns/nsmgr"
)

// TestKernel runs the scripts for what only some kernels have: a datapath for
// Open vSwitch, VLAN and VRF devices, netem. hack/test-vm.sh boots one of those.
func TestKernel(t *testing.T) {
	t.Parallel()
	if !nsmgr.HasKernelDatapath() {
		t.Fatal("this kernel has no datapath of Open vSwitch; run hack/test-vm.sh")
	}
	testlab.RunScripts(t, "kernel")
}
