package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// Condition is in what way private hosts work on this machine, for this user.
type Condition struct {
	// UserNamespace says that the hosts have one, as an ordinary user's have.
	UserNamespace bool
	// Users is how many users there are inside; 1 is root alone.
	Users uint64
	// Datapath is how packets are switched inside.
	Datapath model.Datapath
}

// Probe makes a private host, looks at it and removes it. The errors are those
// of [Start].
func Probe(ctx context.Context) (Condition, error) {
	h, err := Start(ctx, Options{Name: "probe"})
	if err != nil {
		return Condition{}, err
	}
	defer h.Close()
	return h.condition, nil
}

// Limit is something that private hosts have to do without on a machine.
type Limit struct {
	Text string // a sentence for people
	Hint string // what to type for it
}

// Limits lists what this machine does not give private hosts.
func (c Condition) Limits() []Limit {
	var list []Limit
	if !c.Datapath.MakesInterfaces() {
		list = append(list, Limit{
			"/dev/net/tun cannot be opened, so a veth stands in for each interface of a switch",
			"sudo chmod 666 /dev/net/tun",
		})
	}
	if c.Users == 1 {
		list = append(list, Limit{
			"root is the only user inside, so programs that give up its privileges fail there",
			rangeHint(),
		})
	}
	return list
}

// rangeHint returns what gives this user a range of users: the programs, or
// the next 65536 that nobody has.
func rangeHint() string {
	free := uint64(100000)
	for _, id := range identities() {
		if _, err := exec.LookPath(id.program); err != nil {
			return "sudo apt-get install uidmap"
		}
		text, err := os.ReadFile(id.ranges)
		if err != nil {
			continue // none has one
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Split(strings.TrimSpace(line), ":")
			if len(f) != 3 {
				continue
			}
			first, _ := strconv.ParseUint(f[1], 10, 32)
			count, _ := strconv.ParseUint(f[2], 10, 32)
			free = max(free, first+count)
		}
	}
	ids := fmt.Sprintf("%d-%d", free, free+65535)
	return fmt.Sprintf("sudo usermod --add-subuids %s --add-subgids %s %s", ids, ids, userName(os.Geteuid()))
}
