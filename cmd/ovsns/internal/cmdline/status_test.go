package cmdline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ovsns/ovsns/model"
)

func TestExitCode(t *testing.T) {
	tests := []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("x"), 1},
		{model.Failedf("x"), 1},
		{model.Invalidf("x"), 2},
		{model.NotFoundf("x"), 3},
		{model.Conflictf("x"), 4},
		{model.NotManagedf("x"), 4},
		{model.NotReadyf("x"), 5},
		{fmt.Errorf("step: %w", model.NotFoundf("x")), 3},
		{errors.Join(model.Conflictf("x"), errors.New("y")), 4},
		{model.Failedf("x").Because(model.NotReadyf("y")), 5},
		{fmt.Errorf("wait: %w", context.DeadlineExceeded), 5},
		{context.Canceled, 1},
		{ExitStatus(42), 42},
		{ProgramError{Err: &exec.Error{Name: "nope", Err: exec.ErrNotFound}}, 127},
		{ProgramError{Err: &fs.PathError{Op: "exec", Path: "/nope", Err: fs.ErrNotExist}}, 127},
		{ProgramError{Err: &fs.PathError{Op: "exec", Path: "/etc/passwd", Err: fs.ErrPermission}}, 126},
		{ProgramError{Err: model.NotFoundf("cannot run nope").Because(exec.ErrNotFound)}, 127},
		{ProgramError{Err: model.NotFoundf("cannot run /etc/passwd").Because(fs.ErrPermission)}, 126},
		{ProgramError{Err: model.Failedf("cannot run it").Because(syscall.ENOEXEC)}, 126},
		{ProgramError{Err: model.NotFoundf("no namespace red")}, 3},
		{ProgramError{Err: model.NotReadyf("needs root").Because(fs.ErrPermission)}, 5},
		{fs.ErrNotExist, 1},
	}
	for _, tt := range tests {
		if got := ExitCode(tt.err); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.err, got, tt.want)
		}
	}
}

func TestReportIsOneLineEach(t *testing.T) {
	var errs bytes.Buffer
	code := Report(&errs, nil, model.NotFoundf("no namespace %s", "a\nb\x1b[31m\xff").WithHint("ovsns\tns list\r\n"))
	want := `error: no namespace a\nb\x1b[31m\xff` + "\n" + `hint: ovsns\tns list\r\n` + "\n"
	if code != ExitNotFound || errs.String() != want {
		t.Errorf("status %d\n got %q\nwant %q", code, &errs, want)
	}
	errs.Reset()
	if Report(&errs, nil, ExitStatus(3)); errs.Len() > 0 {
		t.Errorf("a passed-on status says %q", &errs)
	}
}

func TestHintsBecomeLines(t *testing.T) {
	tests := []struct{ typed, message, hint, want string }{
		{"attach red", "several switches", "-s sw0", "ovsns attach red -s sw0"},
		{"exec red -- ls", "x", "--db unix:/x", "ovsns exec red --db unix:/x -- ls"},
		{"attach red -s a", "x", "-s sw0", "ovsns attach red -s sw0"},
		{"attach red -sa", "x", "-s sw0", "ovsns attach red -ssw0"},
		{"attach red --mac=X", "MAC x", "--mac Y", "ovsns attach red --mac=Y"},
		{"link add a b --mac-b=X", "MAC x is bad", "--mac Y", "ovsns link add a b --mac-b=Y"},
		{"link add a b --mac-b=X", "MAC z is bad", "--mac Y", ""},
		{"addr add red 10.0.0.1/24", "address 10.0.0.1 is taken", "--ip auto", ""},
		{"attach red", "x", "--vlan 5 for an access port", "--vlan 5 for an access port"},
		{"addr add red 10.0.0.1", "address 10.0.0.1 has none", "10.0.0.1/24", "ovsns addr add red 10.0.0.1/24"},
		{"attach red --ip 10.0.0.1 --ip 10.0.0.2", "address 10.0.0.2 has none", "10.0.0.2/24", "ovsns attach red --ip 10.0.0.1 --ip 10.0.0.2/24"},
		{"attach red --ip 10.0.0.1 --ip 10.0.0.1", "address 10.0.0.1 has none", "10.0.0.1/24", "10.0.0.1/24"},
		{"attach red", "x", "ovsns switch create", "ovsns switch create"},
		{"attach red", "x", "", ""},
	}
	for _, tt := range tests {
		l, err := Parse(testApp(), strings.Fields(tt.typed))
		if err != nil {
			t.Fatal(err)
		}
		if got := hint(l, model.Invalidf("%s", tt.message).WithHint("%s", tt.hint)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.typed, got, tt.want)
		}
	}
}
