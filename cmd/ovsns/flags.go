package main

import (
	"github.com/urfave/cli/v2"

	"github.com/ovsns/ovsns/cmd/ovsns/internal/output"
	"github.com/ovsns/ovsns/model"
)

// Names of flags that more than one file uses.
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
	flagHelp    = "help"
	flagVersion = "version"

	flagSwitch = "switch"
	flagVLAN   = "vlan"
	flagTrunk  = "trunk"
	flagNative = "native-vlan"
	flagIP     = "ip"
	flagGate   = "gateway"
	flagMAC    = "mac"
	flagIfname = "ifname"
	flagMTU    = "mtu"
	flagNAT    = "nat"
	flagOut    = "out-interface"
	flagVRF    = "vrf"
	flagForce  = "force"
	flagAll    = "all"
	flagYes    = "yes"
)

// Defaults of global flags.
const (
	defaultDB      = "unix:/var/run/openvswitch/db.sock"
	defaultTimeout = "30s"
)

// globalFlags may stand anywhere on the command line.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: flagDB, Value: defaultDB, EnvVars: []string{"OVSNS_DB"},
			Usage: "`ENDPOINTS` of the switch's database: unix:PATH, tcp:HOST:PORT, ssl:HOST:PORT, tried in turn"},
		&cli.StringFlag{Name: flagKey, EnvVars: []string{"OVSNS_PRIVATE_KEY"}, Usage: "`FILE` with the key for ssl:"},
		&cli.StringFlag{Name: flagCert, EnvVars: []string{"OVSNS_CERTIFICATE"}, Usage: "`FILE` with the certificate for ssl:"},
		&cli.StringFlag{Name: flagCACert, EnvVars: []string{"OVSNS_CA_CERT"}, Usage: "`FILE` with the authority's certificate for ssl:"},
		&cli.StringFlag{Name: flagTimeout, Value: defaultTimeout, EnvVars: []string{"OVSNS_TIMEOUT"},
			Usage: "give up after this `DURATION`"},
		&cli.StringFlag{Name: flagOutput, Aliases: []string{"o"}, Value: output.FormatTable, EnvVars: []string{"OVSNS_OUTPUT"},
			Usage: "`FORMAT` of what is printed: table, json, yaml"},
		boolFlag(flagDryRun, "print the plan, change nothing", "OVSNS_DRY_RUN"),
		short("q", boolFlag(flagQuiet, "print only data and errors", "OVSNS_QUIET")),
		short("v", boolFlag(flagVerbose, "say more on stderr", "OVSNS_VERBOSE")),
		short("h", boolFlag(flagHelp, "show the help of a command")),
		boolFlag(flagVersion, "print the version"),
	}
}

func boolFlag(name, usage string, env ...string) *cli.BoolFlag {
	return &cli.BoolFlag{Name: name, Usage: usage, EnvVars: env, DisableDefaultText: true}
}

func short(letter string, f *cli.BoolFlag) *cli.BoolFlag {
	f.Aliases = append(f.Aliases, letter)
	return f
}

// valueFlag takes one value; its placeholder stands in backquotes in usage.
func valueFlag(name, usage string) *cli.StringFlag { return &cli.StringFlag{Name: name, Usage: usage} }

// listFlag may be given several times.
func listFlag(name, usage string) *cli.StringSliceFlag {
	return &cli.StringSliceFlag{Name: name, Usage: usage + " (repeatable)"}
}

func switchFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: flagSwitch, Aliases: []string{"s"}, EnvVars: []string{"OVSNS_SWITCH"},
		Usage: "`SWITCH` to use; may be left out when there is only one"}
}

func yesFlag() *cli.BoolFlag { return short("y", boolFlag(flagYes, "do not ask")) }

// vlanFlags say which VLANs a port carries.
func vlanFlags() []cli.Flag {
	return []cli.Flag{
		valueFlag(flagVLAN, "access port of VLAN `N`, 1 to 4094; none is the untagged segment"),
		valueFlag(flagTrunk, "trunk port of the VLANs in `LIST`, such as 10,20-29"),
		valueFlag(flagNative, "with --trunk: VLAN `N` of untagged frames"),
	}
}

// vlans reads vlanFlags; nil when none was given.
func vlans(c *cli.Context) (*model.VLANs, error) {
	access, trunk, native := c.String(flagVLAN), c.String(flagTrunk), c.String(flagNative)
	if access == "" && trunk == "" && native == "" {
		return nil, nil
	}
	if access == "none" && trunk == "" && native == "" {
		return &model.VLANs{}, nil
	}
	v, err := model.ParseVLANs(access, trunk, native)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// vid reads --vlan where only one VLAN makes sense; 0 when it was not given.
func vid(c *cli.Context) (model.VID, error) {
	if s := c.String(flagVLAN); s != "" {
		return model.ParseVID(s)
	}
	return 0, nil
}

// mac reads a flag that holds a MAC; zero when it was not given.
func mac(c *cli.Context, flag string) (model.MAC, error) {
	if s := c.String(flag); s != "" {
		return model.ParseMAC(s)
	}
	return model.MAC{}, nil
}
