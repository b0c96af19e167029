package main

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/hack/bench/rawdb"
	"github.com/ovsns/ovsns/hack/bench/task"
)

// pings is how many pairs of neighbours are tried.
const pings = 20

// verify looks at a network in the database, in every namespace, and by
// sending packets through it.
func verify(ctx context.Context, members []member) error {
	if err := verifyPorts(ctx, members); err != nil {
		return err
	}
	if err := verifyAddresses(members); err != nil {
		return err
	}
	for i := 0; i < len(members)-1; i += max(len(members)/pings/2*2, 2) {
		if err := ping(ctx, members[i], members[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// verifyPorts requires a port with the right tag, opened by ovs-vswitchd, for
// each member.
func verifyPorts(ctx context.Context, members []member) error {
	db, err := rawdb.Dial(ctx, rawdb.Socket)
	if err != nil {
		return err
	}
	defer db.Close()
	tags, err := column(db, "Port", "tag")
	if err != nil {
		return err
	}
	opened, err := column(db, "Interface", "ofport")
	if err != nil {
		return err
	}
	if len(tags) != len(members)+1 { // and the switch's own
		return fmt.Errorf("there are %d ports, not %d", len(tags), len(members)+1)
	}
	for _, m := range members {
		if tag, ok := tags[m.Port].(float64); !ok || int(tag) != m.VLAN {
			return fmt.Errorf("port %s has tag %v, not %d", m.Port, tags[m.Port], m.VLAN)
		}
		if n, ok := opened[m.Port].(float64); !ok || n < 1 {
			return fmt.Errorf("ovs-vswitchd has not opened port %s", m.Port)
		}
	}
	return nil
}

// column returns a column of all rows by their names.
func column(db *rawdb.Client, table, column string) (map[string]any, error) {
	rows, err := db.Select(table, []string{"name", column})
	values := map[string]any{}
	for _, row := range rows {
		values[fmt.Sprint(row["name"])] = row[column]
	}
	return values, err
}

// verifyAddresses visits every namespace, on a thread that ends afterwards.
func verifyAddresses(members []member) error {
	outcome := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		for _, m := range members {
			if err := m.verifyInside(); err != nil {
				outcome <- fmt.Errorf("namespace %s: %w", m.Namespace, err)
				return
			}
		}
		outcome <- nil
	}()
	return <-outcome
}

// verifyInside enters the namespace with the calling thread and looks for the
// address on an interface that is up.
func (m member) verifyInside() error {
	fd, err := unix.Open(m.Netns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return err
	}
	i, err := net.InterfaceByName(m.Ifname)
	if err != nil {
		return err
	}
	if i.Flags&net.FlagUp == 0 {
		return fmt.Errorf("%s is down", m.Ifname)
	}
	addresses, err := i.Addrs()
	if err != nil {
		return err
	}
	want := fmt.Sprintf("%s/%d", m.Address, task.PrefixLength)
	if !slices.ContainsFunc(addresses, func(a net.Addr) bool { return a.String() == want }) {
		return fmt.Errorf("%s has addresses %v, not %s", m.Ifname, addresses, want)
	}
	return nil
}

// ping sends packets until one comes back: a switch that still floods may lose
// some.
func ping(ctx context.Context, from, to member) error {
	return until(ctx, func() error {
		err := exec.CommandContext(ctx, "nsenter", "--net="+from.Netns,
			"ping", "-q", "-c", "1", "-W", "1", to.Address.String()).Run()
		if err != nil {
			return fmt.Errorf("%s cannot ping %s: %w", from.Namespace, to.Namespace, err)
		}
		return nil
	})
}
