package cmdline

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/ovsns/ovsns/model"
)

// ReadFile reads a file, or stdin, which is called "-", and returns how messages
// call it. It gives up when ctx ends. The error is [model.ErrInvalid].
func ReadFile(ctx context.Context, name string, stdin io.Reader) (shown string, data []byte, err error) {
	shown, read := name, func() ([]byte, error) { return os.ReadFile(name) }
	if name == "-" {
		shown, read = "stdin", func() ([]byte, error) { return io.ReadAll(stdin) }
	}
	if data, err = until(ctx, read); err != nil {
		return shown, nil, model.Invalidf("cannot read %s", shown).Because(reason(err))
	}
	return shown, data, nil
}

// reason returns why a file cannot be read, without the name of the call and
// the file.
func reason(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
