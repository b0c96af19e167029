package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/labfile"
)

const flagFile = "file"

// fileFlag names a lab file.
func fileFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: flagFile, Aliases: []string{"f"}, Usage: "lab `FILE`; - is standard input"}
}

// labFile is a lab file that has been read.
type labFile struct {
	shown string // its name, for messages
	data  []byte
}

func (f labFile) parse() (*model.Lab, error) { return labfile.Parse(f.shown, f.data) }

// parseFor parses it while m dials the database, which takes as long.
func (f labFile) parseFor(ctx context.Context, m *switchmgr.Manager) (*model.Lab, error) {
	m.Dial(ctx)
	return f.parse()
}

// readLab reads the lab file that --file names.
func (s *session) readLab(ctx context.Context) (labFile, error) {
	name := s.cli.String(flagFile)
	if name == "" {
		return labFile{}, model.Invalidf("%s: missing flag -f FILE", s.line.name()).WithHint("-f lab.yaml")
	}
	shown, read := name, func() ([]byte, error) { return os.ReadFile(name) }
	if name == "-" {
		shown, read = "stdin", func() ([]byte, error) { return io.ReadAll(s.in) }
	}
	data, err := readUntil(ctx, read)
	if err != nil {
		return labFile{}, model.Invalidf("cannot read %s", shown).Because(reason(err))
	}
	return labFile{shown, data}, nil
}

// readUntil reads unless ctx ends first; the read itself cannot be interrupted
// and ends with the process.
func readUntil(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	results := make(chan result, 1)
	go func() {
		data, err := read()
		results <- result{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, errors.New("interrupted")
	case r := <-results:
		return r.data, r.err
	}
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
