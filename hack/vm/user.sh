#!/bin/bash
# user.sh - in the virtual machine: a sandbox for an ordinary user takes the
# kernel's datapath, whose modules no privileged program has loaded before. And
# what this kernel forbids such a user, the command that ovsns names allows.
#
#   user.sh            as root: makes the user, with ids of its own and without
#   user.sh inside N   in the sandbox, which has N users
set -eu

say() { printf '== %s\n' "$*"; }
die() {
    echo "error: $*"
    exit 1
}

inside() {
    [ "$(awk '{ n += $3 } END { print n }' /proc/self/uid_map)" = "$1" ] || die "there are not $1 users"
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

# as_user COMMAND... runs it without privileges.
as_user() { runuser -u lab -- "$@"; }

# advice prints what doctor says to type about the sandbox, for root.
advice() {
    as_user ovsns doctor >/run/doctor 2>&1 || true # there is no switch outside
    sed -n "s/^warn  *sandbox  *$1.* sudo \(.*\)/\1/p" /run/doctor
}

# forbidden SETTING VALUE lets the kernel refuse ordinary users their namespaces.
# The sandbox says so in one line, with the command that allows it, as doctor
# does, and that very command does.
forbidden() {
    local status=0 remedy
    say "with $1 at $2"
    sysctl -w "$1=$2"
    as_user ovsns sandbox -- true >/run/said 2>&1 || status=$?
    cat /run/said
    [ "$status" = 5 ] || die "exit status $status, not 5"
    [ "$(grep -c '^error: ' /run/said) $(wc -l </run/said)" = "1 2" ] || die "not one line and a hint"
    grep -q "^error: .* $1 is $2" /run/said || die "the setting is not named"
    remedy=$(sed -n 's/^hint: sudo //p' /run/said)
    [ "$(advice ".* $1 is $2")" = "$remedy" ] || die "doctor says something else: $(cat /run/doctor)"
    case $remedy in
    "sysctl -w $1="*) $remedy ;;
    *) die "the hint does not set $1" ;;
    esac
    as_user ovsns sandbox -- ovsns switch create || die "it is forbidden still"
}

if [ "${1:-}" = inside ]; then
    inside "$2"
    exit
fi

install -m 755 /vm/job/ovsns /usr/bin/ovsns
! id lab 2>/dev/null || userdel --force --remove lab # the machine's, in the overlay
useradd --create-home --shell /bin/bash lab
! grep -q '^openvswitch ' /proc/modules || die "the module is there already"
say "with ids of its own"
as_user ovsns sandbox --outside -- /vm/vm/user.sh inside 65537
say "with one id"
: >/etc/subuid
: >/etc/subgid
as_user ovsns sandbox --outside -- /vm/vm/user.sh inside 1
say "with ids that doctor knows how to get"
remedy=$(advice "root is the only user inside")
echo "$remedy"
case $remedy in
"usermod "*) $remedy ;;
*) die "doctor does not say how: $(cat /run/doctor)" ;;
esac
as_user ovsns sandbox -- cat /proc/self/uid_map | grep ' 65536$' || die "there are no more users"
# Debian's own setting, and that of all kernels; AppArmor's is in newer ones only.
forbidden kernel.unprivileged_userns_clone 0
forbidden user.max_user_namespaces 0
say "nothing is left"
! pgrep -u lab -a || die "processes are left"
[ ! -e /sys/class/net/ovs-system ] || die "a datapath is left"
