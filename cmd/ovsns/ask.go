package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/ovsns/ovsns/model"
)

// readLine reads one line of an answer, in lower case. It gives up when ctx
// ends; the read itself cannot be interrupted and ends with the process.
func (s *session) readLine(ctx context.Context) (string, error) {
	type reply struct {
		text string
		err  error
	}
	replies := make(chan reply, 1)
	go func() {
		text, err := bufio.NewReader(s.in).ReadString('\n')
		replies <- reply{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", model.Failedf("interrupted, nothing was changed")
	case r := <-replies:
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			return "", r.err
		}
		return strings.ToLower(strings.TrimSpace(r.text)), nil
	}
}
