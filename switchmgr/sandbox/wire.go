package sandbox

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovsns/ovsns/model"
)

// setup is the first message to pid 1.
type setup struct {
	Name     string
	Command  []string  // empty: none
	Programs *programs // nil: no switch
	User     bool      // in a user namespace of its own
	Kernel   bool      // the kernel has a datapath
	KeepDB   string    // absolute; "" for none
	Outside  bool
	Deadline time.Time // for the start
}

// order is each further message to pid 1: to start the command, then signals
// for it. A signal before that is the caller's own.
type order struct {
	Start  bool
	Signal int
}

// report is a message from pid 1: first one that it is ready or has failed,
// then, after a command, its exit status.
type report struct {
	Failure   *failure
	Code      int
	Condition Condition // of the first
}

// failure is an error on its way through the socket.
type failure struct {
	Class   string
	Message string
	Hint    string
}

var classes = []error{
	model.ErrInvalid, model.ErrNotFound, model.ErrConflict, model.ErrNotManaged, model.ErrNotReady,
}

func newFailure(err error) *failure {
	f := &failure{Message: err.Error(), Hint: model.Hint(err)}
	for _, c := range classes {
		if errors.Is(err, c) {
			f.Class = c.Error()
		}
	}
	return f
}

func (f *failure) error() error {
	e := &model.Error{Message: f.Message, Hint: f.Hint}
	for _, c := range classes {
		if c.Error() == f.Class {
			e.Class = c
		}
	}
	return e
}

// wire is one end of the control socket.
type wire struct {
	file *os.File
	dec  *json.Decoder
	mu   sync.Mutex // serialises send
}

func newWire(f *os.File) *wire { return &wire{file: f, dec: json.NewDecoder(f)} }

func (w *wire) send(message any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return json.NewEncoder(w.file).Encode(message)
}

func (w *wire) receive(message any) error { return w.dec.Decode(message) }

// socketpair returns the two ends of a control socket. The first does not
// block, so that Close wakes its reader.
func socketpair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fds[0]), "control"), os.NewFile(uintptr(fds[1]), "control"), nil
}
