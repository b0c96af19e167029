package watch

import (
	"net"
	"sync/atomic"
	"time"
)

// Notifier speaks with a service manager (sd_notify(3)). A nil one is silent.
type Notifier struct {
	conn   *net.UnixConn
	beat   atomic.Int64 // when the loop came round last, Unix time in ns
	last   string
	stop   chan struct{}
	limits time.Duration
}

// NewNotifier connects to the socket in $NOTIFY_SOCKET; "" gives nil. With a
// watchdog interval (WATCHDOG_USEC in sd_watchdog_enabled(3); 0 is none) it
// says twice in that time that the watch is alive, unless the watch has hung
// for longer than hung.
func NewNotifier(socket string, watchdog, hung time.Duration) (*Notifier, error) {
	if socket == "" {
		return nil, nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	n := &Notifier{conn: conn, stop: make(chan struct{}), limits: hung}
	n.alive()
	if watchdog > 0 {
		go n.watchdog(watchdog / 2)
	}
	return n, nil
}

// Close ends the watchdog's messages.
func (n *Notifier) Close() error {
	if n == nil {
		return nil
	}
	close(n.stop)
	return n.conn.Close()
}

func (n *Notifier) watchdog(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-n.stop:
			return
		case now := <-tick.C:
			if now.Sub(time.Unix(0, n.beat.Load())) < n.limits {
				n.send("WATCHDOG=1")
			}
		}
	}
}

// send says something; when nobody listens any more there is nobody to tell.
func (n *Notifier) send(state string) { _, _ = n.conn.Write([]byte(state)) }

// alive notes that the loop has come round.
func (n *Notifier) alive() {
	if n != nil {
		n.beat.Store(time.Now().UnixNano())
	}
}

func (n *Notifier) ready() {
	if n != nil {
		n.send("READY=1")
	}
}

func (n *Notifier) stopping() {
	if n != nil {
		n.send("STOPPING=1")
	}
}

// status sends a line for `systemctl status` when it is another one.
func (n *Notifier) status(line string) {
	if n != nil && line != n.last {
		n.last = line
		n.send("STATUS=" + line)
	}
}
