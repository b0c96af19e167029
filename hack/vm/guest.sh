#!/bin/bash
# guest.sh - pid 1 of the virtual machine once / is mounted: runs the command of
# boot.sh and powers off. With systemd it makes room for that, which then starts
# it once more, as a unit, when everything else is up.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
here=/vm/vm
token='' systemd=''
# shellcheck source=/dev/null # which gives those two a value
. /vm/settings

# port NAME prints the device of a channel to the host.
port() {
    local entry name
    for entry in /sys/class/virtio-ports/*; do
        read -r name <"$entry/name"
        [ "$name" != "$1" ] || echo "/dev/${entry##*/}"
    done
}

# prepare does what an init would do.
prepare() {
    local fd
    mkdir -p /dev/pts /dev/shm /dev/net
    mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
    mount -t tmpfs -o mode=1777 shm /dev/shm
    ln -sfn /proc/self/fd /dev/fd
    for fd in 0:stdin 1:stdout 2:stderr; do ln -sfn "/proc/self/fd/${fd%:*}" "/dev/${fd#*:}"; done
    mknod -m 666 /dev/net/tun c 10 200 # as udev makes it; opening it loads the module
    mount -t tmpfs -o mode=1777 tmp /tmp
    ip link set lo up
    echo vm >/proc/sys/kernel/hostname
    [ -e /.vm ] || forget_host
}

# forget_host removes from a fresh / what is the host's own and no matter of its
# programs: its switch, which services it starts, and that it may be a container,
# where systemd leaves out units.
forget_host() {
    rm -rf /etc/openvswitch/{conf.db,.conf.db,system-id.conf}* /var/log/openvswitch/* /var/log/journal \
        /etc/systemd/system/*.wants /.dockerenv /run/.containerenv
    echo vm >/etc/hostname
    : >/.vm
}

# job runs the command, and tells the host that it begins, what it says and its
# exit status.
job() {
    local status
    exec 3>"$(port status)"
    echo "$token began" >&3
    # A channel can be opened once only; the command may open its output again.
    mkfifo /run/output
    cat /run/output >"$(port output)" &
    ( exec 3>&-; cd / && exec setsid -w bash /vm/command ) >/run/output 2>&1 </dev/null
    status=$?
    # What the command left behind may hold the fifo for ever.
    timeout 2 tail --pid=$! -f /dev/null
    echo "$token $status" >&3
    exec 3>&-
}

# become_systemd boots this host as it would boot by itself, with one unit more.
become_systemd() {
    local units=/run/systemd/system
    mkdir -p "$units/multi-user.target.wants"
    cat >"$units/vm-job.service" <<UNIT
[Unit]
Description=The command of boot.sh
[Service]
Type=exec
ExecStart=/bin/bash $here/guest.sh job
UNIT
    ln -s ../vm-job.service "$units/multi-user.target.wants/"
    # What a machine of this kind can do without.
    for unit in getty.target systemd-logind.service systemd-timesyncd.service timers.target; do
        ln -s /dev/null "$units/$unit"
    done
    exec /lib/systemd/systemd
}

case ${1:-} in
job) # as a unit
    job
    exec systemctl poweroff --no-block
    ;;
*)
    prepare
    [ -z "$systemd" ] || become_systemd
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    # In a machine's first ten seconds ovs-vswitchd 3.1 takes it to have no
    # processor, and hears nothing of the kernel's datapath until it looks again.
    until awk '{ exit $1 < 11 }' /proc/uptime; do sleep 0.2; done
    job
    sync
    mount -o remount,ro / 2>/dev/null
    sync
    echo o >/proc/sysrq-trigger
    sleep 60
    ;;
esac
