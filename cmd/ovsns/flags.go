package main

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/cmdline"
	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
	"github.com/ovsns/ovsns/ovsdb"
)

// Names of global flags, beside those of package cmdline.
const (
	flagDB      = "db"
	flagKey     = "private-key"
	flagCert    = "certificate"
	flagCACert  = "ca-cert"
	flagTimeout = "timeout"
	flagOutput  = "output"
	flagDryRun  = "dry-run"
	flagQuiet   = "quiet"
	flagVerbose = "verbose"
)

// Names of flags that several nouns have, and none more than another.
const (
	flagAll   = "all"
	flagForce = "force"
)

// Defaults of global flags.
const (
	defaultDB      = "unix:/var/run/openvswitch/db.sock"
	defaultTimeout = "30s"
)

// globalFlags may stand anywhere on the command line.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		cmdline.Value{Name: flagDB, Default: defaultDB, Env: variable(flagDB),
			About: "`ENDPOINTS` of the switch's database: unix:PATH, tcp:HOST:PORT, ssl:HOST:PORT, tried in turn"}.Flag(),
		tlsFlag(flagKey, "`FILE` with the key for ssl:"),
		tlsFlag(flagCert, "`FILE` with the certificate for ssl:"),
		tlsFlag(flagCACert, "`FILE` with the authority's certificate for ssl:"),
		cmdline.Value{Name: flagTimeout, Default: defaultTimeout, Env: variable(flagTimeout),
			About: "give up after this `DURATION`", Words: cmdline.Fixed("10s", "30s", "2m")}.Flag(),
		cmdline.Value{Name: flagOutput, Letter: "o", Default: output.FormatTable, Env: variable(flagOutput),
			About: "`FORMAT` of what is printed: table, json, yaml", Words: formats}.Flag(),
		cmdline.Bool(flagDryRun, "print the plan, change nothing", variable(flagDryRun)),
		cmdline.Short("q", cmdline.Bool(flagQuiet, "print only data and errors", variable(flagQuiet))),
		cmdline.Short("v", cmdline.Bool(flagVerbose, "say more on stderr", variable(flagVerbose))),
		cmdline.Short("h", cmdline.Bool(cmdline.FlagHelp, "show the help of a command")),
		cmdline.Bool(cmdline.FlagVersion, "print the version"),
	}
}

func tlsFlag(name, about string) cli.Flag {
	return cmdline.Value{Name: name, Env: variable(name), About: about, Words: cmdline.Files}.Flag()
}

// variable returns the environment variable of a flag: OVSNS_DRY_RUN.
func variable(flag string) string {
	return "OVSNS_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// databaseOptions returns where the database is, as value says of each flag.
func databaseOptions(value func(flag string) string) ovsdb.Options {
	o := ovsdb.Options{
		Endpoints: value(flagDB), PrivateKey: value(flagKey), Certificate: value(flagCert), CACert: value(flagCACert),
	}
	if o.Endpoints == "" {
		o.Endpoints = defaultDB // OVSNS_DB is set, but empty
	}
	return o
}

// parseTimeout reads --timeout.
func parseTimeout(value string) (time.Duration, error) {
	if value == "" {
		value = defaultTimeout
	}
	d, err := time.ParseDuration(value)
	if err == nil && d > 0 {
		return d, nil
	}
	bad := model.Invalidf("timeout %q is not a positive duration such as 30s or 2m", value)
	if _, err := time.ParseDuration(value + "s"); err == nil && value[0] != '-' && value != "0" {
		return 0, bad.WithHint("--%s %ss", flagTimeout, value)
	}
	return 0, bad
}
