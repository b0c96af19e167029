#!/usr/bin/env bash
# The network that ovsns makes, by hand. Run it as root.
set -euo pipefail

# - attachment red/eth0: switch sw0, port red-eth0, vlan 200, address 10.0.0.2/24, mac 02:00:00:00:00:01
ovs-vsctl del-port sw0 red-eth0

# - switch sw0: datapath system
ovs-vsctl del-br sw0

# attachment red/eth0
ip link delete dev red-eth0

# - namespace red
ip netns delete red
