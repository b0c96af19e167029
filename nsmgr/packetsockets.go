package nsmgr

import (
	"os"
	"strconv"
	"strings"
)

// PacketSockets lists the interfaces of the host, by index, on which a packet(7)
// socket listens. A switch in userspace has one on each of its ports that is no
// tap; it stays behind, deaf, when the interface goes, be it that another one of
// the same name comes. It takes the privilege to see others' sockets.
func (h *Host) PacketSockets() (map[int]bool, error) {
	var text []byte
	err := h.Do("", func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/net/packet")
		return classify(err, "cannot read who listens to packets")
	})
	if err != nil {
		return nil, err
	}
	const column = 4 // of proc_pid_net(5), "packet": Iface
	found := map[int]bool{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > column {
			if index, err := strconv.Atoi(fields[column]); err == nil { // the first line is a heading
				found[index] = true
			}
		}
	}
	return found, nil
}
