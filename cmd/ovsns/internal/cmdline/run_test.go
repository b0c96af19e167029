package cmdline

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/model"
)

// ran returns what a line of testApp prints.
func ran(t *testing.T, typed string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	app := testApp()
	app.Writer = &out
	l, err := Parse(app, strings.Fields(typed))
	if err != nil {
		t.Fatal(err)
	}
	err = l.Run(t.Context())
	return out.String(), err
}

func TestRun(t *testing.T) {
	for typed, want := range map[string]string{
		"--version":               "ovsns 1.2\n",
		"exec red -- ls -l":       "exec red,ls,-l",
		"sandbox -- list":         "sandbox list",
		"addr add help h --quiet": "add help,h",
	} {
		if got, err := ran(t, typed); err != nil || got != want {
			t.Errorf("%q: got %q, %v", typed, got, err)
		}
	}
}

func TestHelp(t *testing.T) {
	got, err := ran(t, "attach --help")
	want := `ovsns attach - do attach

Usage:
   ovsns attach NS [--switch value] [--vlan N] [--mac MAC] [--ifname IF] [--mtu N] [--ip CIDR] [--gateway IP]

Flags:
   --switch value, -s value  
   --vlan N                  the N
   --mac MAC                 the MAC
   --ifname IF               the IF
   --mtu N                   the N
   --ip CIDR...              address CIDR (repeatable)
   --gateway IP              the IP

Global flags: see ovsns --help
`
	if err != nil || got != want {
		t.Errorf("%v, got:\n%s\nwant:\n%s", err, got, want)
	}
}

func TestBadVariable(t *testing.T) {
	t.Setenv("TEST_BOOL", "maybe")
	app := testApp()
	app.Flags = append(app.Flags, Bool("bool", "", "TEST_BOOL"))
	l, err := Parse(app, []string{"show"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Run(t.Context()); !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), "TEST_BOOL") {
		t.Errorf("got %v", err)
	}
}

func TestRead(t *testing.T) {
	app := testApp()
	app.Writer = new(bytes.Buffer)
	app.Command("attach").Action = func(c *cli.Context) error {
		mac, err := Read(c, "mac", model.ParseMAC)
		if err != nil || mac != (model.MAC{2, 0, 0, 0, 0, 1}) {
			t.Errorf("got %v, %v", mac, err)
		}
		if none, err := Read(c, "vlan", model.ParseVID); err != nil || none != 0 {
			t.Errorf("not given: %v, %v", none, err)
		}
		if _, err := Read(c, "mtu", model.ParseVID); err == nil {
			t.Error("no error")
		}
		return nil
	}
	l, err := Parse(app, strings.Fields("attach red --mac 02:00:00:00:00:01 --mtu x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPlaceholder(t *testing.T) {
	mtu := Value{Name: "mtu", Letter: "m", About: "in bytes", Placeholder: "BYTES"}.Flag()
	if got := mtu.String(); got != "--mtu BYTES, -m BYTES\tin bytes" || usageOf(mtu) != "--mtu BYTES" {
		t.Errorf("got %q, %q", got, usageOf(mtu))
	}
	ip := Value{Name: "ip", About: "its addresses", Placeholder: "CIDR"}.List()
	if got := flagLines([]cli.Flag{ip})[0]; got != "--ip CIDR...\tits addresses (repeatable)" {
		t.Errorf("got %q", got)
	}
}
