# shellcheck shell=bash
# lib.sh - what demo.sh, test.sh and bench.sh share. To be sourced.

# Debian packages: what a demonstration needs, and what the tests and the
# benchmark need besides.
demo_packages=(openvswitch-switch iproute2 iputils-ping curl)
# shellcheck disable=SC2034 # for demo.sh
demo_programs=(ovsdb-server ovs-vswitchd ip ping curl) # of those packages
# shellcheck disable=SC2034 # for test.sh
test_packages=("${demo_packages[@]}" nftables iptables tcpdump strace traceroute ethtool netcat-openbsd procps util-linux shellcheck systemd zsh fish gcc libc6-dev git uidmap)
# shellcheck disable=SC2034 # for bench.sh
bench_packages=("${demo_packages[@]}" mininet iperf3 ethtool strace util-linux)

# What test-vm.sh needs besides.
# shellcheck disable=SC2034
vm_packages=(qemu-system-x86 cpio kmod e2fsprogs)

say() { printf '\n== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$1" >&2; [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "root is needed" "sudo $0"; }

# missing PACKAGE... prints those that are not installed.
missing() {
    local p
    for p in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null)" = "ii " ] || echo "$p"
    done
}

# quiet_apt ARGUMENT... runs apt-get and shows what it says only if it fails. It
# waits up to ten minutes for others: apt-get itself could do so only for the
# locks of dpkg, not for those of its lists and archives.
quiet_apt() {
    local log begin=$SECONDS
    log=$(mktemp)
    until LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >"$log" 2>&1 </dev/null; do
        if [ $((SECONDS - begin)) -ge 600 ] || ! grep -q '^E: Could not get lock' "$log"; then
            cat "$log" >&2
            rm -f "$log"
            return 1
        fi
        sleep 1
    done
    rm -f "$log"
}

# install_packages PACKAGE... installs what is missing. One script at a time:
# none may take away the policy-rc.d that another one relies on. The lock is on
# a directory that only root writes to and that nobody else locks; it leaves no
# file and ends with the script.
install_packages() {
    local lock
    [ -n "$(missing "$@")" ] || return 0
    command -v apt-get >/dev/null || die "these packages are missing: $(missing "$@" | xargs)" "install them with this system's package manager"
    exec {lock}</var/lib/dpkg
    if ! flock -n "$lock"; then
        say "waiting for another script that installs packages"
        flock "$lock"
    fi
    install_missing "$@" {lock}<&- # what it starts must not keep the lock
    exec {lock}<&-
}

# install_missing PACKAGE... does that, and starts no service: a policy-rc.d(8)
# of ours says no while apt-get runs, unless there is one.
install_missing() {
    local todo policy=/usr/sbin/policy-rc.d ours=''
    mapfile -t todo < <(missing "$@")
    [ ${#todo[@]} -gt 0 ] || return 0
    say "installing ${todo[*]}"
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        ours=yes
        # shellcheck disable=SC2064 # this very file, whatever policy is later
        trap "rm -f $policy" EXIT
    fi
    # A new machine has no package lists, an old one stale ones: fetch them and
    # try once more.
    if ! quiet_apt install --no-install-recommends "${todo[@]}" 2>/dev/null; then
        quiet_apt update || true # one list of several may fail
        quiet_apt install --no-install-recommends "${todo[@]}" ||
            die "cannot install ${todo[*]}" "apt-get update && apt-get install ${todo[*]}"
    fi
    if [ -n "$ours" ]; then
        rm -f "$policy"
        trap - EXIT
    fi
}

# find_go puts go on the PATH; sudo(8) drops the directories where it usually is.
find_go() {
    local home dir
    home=$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)
    for dir in '' /usr/local/go/bin "$home/go/bin" "$home/sdk"/go*/bin "$home/.local/go/bin" /usr/lib/go/bin /snap/bin; do
        [ -z "$dir" ] || [ ! -x "$dir/go" ] || PATH=$dir:$PATH
        if command -v go >/dev/null; then
            export PATH
            go list -m >/dev/null || die "$(go version) cannot build this module" "see https://go.dev/doc/install"
            return 0
        fi
    done
    die "Go is not installed" "see https://go.dev/doc/install"
}

# as_owner COMMAND... runs as the user to whom the tree belongs, if that is not
# root: what is written is then that user's.
as_owner() {
    local owner
    owner=$(stat -c %U .)
    if [ "$(id -u)" = 0 ] && [ "$owner" != root ] && [ "$owner" != UNKNOWN ]; then
        runuser -u "$owner" -- env "HOME=$(getent passwd "$owner" | cut -d: -f6)" "PATH=$PATH" "$@"
    else
        "$@"
    fi
}

# build NAME PACKAGE [TAG] makes the program .build/NAME. Without cgo, and without what
# urfave/cli has for manual pages, it starts in three quarters of the time.
# Version control is left out: git refuses a tree that belongs to another user.
build() { as_owner env CGO_ENABLED=0 go build -buildvcs=false -tags "urfave_cli_no_docs${3:+,$3}" -o ".build/$1" "$2"; }
