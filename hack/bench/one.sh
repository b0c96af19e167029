#!/bin/bash
# one.sh - what one `ovsns attach` does, with ip and ovs-vsctl, as fast as a
# script can; and its opposite.
#
#   one.sh build NAMESPACE VLAN ADDRESS
#   one.sh destroy NAMESPACE
set -euo pipefail

build() {
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
