package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ovsns/ovsns/model"
)

// programs are the files of Open vSwitch that a private host starts from.
type programs struct {
	Tool, Server, VSwitchd string // ovsdb-tool, ovsdb-server, ovs-vswitchd
	Schema                 string // vswitch.ovsschema
}

const installHint = "apt-get install openvswitch-switch"

// findPrograms looks for Open vSwitch. The error is [model.ErrNotReady].
func findPrograms() (*programs, error) {
	var p programs
	for name, place := range map[string]*string{
		"ovsdb-tool": &p.Tool, "ovsdb-server": &p.Server, "ovs-vswitchd": &p.VSwitchd,
	} {
		path, err := findProgram(name)
		if err != nil {
			return nil, err
		}
		*place = path
	}
	for _, dir := range []string{os.Getenv("OVS_PKGDATADIR"), "/usr/share/openvswitch", "/usr/local/share/openvswitch"} {
		schema := filepath.Join(dir, "vswitch.ovsschema")
		if _, err := os.Stat(schema); dir != "" && err == nil {
			p.Schema = schema
			return &p, nil
		}
	}
	return nil, model.NotReadyf("vswitch.ovsschema is not in /usr/share/openvswitch").WithHint(installHint)
}

// findProgram searches the PATH, and for each .../bin in it .../sbin as well:
// su(1) without a dash leaves root with a PATH that lacks it.
func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.Base(dir) != "bin" {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(dir), "sbin", name)); err == nil {
			return path, nil
		}
	}
	return "", model.NotReadyf("program %s of Open vSwitch is not in the PATH", name).WithHint(installHint)
}
