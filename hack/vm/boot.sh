#!/bin/bash
# boot.sh - boots a Debian kernel in a virtual machine and runs one command there.
#
#   hack/vm/boot.sh [OPTION...] COMMAND [ARGUMENT...]
#
#   --kernel DIR      what kernel.sh made
#   --job DIR         is there as /vm/job, read-only
#   --disk FILE       keeps what the machine writes, for its next boot; made when missing
#   --systemd         boots with systemd, as the machine would by itself
#   --deadline S      how long the command may take, in seconds (2400)
#   --kvm             lets the processor do it, instead of software; only where
#                     it is known to boot such a kernel
#
#        host                                       guest
#   ┌────────────┐  virtiofs, read-only  ┌──────────────────────────┐
#   │ /          │ ────────────────────> │ / = that, below an       │
#   │ modules    │                       │     overlay (memory/disk)│
#   │ hack/vm    │  two serial channels  │ init.sh -> guest.sh ->   │
#   │ boot.sh    │ <──────────────────── │   COMMAND                │
#   └────────────┘  output, status       └──────────────────────────┘
#
# All programs of the host are there at their places; kernel, modules, settings
# and network are the guest's own. It has no network device. The output of
# COMMAND comes out here and its exit status is that of boot.sh. If there is
# none: 124 past the deadline, 125 when the machine did not boot or died; the
# last lines of its console then go to stderr.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=hack/lib.sh
. "$here/../lib.sh"

kernel='' job='' disk='' systemd='' deadline=2400 accel=tcg cpu=qemu64 # in software, what a newer one can do costs more than it saves
while [ $# -gt 0 ]; do
    case $1 in
    --kernel) kernel=$2; shift ;;
    --job) job=$2; shift ;;
    --disk) disk=$2; shift ;;
    --deadline) deadline=$2; shift ;;
    --systemd) systemd=yes ;;
    --kvm) accel=kvm cpu=max ;;
    --*) die "unknown option $1" ;;
    *) break ;;
    esac
    shift
