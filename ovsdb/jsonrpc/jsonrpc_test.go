package jsonrpc

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// daemon answers each question with the next of replies, and then with silence. It
// hands over the questions.
func daemon(t *testing.T, replies ...string) (*Client, <-chan string) {
	t.Helper()
	ours, theirs := net.Pipe()
	questions := make(chan string, len(replies)+1)
	go func() {
		lines := bufio.NewScanner(theirs)
		for i := 0; lines.Scan(); i++ {
			questions <- lines.Text()
			if i < len(replies) {
				_, _ = io.WriteString(theirs, replies[i])
			}
		}
	}()
	c := NewClient(ours)
	t.Cleanup(func() { c.Close(); theirs.Close() })
	return c, questions
}

func TestCall(t *testing.T) {
	c, questions := daemon(t,
		`{"id":1,"result":[{"rows":[{"a":7}]}],"error":null}`+"\n",
		`{"id":2,"result":null,"error":"no such command\n"}`,
		`{"id":3,"result":null,"error":{"details":"bad","error":"syntax"}}`,
		`{"id":4,"result":null,"error":null}`,
	)
	var result []struct{ Rows []map[string]int }
	err := c.Call(t.Context(), &result, "transact", "db", map[string]any{"op": "select"})
	if err != nil || len(result) != 1 || result[0].Rows[0]["a"] != 7 {
		t.Errorf("got %v, %v", result, err)
	}
	if q, want := <-questions, `{"id":1,"method":"transact","params":["db",{"op":"select"}]}`; q != want {
		t.Errorf("asked %s, want %s", q, want)
	}
	for _, want := range []string{"x: no such command", "x: map[details:bad error:syntax]"} {
		var refused *Error
		if err := c.Call(t.Context(), new(string), "x"); !errors.As(err, &refused) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if q := <-questions; q[len(q)-len(`"params":[]}`):] != `"params":[]}` {
			t.Errorf("asked %s", q)
		}
	}
	text := "as it was"
	if err := c.Call(t.Context(), &text, "x"); err != nil || text != "as it was" {
		t.Errorf("no result: %q, %v", text, err)
	}
}

func TestOtherAnswer(t *testing.T) {
	c, _ := daemon(t, `{"id":7,"result":"x","error":null}`)
	var refused *Error
	if err := c.Call(t.Context(), new(string), "x"); !errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
}

func TestCallEnds(t *testing.T) {
	c, _ := daemon(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.Call(ctx, new(string), "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silence: %v", err)
	}
	if err := c.Call(ctx, new(string), "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the end: %v", err)
	}
	c, questions := daemon(t)
	go func() { <-questions; c.Close() }()
	if err := c.Call(t.Context(), new(string), "x"); err == nil {
		t.Error("closed: no error")
	}
	c, questions = daemon(t, `{"id":1,`)
	go func() { <-questions; c.Close() }()
	if err := c.Call(t.Context(), new(string), "x"); err == nil {
		t.Error("half an answer: no error")
	}
}
