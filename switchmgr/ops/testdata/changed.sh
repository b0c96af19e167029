#!/usr/bin/env bash
# The network that ovsns makes, by hand. Run it as root.
set -euo pipefail

# ~ attachment red/eth0: vlan 100 -> vlan 200, address 10.0.0.1/24 -> 10.0.0.2/24
ovs-vsctl clear port red-eth0 tag trunks -- set port red-eth0 tag=200 vlan_mode=access
ip -n red address add 10.0.0.2/24 dev eth0
ip -n red address delete 10.0.0.1/24 dev eth0
ip -n red address replace 10.0.0.2/24 dev eth0
