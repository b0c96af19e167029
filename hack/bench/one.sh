#!/bin/bash
# one.sh - one namespace on the switch with ip and ovs-vsctl, and its opposite:
# steps is a command for each step, as people type it; batch is as few processes
# as a script can do with.
#
#   one.sh steps|batch NAMESPACE VLAN ADDRESS
#   one.sh destroy NAMESPACE
set -euo pipefail

steps() {
    ip netns add "$1"
    ip link add "$1-eth0" type veth peer name eth0 netns "$1"
    ovs-vsctl add-port sw0 "$1-eth0" tag="$2"
    ip link set "$1-eth0" up
    ip -netns "$1" link set lo up
    ip -netns "$1" address add "$3" dev eth0
    ip -netns "$1" link set eth0 up
}

batch() {
    ip -batch - <<<"netns add $1
link add $1-eth0 type veth peer name eth0 netns $1"
    ovs-vsctl add-port sw0 "$1-eth0" tag="$2"
    ip -netns "$1" -batch - <<<"link set lo up
address add $3 dev eth0
link set eth0 up"
    ip link set "$1-eth0" up
}

destroy() {
    ovs-vsctl del-port sw0 "$1-eth0"
    ip netns delete "$1"
}

"$@"
