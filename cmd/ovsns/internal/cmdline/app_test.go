package cmdline

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"
)

// testApp is a program with every sort of command, flag and argument.
func testApp() *cli.App {
	app := &cli.App{
		Name: "ovsns", Usage: "a program", Version: "1.2",
		Flags: append([]cli.Flag{
			Value{Name: "db", Default: "unix:/db"}.Flag(),
			Value{Name: "timeout", Default: "30s", Env: "TEST_TIMEOUT", Words: Fixed("10s", "30s")}.Flag(),
			Value{Name: "output", Letter: "o", About: "`FORMAT` of what is printed", Words: Fixed("table", "json")}.Flag(),
			Short("q", Bool("quiet", "say less")), Short("v", Bool("verbose", "say more")),
			Short("h", Bool(FlagHelp, "show the help")), Bool(FlagVersion, "print the version"),
		}, bools("dry-run")...),
		Commands: []*cli.Command{
			group("switch",
				command("create", "[NAME]"), command("list", ""), command("show", "[NAME]"),
				command("delete", "NAME", bools("force", FlagYes)...)),
			group("ns", command("create", "NAME..."), command("list", ""), command("delete", "[NAME...]", bools("all", "force")...)),
			command("attach", "NS",
				Value{Name: "switch", Letter: "s", Words: namesSoFar}.Flag(), number("vlan"), text("mac", "MAC"),
				text("ifname", "IF"), number("mtu"),
				Value{Name: "ip", About: "address `CIDR`", Words: Fixed("auto", "none")}.List(), text("gateway", "IP")),
			group("gateway", command("set", "CIDR...", number("vlan"), Bool("nat", "or not"))),
			group("allow", command("add", "SEGMENT SEGMENT")),
			group("addr", command("add", "NS CIDR")),
			group("route", command("add", "NS DEST via IP")),
			group("link", command("add", "A B", text("mac-a", "MAC"), text("mac-b", "MAC"))),
			command("exec", "NS -- CMD [ARG...]"),
			command("show", ""),
			command("apply", "", Value{Name: FlagFile, Letter: "f", About: "`FILE`", Words: Files}.Flag()),
			command("export", ""),
			sandboxOf(command("sandbox", "[-- CMD [ARG...]]", append(bools("root"), text("name", "NAME"))...)),
			command("completion", "bash|zsh|fish"),
		},
	}
	Prepare(app)
	return app
}

// testArguments complete the arguments of testApp.
var testArguments = Arguments{
	"NS": Fixed("red", "blue"), "CMD": Programs, "ARG": Files,
	"switch delete NAME": Fixed("sw0", "sw1"), "link add A": Fixed("red", "host"), "link add B": namesSoFar,
}

// namesSoFar returns what is on the line already.
func namesSoFar(_ context.Context, l *Line) []Candidate {
	list := []Candidate{{l.Name(), "the command"}}
	for _, arg := range l.Args {
		list = append(list, Candidate{Word: "not-" + arg})
	}
	return list
}

func command(name, args string, flags ...cli.Flag) *cli.Command {
	return &cli.Command{Name: name, Usage: "do " + name, ArgsUsage: args, Flags: flags, Action: func(c *cli.Context) error {
		_, err := c.App.Writer.Write([]byte(name + " " + strings.Join(c.Args().Slice(), ",")))
		return err
	}}
}

func group(name string, below ...*cli.Command) *cli.Command {
	return &cli.Command{Name: name, Usage: "many ways to " + name, Subcommands: below}
}

func sandboxOf(c *cli.Command) *cli.Command {
	c.Subcommands = []*cli.Command{command("list", ""), command("enter", "NAME [-- CMD [ARG...]]")}
	return c
}

func bools(names ...string) []cli.Flag {
	var flags []cli.Flag
	for _, name := range names {
		flags = append(flags, Bool(name, "or not"))
	}
	return flags
}

func number(name string) cli.Flag { return text(name, "N") }

func text(name, placeholder string) cli.Flag {
	return Value{Name: name, About: "the `" + placeholder + "`"}.Flag()
}
