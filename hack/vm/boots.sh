#!/bin/bash
# boots.sh - in the virtual machine, under systemd: the reboot test.
#
#   boots.sh first      installs ovsns and its units as README.md says, makes a lab
#   boots.sh second     after the next boot: the lab is there again, by the units alone
set -eu

say() { printf '== %s\n' "$*"; }
die() {
    echo "error: $*"
    systemctl --no-pager --failed || true
    journalctl --no-pager -b -u openvswitch-switch -u ovsdb-server -u ovs-vswitchd -u 'ovsns-*' | tail -n 60
    exit 1
}

units=(ovsns-restore.service ovsns-watch.service)
kept=/var/lib/ovsns-test # survives the reboot, as the switch's database does
mkdir -p "$kept"

# outside makes the uplink and what is behind it: no part of the lab, the next
# boot has to make it again.
outside() {
    ip netns add internet
    ip link add up0 type veth peer name up1 netns internet
    ip addr add 198.51.100.1/24 dev up0
    ip link set up0 up
    ip -n internet addr add 198.51.100.2/24 dev up1
    ip -n internet link set up1 up
}

lab() {
    cat <<LAB
version: 1
switches:
  sw0:
    gateway: [172.16.10.254/24, "2001:db8:1::fe/64"]
    nat: true
    vlans:
      100: {gateway: [10.1.0.254/24], nat: true}
      200: {gateway: [10.2.0.254/24]}
namespaces:
  plain: {interfaces: [{switch: sw0, ip: [172.16.10.1/24, "2001:db8:1::1/64"]}]}
  red: {interfaces: [{switch: sw0, vlan: 100, ip: [10.1.0.1/24], mac: "02:00:00:00:01:01"}]}
  blue: {interfaces: [{switch: sw0, vlan: 100, ip: [10.1.0.2/24]}]}
  green: {interfaces: [{switch: sw0, vlan: 200, ip: [10.2.0.1/24]}]}
  trunk: {interfaces: [{switch: sw0, trunk: "100,200", ip: none}]}
  alone: {routes: [{to: default, via: 192.0.2.2}]}
links:
  - {a: alone, b: host, ip_a: 192.0.2.1/30, ip_b: 192.0.2.2/30}
allow: [["sw0", "sw0:200"]]
expect:
  - {from: red, to: blue, is: ok}
  - {from: red, to: blue, is: ok, tcp: 80}
  - {from: red, to: green, is: blocked}
  - {from: plain, to: green, is: ok}
  - {from: plain, to: 2001:db8:1::fe, is: ok}
  - {from: red, to: 198.51.100.2, is: ok}
  - {from: green, to: 198.51.100.2, is: blocked}
  - {from: alone, to: host, is: ok}
LAB
}

# state prints what is to be the same after the reboot.
state() {
    local n
    ovs-vsctl --no-headings --format=csv --columns=name,tag,trunks,vlan_mode,external_ids list port | sort
    for n in $(ip netns list | cut -d' ' -f1 | grep -v internet | sort); do
        echo "# $n"
        ip -n "$n" -br addr show eth0 | sed 's/@if[0-9]*//; s/fe80[^ ]*//; s/  */ /g'
        ip -n "$n" route
    done
    nft -s list table inet ovsns | grep -v '^$'
    sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.red-eth0.arp_ignore
}

first() {
    say "installing"
    systemctl enable --now openvswitch-switch.service || die "Open vSwitch does not start"
    install /vm/job/ovsns /usr/bin/
    install -m 644 /vm/job/systemd/*.service /etc/systemd/system/
    systemd-analyze verify "${units[@]/#//etc/systemd/system/}" || die "systemd does not like the units"
    systemctl enable --now "${units[@]%.service}" || die "the services do not start"
    say "making the lab"
    outside
    lab >"$kept/lab.yaml"
    ovsns apply -q -f "$kept/lab.yaml" || die "apply fails"
    ovsns check -f "$kept/lab.yaml" || die "an expectation does not hold"
    state >"$kept/state"
    cp /proc/sys/kernel/random/boot_id "$kept/"
}

second() {
    local unit
    cmp -s /proc/sys/kernel/random/boot_id "$kept/boot_id" && die "this is the first boot"
    for unit in openvswitch-switch.service "${units[@]}"; do
        systemctl is-active -q "$unit" || die "$unit is not active"
    done
    say "what restore did"
    journalctl --no-pager -b -o cat -u ovsns-restore.service
    journalctl -b -o cat -u ovsns-restore.service | grep -qx '+ namespace red' || die "restore did not make red"
    say "what is there, compared with before"
    state | diff -u "$kept/state" - || die "the lab is another"
    outside
    ovsns check -f "$kept/lab.yaml" || die "an expectation does not hold"
    ovsns plan -f "$kept/lab.yaml" --prune --exit-code || die "something is left to do"
    say "watch goes on"
    ip netns delete red
    for _ in $(seq 100); do
        ! ip netns exec red ping -c 1 -W 3 10.1.0.2 || break
    done
    state | diff -u "$kept/state" - || die "watch has not repaired it"
    systemd-analyze critical-chain --no-pager ovsns-restore.service
}

say "up, $(systemctl is-system-running --wait) after $(cut -d' ' -f1 /proc/uptime) s"
systemctl --no-pager --failed --no-legend
"$1"
