package sandbox_test

import (
	"context"
	"fmt"

	"github.com/ovsns/ovsns/switchmgr/sandbox"
)

// Two machines joined by a cable.
func ExampleHost_Join() {
	ctx := context.Background()
	a, err := sandbox.Start(ctx, sandbox.Options{Name: "a"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	b, err := sandbox.Start(ctx, sandbox.Options{Name: "b", NoSwitch: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	if err := a.Join(ctx, "eth1", b, "eth0"); err != nil {
		fmt.Println(err)
		return
	}
	out, err := a.Command(ctx, "cat", "/sys/class/net/eth1/carrier").Output()
	fmt.Print(string(out), err)
	// Output:
	// 1
	// <nil>
}
