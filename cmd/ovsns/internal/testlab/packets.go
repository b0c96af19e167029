package testlab

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// packetWords are the words for packets. A PLACE is a namespace of the
// home host (red), another host (inet:), a namespace of that (inet:red), or
// the home host itself (home:).
//
//	capture FILE PLACE IF [FILTER...]      tcpdump -e into a file, until the script ends
//	seen FILE REGEXP                       the file has such a line before long
//	transfer FROM TO ADDRESS BYTES         TCP from FROM to an address of TO: all comes back as it was sent;
//	                                       prints "seen as" and the address that TO saw
//	frames FILE                            of each line FROM IF TAG TO IF TAG, a raw frame sent by FROM with that
//	                                       VLAN tag reaches TO with that one, or with a ! before it does not; a tag
//	                                       is N, N.M (two), - (none) or, at TO, any. All are sent at once, so that
//	                                       what must not come is waited for once
func packetWords() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"capture":  capture,
		"seen":     seen,
		"transfer": transfer,
		"frames":   frames,
	}
}

// absence is how long is waited for what must not come.
var absence = slow * 700 * time.Millisecond

// PacketTool is the name under which this test binary is a program that sends
// and receives, see [PacketMain].
const PacketTool = "lab-traffic"

// at returns a command that runs in a place.
func at(ctx context.Context, ts *testscript.TestScript, place string, args ...string) *Cmd {
	host, namespace, ok := strings.Cut(place, ":")
	if !ok {
		host, namespace = home, place
	}
	if namespace != "" {
		args = append([]string{"ip", "netns", "exec", namespace}, args...)
	}
	return command(ctx, ts, host, args)
}

// tool returns a command that runs PacketMain in a place.
func tool(ctx context.Context, ts *testscript.TestScript, place string, args ...string) *Cmd {
	path := ts.MkAbs("." + PacketTool)
	path = filepath.Join(path, PacketTool)
	if _, err := os.Lstat(path); err != nil {
		self, err := os.Executable()
		ts.Check(err)
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
		ts.Check(os.Symlink(self, path))
	}
	return at(ctx, ts, place, append([]string{path}, args...)...)
}

// untilLine starts a program and waits for a line of its output that has a
// prefix, of which it returns the rest. What follows is to be read from r.
func untilLine(ts *testscript.TestScript, cmd *Cmd, r io.Reader, prefix string) (string, *bufio.Reader) {
	ts.Check(cmd.Start())
	lines := bufio.NewReader(r)
	var said strings.Builder
	for {
		line, err := lines.ReadString('\n')
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(rest), lines
		}
		said.WriteString(line)
		if err != nil {
			ts.Fatalf("%s: no line %q: %s", cmd, prefix, said.String())
		}
	}
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: capture FILE PLACE IF [FILTER...]")
	}
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := at(ctx, ts, args[1], append([]string{"tcpdump", "-e", "-n", "-l", "--immediate-mode", "-i", args[2]}, args[3:]...)...)
	cmd.Stdout = file
	problems, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Defer(func() {
		cancel()
		_ = cmd.Wait() // killed
		_ = file.Close()
	})
	_, rest := untilLine(ts, cmd, problems, "listening on")
	go func() { _, _ = io.Copy(io.Discard, rest) }()
}

func seen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: seen FILE REGEXP")
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(Patience)
	for {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		ts.Check(err)
		if pattern.Match(text) {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			ts.Fatalf("%s has no %q but:\n%s", args[0], args[1], text)
		}
	}
}

func transfer(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: transfer FROM TO ADDRESS BYTES")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := tool(ctx, ts, args[1], "echo", args[2])
	out, err := server.StdoutPipe()
	ts.Check(err)
	port, _ := untilLine(ts, server, out, "listening on ")
	wait := Patience
	if neg {
		wait = 3 * absence
	}
	client := tool(ctx, ts, args[0], "send", args[2], port, args[3], wait.String())
	client.Stdout, client.Stderr = ts.Stdout(), ts.Stderr()
	err = client.Run()
	cancel()
	_ = server.Wait() // killed
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		ts.Check(err)
	}
	if neg != (err != nil) {
		ts.Fatalf("transfer: %v", err)
	}
}
