#!/bin/bash
# user.sh - in the virtual machine: a sandbox for an ordinary user takes the
# kernel's datapath, whose modules no privileged program has loaded before.
#
#   user.sh            as root: makes the user, with ids of its own and without
#   user.sh inside     in the sandbox
set -eu

say() { printf '== %s\n' "$*"; }
die() {
    echo "error: $*"
    exit 1
}

inside() {
    ovsns switch create --gateway 172.16.10.254/24 --gateway 2001:db8:10::fe/64 --nat | tee /run/made
    grep -q 'datapath system' /run/made || die "not the kernel's datapath"
    ovs-appctl dpctl/dump-dps | grep -x 'system@ovs-system'
    ovsns attach red --quiet
    ovsns attach blue --vlan 100 --ip 10.1.0.1/24 --quiet
    ovsns attach green --vlan 100 --ip 10.1.0.2/24 --quiet
    # The first packet may be lost, as on any switch: ping goes on until one answers.
    ip netns exec red ping -q -c 1 -w 20 172.16.10.254
    ip netns exec blue ping -q -c 1 -w 20 10.1.0.2
    ! ip netns exec blue ping -q -c 1 -W 1 172.16.10.1 || die "blue reaches red"
    ip netns exec red ethtool -k eth0 | grep -x 'tx-checksumming: on'
    ip netns exec red ping -q -c 1 -w 20 198.51.100.2
    ip netns exec red ping -q -c 1 -w 20 2001:db8:ffff::2
    ovsns nat list
    ovsns nat list | grep -q '172.16.10.0/24 .* [1-9]' || die "the NAT has counted nothing"
    tc -n red qdisc add dev eth0 root netem delay 20ms
    ip link add tenant type vrf table 1001
    ovsns doctor
    ovsns destroy --all --yes --quiet
    ovsns lab run w4
}

if [ "${1:-}" = inside ]; then
    inside
    exit
fi

install -m 755 /vm/job/ovsns /usr/bin/ovsns
useradd --create-home --shell /bin/bash lab
! grep -q '^openvswitch ' /proc/modules || die "the module is there already"
say "with ids of its own"
runuser -u lab -- ovsns sandbox --outside -- /vm/vm/user.sh inside
say "with one id"
: >/etc/subuid
: >/etc/subgid
runuser -u lab -- ovsns sandbox --outside -- /vm/vm/user.sh inside
say "nothing is left"
! pgrep -u lab -a || die "processes are left"
[ ! -e /sys/class/net/ovs-system ] || die "a datapath is left"
