package output

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Bar is one line on a terminal that shows progress, written again and again. A
// nil bar shows nothing. Many goroutines may use one.
type Bar struct {
	w     io.Writer
	width int // of the terminal, in characters

	mu   sync.Mutex
	last time.Time // when the line was written; zero: it is not there
}

// NewBar returns a bar on a terminal.
func NewBar(w io.Writer) *Bar { return &Bar{w: w, width: terminalWidth(w)} }

// often is how long a line stays at least, for the sake of slow terminals.
const often = 50 * time.Millisecond

// Show writes how many of total steps are done and what comes next.
func (b *Bar) Show(done, total int, step string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); now.Sub(b.last) >= often || done >= total {
		b.last = now
		fmt.Fprint(b.w, "\r"+barLine(done, total, Printable(step), b.width-1)+"\x1b[K")
	}
}

// Clear takes the line away.
func (b *Bar) Clear() {
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

// barLine returns "[######      ]  3/12 step", at most width characters.
func barLine(done, total int, step string, width int) string {
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
