package testlab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// frameLine is a line of the file of the word frames.
type frameLine struct {
	text     string
	from, to frameEnd
	sent     string // its tag
	want     string // the tag with which it arrives
	never    bool   // it does not
}

// frameEnd is an interface in a place.
type frameEnd struct{ place, ifname string }

// readFrames reads such a file, in which # begins a comment.
func readFrames(ts *testscript.TestScript, name string) (list []frameLine) {
	for line := range strings.Lines(ts.ReadFile(name)) {
		text, _, _ := strings.Cut(line, "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		l := frameLine{text: strings.TrimSpace(text), never: words[0] == "!"}
		if l.never {
			words = words[1:]
		}
		if len(words) != 6 {
			ts.Fatalf("%s: not FROM IF TAG TO IF TAG: %s", name, line)
		}
		l.from, l.sent = frameEnd{words[0], words[1]}, words[2]
		l.to, l.want = frameEnd{words[3], words[4]}, words[5]
		list = append(list, l)
	}
	return list
}

// arrival is a frame that an interface has received, by its number in the file.
type arrival struct {
	at     frameEnd
	number int
	tag    string
}

// frames sends the frames of a file and sees which arrive, and how.
func frames(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: frames FILE")
	}
	list := readFrames(ts, args[0])
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	arrivals := make(chan arrival, 64)
	salt := strconv.FormatInt(time.Now().UnixNano(), 36)
	sent := map[frameEnd][]string{} // arguments of the sender
	heard := map[frameEnd]bool{}
	for i, l := range list {
		sent[l.from] = append(sent[l.from], l.sent, fmt.Sprintf("%s-%d", salt, i))
		if !heard[l.to] {
			heard[l.to] = true
			receive(ctx, ts, l.to, salt, arrivals)
		}
	}
	for from, words := range sent {
		sender := tool(ctx, ts, from.place, append([]string{"frames", from.ifname}, words...)...)
		sender.Stderr = os.Stderr
		ts.Check(sender.Start())
		ts.Defer(func() { _ = sender.Wait() }) // killed
	}
	judge(ts, list, arrivals)
}

// receive starts the program that receives at an interface, and returns when it
// listens.
func receive(ctx context.Context, ts *testscript.TestScript, at frameEnd, salt string, arrivals chan<- arrival) {
	receiver := tool(ctx, ts, at.place, "receive", at.ifname, salt)
	out, err := receiver.StdoutPipe()
	ts.Check(err)
	_, rest := untilLine(ts, receiver, out, "listening")
	go func() {
		lines := bufio.NewScanner(rest)
		for lines.Scan() {
			a := arrival{at: at}
			if _, err := fmt.Sscan(lines.Text(), &a.number, &a.tag); err != nil {
				continue
			}
			select {
			case arrivals <- a:
			case <-ctx.Done():
			}
		}
		_, _ = io.Copy(io.Discard, rest)
		_ = receiver.Wait() // killed
	}()
}

// judge says which frames did not do as their lines say.
func judge(ts *testscript.TestScript, list []frameLine, arrivals <-chan arrival) {
	got := gather(list, arrivals)
	var wrong []string
	for i, l := range list {
		if arrived := got[i] != "" && (l.want == "any" || got[i] == l.want); arrived == l.never {
			wrong = append(wrong, fmt.Sprintf("%s: arrived with tag %q", l.text, got[i]))
		}
	}
	if len(wrong) > 0 {
		ts.Fatalf("%s", strings.Join(wrong, "\n"))
	}
}

// gather returns the tag with which each frame came to its interface first, "" for none.
// It waits until all have come that are to come, and then for those that must not.
func gather(list []frameLine, arrivals <-chan arrival) []string {
	got := make([]string, len(list))
	missing := 0
	for _, l := range list {
		if !l.never {
			missing++
		}
	}
	limit := time.After(Patience)
	for over := false; ; {
		if missing == 0 && !over {
			over, limit = true, time.After(absence)
		}
		select {
		case a := <-arrivals:
			l := list[a.number]
			if l.to != a.at || got[a.number] != "" {
				continue // it goes to all that hear it
			}
			got[a.number] = a.tag
			if !l.never {
				missing--
			}
		case <-limit:
			return got
		}
	}
}
