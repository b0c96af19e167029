package cmdline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
)

// FlagYes answers what [Confirm] asks.
const FlagYes = "yes"

// Yes returns the flag of that name.
func Yes() cli.Flag { return Short("y", Bool(FlagYes, "do not ask")) }

// Confirm asks whether to do what has been shown; anything but y and yes is an
// error, and so is the end of ctx.
func Confirm(ctx context.Context, in io.Reader, out io.Writer) error {
	fmt.Fprint(out, "Do this? [y/N] ")
	answer, err := readLine(ctx, in)
	if err != nil {
		return err
	}
	if answer != "y" && answer != "yes" {
		return model.Failedf("not confirmed, nothing was changed")
	}
	return nil
}

// readLine reads one line of an answer, in lower case.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	text, err := until(ctx, func() (string, error) { return bufio.NewReader(in).ReadString('\n') })
	switch {
	case errors.Is(err, errInterrupted):
		return "", model.Failedf("interrupted, nothing was changed")
	case err != nil && !errors.Is(err, io.EOF):
		return "", err
	}
	return strings.ToLower(strings.TrimSpace(text)), nil
}

var errInterrupted = errors.New("interrupted")

// until reads unless ctx ends first, which is errInterrupted; the read itself
// cannot be interrupted and ends with the process.
func until[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		data T
		err  error
	}
	results := make(chan result, 1)
	go func() {
		data, err := read()
		results <- result{data, err}
	}()
	select {
	case <-ctx.Done():
		var none T
		return none, errInterrupted
	case r := <-results:
		return r.data, r.err
	}
}
