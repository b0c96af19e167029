package labfile_test

// badBodies are files without their first line, "version: 1", and all that is
// wrong with them.
var badBodies = []struct {
	text string
	want []string
}{
	{"switches:\n\tsw0:\n", []string{
		`3:1: a tab in the indentation, expected spaces`,
	}},
	{"switches: {sw0: {}\n", []string{
		`3:1: not YAML: did not find expected ',' or '}' while parsing a flow mapping that begins at 2:11`,
	}},
	{"name: a: b\n", []string{
		`2:8: not YAML: a second key in one line, or a line that is indented too far (quote a text that holds ": ")`,
	}},
	{`name: "lab
`, []string{
		`3:1: not YAML: found unexpected end of stream while scanning a quoted scalar that begins at 2:7`,
	}},
	{`switches:
  sw0: {}
 sw1: {}
`, []string{
		`4:2: not YAML: did not find expected key while parsing a block mapping that begins at 1:1`,
	}},
	{"name: a\u00a0b\n", []string{
		`2:7: name: name "a\u00a0b" is not one line of text`,
	}},
	{`name: a
---
name: b
`, []string{
		`3:1: a second document begins here, expected one document in a file`,
	}},
	{"name: a\n---\n\t- [\n", []string{
		`4:1: a tab in the indentation, expected spaces`,
	}},
	{"name: &x lab\n", []string{
		`2:7: name: anchors (&x) are not available in lab files, expected the value alone`,
	}},
	{"switches: {sw0: &x {gateway: [10.0.0.1/24]}, sw1: *x}\n", []string{
		`2:17: switches.sw0: anchors (&x) are not available in lab files, expected the value alone`,
		`2:51: switches.sw1: aliases (*x) are not available in lab files, expected the value itself`,
	}},
	{"switches: {sw0: {<<: {nat: true}}}\n", []string{
		`2:18: switches.sw0: merge keys (<<) are not available in lab files, expected the keys themselves`,
	}},
	{"name: !!str lab\n", []string{
		`2:7: name: tags (!!str) are not available in lab files, expected the value alone`,
	}},
	{"name: !lab x\n", []string{
		`2:7: name: tags (!lab) are not available in lab files, expected the value alone`,
	}},
	{`? [a]
: b
`, []string{
		`2:3: found a list as a key, expected text`,
	}},
	{"name: *nobody\n", []string{
		`2:7: aliases are not available in lab files, expected the value itself`,
	}},
	{"naem: lab\n", []string{
		`2:1: naem: unknown key, expected one of version, name, switches, namespaces, links, nat, allow, expect (did you mean name?)`,
	}},
	{"SWITCHES: {sw0: {}}\n", []string{
		`2:1: SWITCHES: unknown key, expected one of version, name, switches, namespaces, links, nat, allow, expect (did you mean switches?)`,
	}},
	{"hosts: {}\n", []string{
		`2:1: hosts: unknown key, expected one of version, name, switches, namespaces, links, nat, allow, expect`,
	}},
	{`name: a
name: b
`, []string{
		`3:1: name: key "name" is there twice, first in line 2`,
	}},
	{`switches:
  sw0: {}
  sw0: {}
`, []string{
		`4:3: switches.sw0: key "sw0" is there twice, first in line 3`,
	}},
	{`switches: {sw0: {vlans: {100: {}, "100": {}}}}
`, []string{
		`2:35: switches.sw0.vlans.100: key "100" is there twice, first in line 2`,
	}},
	{"switches: {sw0: {vlans: {~: {}}}}\n", []string{
		`2:26: switches.sw0.vlans: found nothing as a key, expected text`,
	}},
	{"switches: {sw0: {vlan: 5}}\n", []string{
		`2:18: switches.sw0.vlan: unknown key, expected one of datapath, gateway, nat, out_interface, vlans, uplinks (did you mean vlans?)`,
	}},
	{"switches: {sw0: {vlans: {100: {vrf: red}}, vrf: blue}}\n", []string{
		`2:32: switches.sw0.vlans.100.vrf: router namespaces (vrf) are not available yet`,
		`2:44: switches.sw0.vrf: router namespaces (vrf) are not available yet`,
	}},
	{"switches: [sw0]\n", []string{
		`2:11: switches: found a list, expected a map of switches by name`,
	}},
	{"switches: sw0\n", []string{
		`2:11: switches: found the text "sw0", expected a map of switches by name`,
	}},
	{"switches: {sw0: [a]}\n", []string{
		`2:17: switches.sw0: found a list, expected a switch, {gateway: [172.16.10.254/24]} or so`,
	}},
	{"namespaces: {red: {interfaces: {switch: sw0}}}\n", []string{
		`2:32: namespaces.red.interfaces: found a map, expected a list of interfaces`,
	}},
	{`namespaces: {red: {interfaces: [sw0]}}
switches: {sw0: }
`, []string{
		`2:33: namespaces.red.interfaces[0]: found the text "sw0", expected an interface, {switch: sw0, vlan: 100} or so`,
	}},
	{"links: {a: red, b: blue}\n", []string{
		`2:8: links: found a map, expected a list of links`,
	}},
	{"name: 5\n", []string{
		`2:7: name: found the number 5, expected one line of text (did you mean "5"?)`,
	}},
	{"name: [a]\n", []string{
		`2:7: name: found a list, expected one line of text`,
	}},
	{"name:\n", []string{
		`2:6: name: found nothing, expected one line of text`,
	}},
	{`name: ""
`, []string{
		`2:7: name: name "" is not one line of text`,
	}},
	{"switches: {sw0: {nat: yes, gateway: 10.0.0.1/24}}\n", []string{
		`2:23: switches.sw0.nat: found the text "yes", expected true or false (did you mean true?)`,
	}},
	{"switches: {sw0: {nat: 1, gateway: 10.0.0.1/24}}\n", []string{
		`2:23: switches.sw0.nat: found the number 1, expected true or false`,
	}},
	{"switches: {sw0: {gateway: }}\n", []string{
		`2:27: switches.sw0.gateway: found nothing, expected an address such as 172.16.10.1/24, or a list`,
	}},
	{"switches: {sw0: {gateway: []}}\n", []string{
		`2:27: switches.sw0.gateway: found an empty list, expected an address such as 172.16.10.1/24, or a list`,
	}},
	{`nat:
  -
`, []string{
		`3:4: nat[0]: found nothing, expected a subnet, {subnet: 10.20.0.0/24} or so`,
	}},
	{"switches: {a_name_of_16_letters: {}}\n", []string{
		`2:12: switches.a_name_of_16_letters: switch name "a_name_of_16_letters" is 20 bytes long; 15 is the most`,
	}},
	{`switches: {"a b": {}, lo: {}}
`, []string{
		`2:12: switches."a b": switch name "a b" contains white space`,
		`2:23: switches.lo: switch name "lo" is reserved`,
	}},
	{"namespaces: {host: {}, a/b: }\n", []string{
		`2:14: namespaces.host: namespace name "host" is reserved for the host itself`,
		`2:24: namespaces."a/b": namespace name "a/b" contains '/'`,
	}},
	{"switches: {sw0: {datapath: kernel}}\n", []string{
		`2:28: switches.sw0.datapath: datapath "kernel" is none of auto, system, netdev`,
	}},
	{"switches: {sw0: {datapath: nedtev}}\n", []string{
		`2:28: switches.sw0.datapath: datapath "nedtev" is none of auto, system, netdev (did you mean netdev?)`,
	}},
	{"switches: {sw0: {gateway: [10.0.0.0/24, 10.0.0.1, fe80::1/64, x]}}\n", []string{
		`2:28: switches.sw0.gateway[0]: address 10.0.0.0/24 is the network address of its subnet (did you mean 10.0.0.1/24?)`,
		`2:41: switches.sw0.gateway[1]: address 10.0.0.1 has no prefix length (did you mean 10.0.0.1/24?)`,
		`2:51: switches.sw0.gateway[2]: address fe80::1/64 is link-local; every interface has one of its own`,
		`2:63: switches.sw0.gateway[3]: address "x" is not of the form 172.16.10.1/24 or 2001:db8::1/64`,
	}},
	{"switches: {sw0: {vlans: {0: {}, 4095: {}, a: {}, 0100: {}, +5: {}}}}\n", []string{
		`2:26: switches.sw0.vlans.0: VLAN 0 is outside 1 to 4094`,
		`2:33: switches.sw0.vlans.4095: VLAN 4095 is outside 1 to 4094`,
		`2:43: switches.sw0.vlans.a: VLAN "a" is not a number from 1 to 4094`,
		`2:50: switches.sw0.vlans.0100: VLAN 0100 is not written plainly, expected a VLAN from 1 to 4094`,
		`2:60: switches.sw0.vlans."+5": VLAN +5 is not written plainly, expected a VLAN from 1 to 4094`,
	}},
	{`switches: {sw0: {uplinks: [{}, {interface: eth0, trunk: "10-5"}, {interface: eth0, vlan: 4095}]}}
`, []string{
		`2:28: switches.sw0.uplinks[0].interface: missing, expected the name of an interface of the host`,
		`2:57: switches.sw0.uplinks[1].trunk: VLAN range 10-5 runs backwards`,
		`2:78: switches.sw0.uplinks[2].interface: interface eth0 is there twice, first as switches.sw0.uplinks[1].interface in line 2`,
		`2:90: switches.sw0.uplinks[2].vlan: VLAN 4095 is outside 1 to 4094`,
	}},
	{`switches: {sw0: {}}
namespaces: {red: {interfaces: [{vlan: "100"}, {vlan: abc}, {vlan: 0100}, {vlan: 5000}, {vlan: 1.5}]}}
`, []string{
		`3:40: namespaces.red.interfaces[0].vlan: found the text "100", expected a VLAN from 1 to 4094 (did you mean 100?)`,
		`3:55: namespaces.red.interfaces[1].vlan: found the text "abc", expected a VLAN from 1 to 4094`,
		`3:68: namespaces.red.interfaces[2].vlan: number 0100 begins with 0, which not all programs read alike, expected a VLAN from 1 to 4094`,
		`3:82: namespaces.red.interfaces[3].vlan: VLAN 5000 is outside 1 to 4094`,
		`3:96: namespaces.red.interfaces[4].vlan: found the number 1.5, expected a VLAN from 1 to 4094`,
	}},
	{`switches: {sw0: {}}
namespaces: {red: {interfaces: [{trunk: 10,20-29}]}}
`, []string{
		`3:44: namespaces.red.interfaces[0].20-29: unknown key, expected one of switch, ifname, vlan, trunk, native_vlan, ip, mac, mtu, gateway (quote a list of VLANs: "10,20-29")`,
	}},
	{`switches: {sw0: {}}
namespaces: {red: {interfaces: [{trunk: []}, {trunk: {}}, {trunk: "10,,20"}, {trunk: [a]}]}}
`, []string{
		`3:41: namespaces.red.interfaces[0].trunk: found an empty list, expected VLANs such as "10,20-29", or a list`,
		`3:54: namespaces.red.interfaces[1].trunk: found a map, expected VLANs such as "10,20-29", or a list`,
		`3:67: namespaces.red.interfaces[2].trunk: VLAN list "10,,20" is not of the form 10,20-29`,
		`3:87: namespaces.red.interfaces[3].trunk[0]: VLAN "a" is not a number from 1 to 4094`,
	}},
	{`switches: {sw0: {}}
namespaces: {red: {interfaces: [{vlan: 5, trunk: "5"}, {native_vlan: 5}]}}
`, []string{
		`3:50: namespaces.red.interfaces[0].trunk: a port has either vlan or trunk, not both`,
		`3:70: namespaces.red.interfaces[1].native_vlan: native_vlan is for a trunk, expected trunk beside it, or vlan for an access port`,
	}},
	{`switches: {sw0: {}}
namespaces: {red: {interfaces: [{mac: 01:00:00:00:00:01}, {mac: 02-00}, {mtu: 9}, {mtu: big}]}}
`, []string{
		`3:39: namespaces.red.interfaces[0].mac: MAC 01:00:00:00:00:01 is a multicast address; an interface needs a unicast one (did you mean 02:00:00:00:00:01?)`,
		`3:65: namespaces.red.interfaces[1].mac: MAC "02-00" is not of the form 02:00:00:00:00:01`,
		`3:79: namespaces.red.interfaces[2].mtu: MTU 9 is outside 68 to 65535`,
		`3:89: namespaces.red.interfaces[3].mtu: found the text "big", expected an MTU from 68 to 65535`,
	}},
	{`switches: {sw0: {}}
namespaces: {red: {interfaces: [{ip: 10.0.0.1}, {ip: [auto, 10.0.0.1/24]}, {ip: {}}, {ip: dhcp}]}}
`, []string{
		`3:38: namespaces.red.interfaces[0].ip: address 10.0.0.1 has no prefix length (did you mean 10.0.0.1/24?)`,
		`3:55: namespaces.red.interfaces[1].ip[0]: auto cannot be combined with anything`,
		`3:81: namespaces.red.interfaces[2].ip: found a map, expected auto, none or an address such as 172.16.10.1/24, or a list`,
		`3:91: namespaces.red.interfaces[3].ip: address "dhcp" is not of the form 172.16.10.1/24 or 2001:db8::1/64`,
	}},
	{`switches: {sw0: {}}
namespaces: {red: {interfaces: [{gateway: 10.0.0.1/24}, {gateway: [none, auto]}, {gateway: [10.0.0.1, 10.0.0.2]}]}}
`, []string{
		`3:43: namespaces.red.interfaces[0].gateway: "10.0.0.1/24" is not an IP address`,
		`3:68: namespaces.red.interfaces[1].gateway[0]: none cannot be combined with anything`,
		`3:103: namespaces.red.interfaces[2].gateway[1]: a second gateway, expected at most one for IPv4 and one for IPv6`,
	}},
	{`switches: {sw0: {}}
namespaces: {red: {interfaces: [{ip: auto}, {ip: auto, trunk: "5"}, {ip: auto, vlan: 7}]}}
`, []string{
		`3:38: namespaces.red.interfaces[0].ip: auto needs a gateway in segment sw0, expected addresses or none`,
		`3:50: namespaces.red.interfaces[1].ip: auto needs a VLAN of untagged frames, expected native_vlan beside trunk`,
		`3:74: namespaces.red.interfaces[2].ip: auto needs a gateway in segment sw0:7, expected addresses or none`,
	}},
	{`switches: {sw0: {}}
namespaces: {red: {interfaces: [{ifname: eth0}, {ifname: eth0}, {ifname: a/b}]}}
`, []string{
		`3:58: namespaces.red.interfaces[1].ifname: interface eth0 is there twice, first as namespaces.red.interfaces[0].ifname in line 3`,
		`3:74: namespaces.red.interfaces[2].ifname: interface name "a/b" contains '/'`,
	}},
	{`namespaces: {red: {routes: [{to: 10.0.0.1/8, via: 10.0.0.1}, {to: default}, {via: x}, {to: "::/0", via: 10.0.0.1}]}}
`, []string{
		`2:34: namespaces.red.routes[0].to: subnet 10.0.0.1/8 has host bits set (did you mean 10.0.0.0/8?)`,
		`2:62: namespaces.red.routes[1].via: missing, expected an address such as 172.16.10.254`,
		`2:77: namespaces.red.routes[2].to: missing, expected a subnet, an address or default`,
		`2:83: namespaces.red.routes[2].via: "x" is not an IP address`,
		`2:92: namespaces.red.routes[3].to: route to ::/0 cannot go via 10.0.0.1: not the same address family`,
	}},
	{"namespaces: {red: {routes: [{to: default, via: 10.0.0.1}, {to: 0.0.0.0/0, via: 10.0.0.2}]}}\n", []string{
		`2:64: namespaces.red.routes[1].to: route to 0.0.0.0/0 is there twice, first as namespaces.red.routes[0].to in line 2`,
	}},
	{"switches: {sw0: {nat: true, vlans: {5: {out_interface: eth0, gateway: 10.0.0.1/24}}}}\n", []string{
		`2:23: switches.sw0.nat: nat is for the subnets of a gateway, expected gateway: [172.16.10.254/24] or so beside it`,
		`2:56: switches.sw0.vlans.5.out_interface: out_interface is for NAT, expected nat: true beside it`,
	}},
	{"switches: {sw0: {uplinks: [{interface: eth1}]}, sw1: {uplinks: [{interface: eth1}]}}\n", []string{
		`2:77: switches.sw1.uplinks[0].interface: interface eth1 is there twice, first as switches.sw0.uplinks[0].interface in line 2`,
	}},
	{"namespaces: {red: {interfaces: [{}]}}\n", []string{
		`2:33: namespaces.red.interfaces[0].switch: missing, and there is no switch, expected one under switches`,
	}},
	{"namespaces: {red: {interfaces: [{switch: sw0}]}}\n", []string{
		`2:42: namespaces.red.interfaces[0].switch: no switch is named "sw0", expected it under switches`,
	}},
	{`switches: {sw0: , sw1: }
namespaces: {red: {interfaces: [{vlan: 5}]}}
`, []string{
		`3:33: namespaces.red.interfaces[0].switch: missing, and there are several switches, expected one of sw0, sw1`,
	}},
	{`switches: {sw0: , sw1: }
namespaces: {red: {interfaces: [{switch: sw3}, {switch: other}]}}
`, []string{
		`3:42: namespaces.red.interfaces[0].switch: no switch is named "sw3", expected one of sw0, sw1 (did you mean sw0?)`,
		`3:57: namespaces.red.interfaces[1].switch: no switch is named "other", expected one of sw0, sw1`,
	}},
	{`swiches: {sw0: {}}
namespaces: {red: {interfaces: [{switch: sw0}]}}
`, []string{
		`2:1: swiches: unknown key, expected one of version, name, switches, namespaces, links, nat, allow, expect (did you mean switches?)`,
	}},
	{`switches: {sw0: , sw1: }
namespaces: {red: {interfaces: [{swich: sw0}]}}
`, []string{
		`3:34: namespaces.red.interfaces[0].swich: unknown key, expected one of switch, ifname, vlan, trunk, native_vlan, ip, mac, mtu, gateway (did you mean switch?)`,
	}},
	{"links: [{a: red, b: red}, {a: red, b: blue}, {b: red, a: blue}, {a: red}, {a: a/b, b: host}]\n", []string{
		`2:21: links[0].b: both ends are red, expected two different places`,
		`2:46: links[2]: link blue/red is there twice, first as links[1] in line 2`,
		`2:65: links[3].b: missing, expected the name of a namespace, or host`,
		`2:79: links[4].a: namespace name "a/b" contains '/'`,
	}},
	{"links: [{a: red, b: blue, ip_a: 10.0.0.1, mac_b: x, ipb: 10.0.0.2/24}]\n", []string{
		`2:33: links[0].ip_a: address 10.0.0.1 has no prefix length (did you mean 10.0.0.1/24?)`,
		`2:50: links[0].mac_b: MAC "x" is not of the form 02:00:00:00:00:01`,
		`2:53: links[0].ipb: unknown key, expected one of a, b, ip_a, ip_b, mac_a, mac_b, ifname_a, ifname_b, name, veth, vlan, trunk, native_vlan (did you mean ip_b?)`,
	}},
	{"switches: {s1: {}, s2: {}}\nlinks: [{a: s1, b: s2, ip_a: 10.0.0.1/24}, {a: s1, b: red}, {a: red, b: blue, veth: true}]\n", []string{
		`3:30: links[0].ip_a: a cable between two switches has no ip_a, expected only VLANs, a name and veth`,
		`3:48: links[1].a: s1 is a switch and the other end is none, expected two switches, or an interface under namespaces`,
		`3:85: links[2].veth: only a cable between two switches has veth`,
	}},
	{"switches: {s1: {}, s2: {}}\nlinks: [{a: s1, b: s2}, {a: s2, b: s1}, {a: s1, b: s2, name: x, vlan: 5, trunk: 6}]\n", []string{
		`3:25: links[1]: cable s1/s2 is there twice, first as links[0] in line 3`,
		`3:81: links[2].trunk: a port has either vlan or trunk, not both`,
	}},
	{"nat: [{subnet: 10.0.0.1/24}, {subnet: 10.0.0.0/24}, {subnet: 10.0.0.0/24}, {subnet: 0.0.0.0/0}, {}]\n", []string{
		`2:16: nat[0].subnet: subnet 10.0.0.1/24 has host bits set (did you mean 10.0.0.0/24?)`,
		`2:62: nat[2].subnet: subnet 10.0.0.0/24 is there twice, first as nat[1].subnet in line 2`,
		`2:85: nat[3].subnet: subnet 0.0.0.0/0 is everything, expected one of the lab`,
		`2:97: nat[4].subnet: missing, expected a subnet such as 10.20.0.0/24`,
	}},
	{`switches: {sw0: {gateway: 10.0.0.1/24}}
allow: [[sw0, sw0], [sw0], sw0, [sw0, sw0:7], [sw0, sw0:x], [sw0, sv0], [sw0, ""]]
`, []string{
		`3:9: allow[0]: segment sw0 always reaches itself, expected two different ones`,
		`3:21: allow[1]: found a list of 1, expected two segments, [sw0, sw0:100]`,
		`3:28: allow[2]: found the text "sw0", expected two segments, [sw0, sw0:100]`,
		`3:39: allow[3][1]: segment sw0:7 has no gateway in the host, expected one under switches`,
		`3:53: allow[4][1]: VLAN "x" is not a number from 1 to 4094`,
		`3:67: allow[5][1]: unknown segment "sv0", expected a switch, a VLAN of one (sw0:100) or a namespace that is linked to the host (did you mean sw0?)`,
		`3:79: allow[6][1]: the name of a segment may not be empty, expected one such as "sw0:100"`,
	}},
	{`switches: {sw0: {gateway: 10.0.0.1/24}}
namespaces: {red: }
links: [{a: blue, b: host}]
allow: [[sw0, red], [sw0, blue], [blue, sw0]]
`, []string{
		`5:15: allow[0][1]: namespace red is not linked to the host, expected a link with host, or a segment of a switch`,
		`5:34: allow[2]: pair blue,sw0 is there twice, first as allow[1] in line 5`,
	}},
	{`namespaces: {red: , blue: }
expect: [{from: red, to: bleu, is: ok}, {from: gren, to: 10.0.0.1, is: blocked}, {from: host, to: 10.0.0.1/24, is: ok}]
`, []string{
		`3:26: expect[0].to: unknown namespace "bleu", expected a namespace of this lab, host, or an address (did you mean blue?)`,
		`3:48: expect[1].from: unknown namespace "gren", expected a namespace of this lab or host`,
		`3:99: expect[2].to: 10.0.0.1/24 is a subnet, expected one address (did you mean 10.0.0.1?)`,
	}},
	{`namespaces: {red: }
expect: [{from: red, to: red}, {from: red, to: red, is: maybe}, {from: red, to: red, is: okay, tcp: 0, udp: 65536}, {from: red, to: red, is: ok, tcp: 80, udp: 53}, {from: 10.0.0.1, to: red, is: ok}]
`, []string{
		`3:10: expect[0].is: missing, expected one of ok, blocked`,
		`3:57: expect[1].is: verdict "maybe" is none of ok, blocked`,
		`3:90: expect[2].is: verdict "okay" is none of ok, blocked`,
		`3:101: expect[2].tcp: port 0 is outside 1 to 65535`,
		`3:109: expect[2].udp: port 65536 is outside 1 to 65535`,
		`3:160: expect[3].udp: an expectation has either tcp or udp, not both`,
		`3:172: expect[4].from: unknown namespace "10.0.0.1", expected a namespace of this lab or host`,
	}},
	{`namespaces: {red: }
expect: [{from: red, to: red, is: ok, within: 2}, {from: red, to: red, is: ok, within: -1s}, {from: red, to: red, is: ok, within: soon}]
`, []string{
		`3:47: expect[0].within: found the number 2, expected a duration such as 2s or 500ms (did you mean 2s?)`,
		`3:88: expect[1].within: duration "-1s" is not positive and of the form 2s or 500ms`,
		`3:131: expect[2].within: duration "soon" is not positive and of the form 2s or 500ms`,
	}},
}
