// Package shell writes a plan as the bash script that a person would have
// typed: ip(8), ovs-vsctl(8), sysctl(8), nft(8) and ethtool(8), a block of
// lines for each object.
//
//	model.Plan --- Write ---> # + attachment red/eth0: switch sw0, port red-eth0, vlan 100
//	                          ip link add name red-eth0 type veth peer name eth0 netns red
//	                          ovs-vsctl add-port sw0 red-eth0 tag=100 vlan_mode=access
//	                          ip -n red link set dev eth0 up
//	                          ...
//
// Run on a host where the plan has not been carried out, the script gives the
// same network as ovsns does. Only what ovsns remembers by is left out: the
// external_ids of the switch's database and the aliases of interfaces. Hence
// ovsns does not take a network that was made so for its own.
package shell
