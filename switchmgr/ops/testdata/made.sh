#!/usr/bin/env bash
# The network that ovsns makes, by hand. Run it as root.
set -euo pipefail

mac() { # a random one, in quotes for ovs-vsctl
	od -An -N5 -tx1 /dev/urandom | sed 's/^/"02/; s/ /:/g; s/$/"/'
}

# + namespace red
ip netns add red
ip netns exec red sysctl -q -w net/ipv6/conf/default/accept_dad=0 net/ipv6/conf/default/mldv2_unsolicited_report_interval=1 net/ipv6/conf/default/router_solicitations=0
ip -n red link set dev lo up

# + attachment red/eth0: switch sw0, port red-eth0, vlan 100, address 10.0.0.1/24, mac 02:00:00:00:00:01
ip link add name red-eth0 type veth peer name eth0 netns red address 02:00:00:00:00:01
ip link set dev red-eth0 arp off addrgenmode none
sysctl -q -w net/ipv6/conf/red-eth0/disable_ipv6=1
sysctl -q -w net/ipv4/conf/red-eth0/rp_filter=1
ip link set dev red-eth0 up
ip -n red link set dev eth0 up
ip -n red address add 10.0.0.1/24 dev eth0

# + switch sw0: datapath system
ovs-vsctl add-br sw0 -- set bridge sw0 datapath_type=system other_config:hwaddr="$(mac)" -- set port sw0 vlan_mode=access

# attachment red/eth0
ovs-vsctl add-port sw0 red-eth0 tag=100 vlan_mode=access
