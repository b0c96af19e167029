#!/bin/bash
# tutorial.sh - the task as tutorials on Open vSwitch and namespaces have it: a
# command for each step, namespace by namespace.
#
#   tutorial.sh build|destroy N
set -euo pipefail

# name, vlan and address of namespace number i, as in package task
member() {
    printf -v ns 'n%04d' "$1"
    vlan=$((100 + $1 / 10))
    ip=10.0.$(($1 / 250)).$(($1 % 250 + 1))/16
}

build() {
    local i
    ovs-vsctl add-br sw0 -- set bridge sw0 datapath_type=netdev
    for ((i = 0; i < $1; i++)); do
        member "$i"
        ip netns add "$ns"
        ip link add "$ns-eth0" type veth peer name eth0 netns "$ns"
        ovs-vsctl add-port sw0 "$ns-eth0" tag="$vlan"
        ip link set "$ns-eth0" up
        ip netns exec "$ns" ip link set lo up
        ip netns exec "$ns" ip address add "$ip" dev eth0
        ip netns exec "$ns" ip link set eth0 up
    done
}

destroy() {
    local i
    for ((i = 0; i < $1; i++)); do
        member "$i"
        ovs-vsctl del-port sw0 "$ns-eth0"
        ip netns delete "$ns"
    done
    ovs-vsctl del-br sw0
}

"$@"
