#!/bin/bash
# batch.sh - the task with as few processes as a shell script can do with: ip
# -batch for the host, one ovs-vsctl for all ports, one ip for each namespace.
# The links come up last: so the switch has nothing to copy while it takes them.
#
#   batch.sh build|destroy N
set -euo pipefail

# name, vlan and address of namespace number i, as in package task
member() {
    printf -v ns 'n%04d' "$1"
    vlan=$((100 + $1 / 10))
    ip=10.0.$(($1 / 250)).$(($1 % 250 + 1))/16
}

build() {
    local i links='' last='' ports=(add-br sw0 -- set bridge sw0 datapath_type=netdev)
    for ((i = 0; i < $1; i++)); do
        member "$i"
        links+="netns add $ns"$'\n'"link add $ns-eth0 type veth peer name eth0 netns $ns"$'\n'
        ports+=(-- add-port sw0 "$ns-eth0" "tag=$vlan")
        last+="link set $ns-eth0 up"$'\n'
    done
    ip -batch - <<<"$links"
    ovs-vsctl "${ports[@]}"
    for ((i = 0; i < $1; i++)); do
        member "$i"
        ip -netns "$ns" -batch - <<<"link set lo up
address add $ip dev eth0
link set eth0 up"
    done
    ip -batch - <<<"$last"
}

destroy() {
    local i all='' letting_go
    ovs-vsctl del-br sw0 &
    letting_go=$!
    for ((i = 0; i < $1; i++)); do
        member "$i"
        all+="netns delete $ns"$'\n'
    done
    ip -batch - <<<"$all"
    wait "$letting_go"
}

"$@"
