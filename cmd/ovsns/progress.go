package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// progressBar is one line on a terminal, written again and again. A nil bar
// shows nothing.
type progressBar struct {
	w     io.Writer
	width int // of the terminal, in characters

	mu   sync.Mutex
	last time.Time // when the line was written; zero: it is not there
}

// progress returns a bar where there is somebody to see it.
func (s *session) progress() *progressBar {
	if s.out.quiet || s.dryRun || !isTerminal(s.err) || s.getenv("TERM") == "dumb" {
		return nil
	}
	return &progressBar{w: s.err, width: terminalWidth(s.err)}
}

// terminalWidth returns the width of a terminal, 80 when it does not say.
func terminalWidth(w io.Writer) int {
	if f, ok := w.(interface{ Fd() uintptr }); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
			return int(size.Col)
		}
	}
	return 80
}

// often is how long a line stays at least, for the sake of slow terminals.
const often = 50 * time.Millisecond

// show writes how many of total steps are done and what comes next.
func (b *progressBar) show(done, total int, step string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); now.Sub(b.last) >= often || done >= total {
		b.last = now
		fmt.Fprint(b.w, "\r"+progressLine(done, total, printable(step), b.width-1)+"\x1b[K")
	}
}

// clear takes the line away.
func (b *progressBar) clear() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.last.IsZero() {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.last = time.Time{}
	}
}

// progressLine returns "[######      ]  3/12 step", at most width characters.
func progressLine(done, total int, step string, width int) string {
	const cells = 20
	full := cells
	if total > 0 {
		full = min(cells*done/total, cells)
	}
	digits := len(fmt.Sprint(total))
	line := fmt.Sprintf("[%s%s] %*d/%d %s", strings.Repeat("#", full), strings.Repeat(" ", cells-full), digits, done, total, step)
	for utf8.RuneCountInString(line) > max(width, 0) {
		_, size := utf8.DecodeLastRuneInString(line)
		line = line[:len(line)-size]
	}
	return line
}
