package labfile_test

import (
	"fmt"
	"os"

	"github.com/ovsns/ovsns/switchmgr/labfile"
)

func ExampleParse() {
	_, err := labfile.Parse("lab.yaml", []byte(`version: 1
switches:
  sw0: {gatway: 172.16.10.254/24}
namespaces:
  red: {interfaces: [{switch: sw1, vlan: 5000}]}
`))
	fmt.Println(err)
	// Output:
	// lab.yaml:3:9: switches.sw0.gatway: unknown key, expected one of datapath, gateway, nat, out_interface, vlans, uplinks (did you mean gateway?)
	// lab.yaml:5:31: namespaces.red.interfaces[0].switch: no switch is named "sw1", expected one of sw0 (did you mean sw0?)
	// lab.yaml:5:42: namespaces.red.interfaces[0].vlan: VLAN 5000 is outside 1 to 4094
}

func ExampleEncode() {
	lab, err := labfile.Parse("lab.yaml", []byte(`{"version": 1,
		"switches": {"sw0": {"gateway": "172.16.10.254/24", "nat": true}},
		"namespaces": {"red": {"interfaces": [{}]}, "blue": {"interfaces": [{"ip": "172.16.10.5/24"}, {"trunk": "10,20-29"}]}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := labfile.Encode(os.Stdout, lab); err != nil {
		fmt.Println(err)
	}
	// Output:
	// version: 1
	// switches:
	//   sw0:
	//     gateway: [172.16.10.254/24]
	//     nat: true
	// namespaces:
	//   blue:
	//     interfaces:
	//       - {ip: [172.16.10.5/24]}
	//       - {trunk: "10,20-29"}
	//   red:
	//     interfaces: [{}]
}
