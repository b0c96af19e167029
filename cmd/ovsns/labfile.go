package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/switchmgr"
	"github.com/ovsns/ovsns/switchmgr/labfile"
)

// fileFlag names a lab file.
func fileFlag() cli.Flag {
	return cmdline.Value{
		Name: cmdline.FlagFile, Letter: "f", About: "lab `FILE`; - is standard input", Words: cmdline.Files,
	}.Flag()
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
	name := s.cli.String(cmdline.FlagFile)
	if name == "" {
		return labFile{}, model.Invalidf("%s: missing flag -f FILE", s.line.Name()).WithHint("-f lab.yaml")
	}
	shown, data, err := cmdline.ReadFile(ctx, name, s.in)
	return labFile{shown, data}, err
}