done
if [ -z "$kernel" ] || [ $# -eq 0 ]; then die "what to boot, what to run?" "hack/vm/boot.sh --kernel DIR COMMAND"; fi
need_root

work=$(mktemp -d)
share='' output='' machine=''
# shellcheck disable=SC2317 # called by trap
cleanup() {
    local process
    for process in $machine $share $output; do kill -9 "$process" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

token=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ') # nothing else says this by chance
mkdir "$work/share"
printf '%q ' "$@" >"$work/command"
printf '%s=%q\n' token "$token" systemd "$systemd" >"$work/settings"

# start_share lets virtiofsd serve the guest's directory, which is put together
# in a mount namespace of its own, read-only.
start_share() {
    local daemon
    for daemon in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd ''; do [ ! -x "$daemon" ] || break; done
    [ -n "$daemon" ] || die "virtiofsd is missing" "apt-get install qemu-system-x86 || apt-get install virtiofsd"
    rm -f "$work/socket"
    # It keeps a file open for each inode that the guest knows.
    # shellcheck disable=SC2016 # for the inner shell
    setpriv --pdeathsig KILL unshare --mount --propagation private bash -euc '
        mount -t tmpfs share "$1/share"
        bind() {
            mkdir "$1/share/$3"
            mount --bind "$2" "$1/share/$3"
            mount -o remount,bind,ro "$1/share/$3"
        }
        cp "$1/command" "$1/settings" "$1/share/"
        bind "$1" / root
        bind "$1" "$3/modules" modules
        bind "$1" "$4" vm
        [ -z "$5" ] || bind "$1" "$5" job
        ulimit -n "$(ulimit -Hn)"
        exec "$2" --socket-path="$1/socket" -o source="$1/share" -o cache=always -o sandbox=chroot
    ' - "$work" "$daemon" "$kernel" "$here" "$job" >"$work/share.log" 2>&1 &
    share=$!
    until [ -S "$work/socket" ]; do
        kill -0 "$share" 2>/dev/null || { cat "$work/share.log" >&2; die "virtiofsd did not start"; }
        sleep 0.05
    done
}

# start_machine starts qemu. One processor: with two, one boot in forty hangs.
start_machine() {
    local arguments=(
        -nodefaults -no-user-config -display none -monitor none -no-reboot -nic none
        -machine "q35,memory-backend=memory" -accel "$accel" -cpu "$cpu" -smp 1 -m 1024
        -object "memory-backend-memfd,id=memory,size=1024M,share=on"
        -chardev "socket,id=share,path=$work/socket"
        -device "vhost-user-fs-pci,chardev=share,tag=share,queue-size=1024"
        -device virtio-rng-pci -device virtio-serial-pci
        -chardev "file,id=output,path=$work/output" -device "virtserialport,chardev=output,name=output"
        -chardev "file,id=status,path=$work/status" -device "virtserialport,chardev=status,name=status"
        -serial "file:$work/console"
        -kernel "$kernel/vmlinuz" -initrd "$kernel/initrd"
        # A panic ends qemu. What is off costs time and is not what is tested. On a
        # busy host the kernel may think that the processor's counter runs at a tenth
        # of its speed, and its clock then at ten times that of others: hence hpet.
        -append "console=ttyS0 earlyprintk=serial,ttyS0 loglevel=7 panic=-1 rdinit=/init nokaslr mitigations=off init_on_alloc=0 audit=0 apparmor=0 no_timer_check tsc=unstable clocksource=hpet systemd.show_status=false"
    )
    # Nothing on the disk outlives the host.
    [ -z "$disk" ] || arguments+=(-drive "file=$disk,if=none,id=disk,format=raw,cache=unsafe" -device "virtio-blk-pci,drive=disk")
    : >"$work/status"
    : >"$work/console"
    rm -f "$work/output"
    mkfifo "$work/output"
    cat "$work/output" &
    output=$!
    setpriv --pdeathsig KILL qemu-system-x86_64 "${arguments[@]}" </dev/null 2>"$work/qemu.log" &
    machine=$!
}

# console_tail shows what the machine said last.
console_tail() {
    echo "-- the machine's console ends with" >&2
    tail -n "$1" "$work/console" | tr -d '\r' >&2
    cat "$work/qemu.log" >&2
}

# phase prints how far the machine has come.
phase() {
    if grep -q "^$token [0-9]" "$work/status"; then
        echo off
    elif grep -q "^$token began" "$work/status"; then
        echo command
    elif grep -qa 'Run /init as init' "$work/console"; then
        echo boot
    else
        echo kernel
    fi
}

# limit PHASE prints how long it may take, in seconds: generously, for the machine
# may be a busy one. The kernel needs 3 by itself.
limit() {
    case $1 in
    kernel) echo 90 ;;
    boot) echo 300 ;;
    command) echo "$deadline" ;;
    off) echo 180 ;;
    esac
}

# watch_machine waits for the machine's end, and ends it past a limit.
watch_machine() {
    local now='' begin
    late=''
    while kill -0 "$machine" 2>/dev/null; do
        if [ "$now" != "$(phase)" ]; then
            now=$(phase)
            begin=$SECONDS
        fi
        if [ $((SECONDS - begin)) -gt "$(limit "$now")" ]; then
            echo "the machine is past its limit of $(limit "$now") s ($now): ended" >&2
            kill -9 "$machine"
            late=yes
            break
        fi
        sleep 0.2
    done
    wait "$machine" 2>/dev/null || true
    wait "$output" || true
    machine='' output=''
}

if [ -n "$disk" ] && [ ! -e "$disk" ]; then
    truncate -s 1G "$disk"
    mkfs.ext4 -q -F "$disk"
fi

# A boot that hangs, as happens now and then in software, is made again, as
# long as the command has not begun.
for _ in 1 2 3; do
    start_share
    start_machine
    watch_machine
    kill "$share" 2>/dev/null || true
    wait "$share" || true
    share=''
    case $(phase) in kernel | boot) console_tail 20 ;; *) break ;; esac
done

case $(phase) in
off) exit "$(sed -n "s/^$token \([0-9]*\)$/\1/p" "$work/status")" ;;
command) console_tail 40 ;;
esac
[ -z "$late" ] || exit 124
exit 125
