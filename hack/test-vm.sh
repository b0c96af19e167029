#!/bin/bash
# test-vm.sh - what needs a stock Debian kernel: ovsns on the datapath in the
# kernel, beside VLAN, VRF and netem devices, and over a reboot with systemd.
#
#   sudo hack/test-vm.sh              what depends on the kernel or its datapath, in two
#                                     virtual machines at a time
#   sudo hack/test-vm.sh --long       all scripts
#   sudo hack/test-vm.sh w1 netem     these scripts of cmd/ovsns/testdata/{lab,kernel}
#   sudo hack/test-vm.sh boots user   the reboot test, the sandbox of an ordinary user
#                                     (hack/vm/boots.sh, hack/vm/user.sh)
#   sudo hack/test-vm.sh --kvm ...    lets the processor do it, where that is known to
#                                     work with such a kernel; else software does
#
# The machines have no network device; see hack/vm/boot.sh. Nothing is installed
# but the packages for it, and the kernel goes to .build/vm.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. hack/lib.sh

kvm=() long=''
while [[ ${1:-} = -* ]]; do
    case $1 in
    --kvm) kvm=(--kvm) ;;
    --long) long=yes ;;
    -h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) printf 'error: unknown argument: %s\nhint: hack/test-vm.sh [--kvm] [--long] [SCRIPT...]\n' "$1" >&2; exit 2 ;;
    esac
    shift
done

# What runs there, in two lanes that take about the same time: all scripts but
# the one about TCP over a switch in userspace, whose place offload takes. Two end
# early: parallel, whose second half is too much for software, and
# failure-kernel, before a failure that a datapath in the kernel does not have.
first=(w1 w2 w3 w4 w5 vlan ipv6 forward cable segments isolation-ports netem vlan-device vrf parallel docker
    failure-daemons failure-kernel badinput-values badinput-conflict badinput-foreign)
second=(user boots check labfile reboot repeat offload lab format sandbox sandbox-keep
    sandbox-outside adopt adopt-uplink foreign change badinput-notready badinput-names)
neither=(traffic)
# What does not depend on the kernel or the datapath, and is for --long alone: the
# tests outside have it too.
alike=(w2 w3 parallel docker failure-daemons badinput-values badinput-conflict badinput-foreign badinput-notready
    badinput-names check labfile repeat lab format sandbox sandbox-keep sandbox-outside adopt foreign change)

for name in "$@" "${first[@]}" "${second[@]}" "${alike[@]}"; do
    [[ "$name" = @(boots|user) ]] || [ -e "cmd/ovsns/testdata/lab/$name.txtar" ] || [ -e "cmd/ovsns/testdata/kernel/$name.txtar" ] ||
        die "there is no script $name" "ls cmd/ovsns/testdata/lab cmd/ovsns/testdata/kernel"
done
for name in cmd/ovsns/testdata/{lab,kernel}/*.txtar; do
    name=$(basename "$name" .txtar)
    [[ " ${first[*]} ${second[*]} ${neither[*]} " = *" $name "* ]] || die "the script $name is in no lane" "see hack/test-vm.sh"
done
need_root
install_packages "${test_packages[@]}" "${vm_packages[@]}"
find_go
export GOFLAGS=-buildvcs=false # the tree may belong to another user, which git refuses

as_owner mkdir -p .build
hack/vm/kernel.sh .build/vm
work=$(mktemp -d)
# shellcheck disable=SC2317 # called by trap
cleanup() {
    local lanes
    lanes=$(jobs -p)
    # shellcheck disable=SC2086 # a list
    [ -z "$lanes" ] || kill $lanes 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# What the machines get: programs built here, where that is ten times as fast, and so
# that they start as fast as they can.
say "building"
mkdir "$work/job"
quick=(-ldflags='-s -w' -tags 'vm,urfave_cli_no_docs') # as build of lib.sh does
CGO_ENABLED=0 go test -c "${quick[@]}" -o "$work/job/ovsns.test" ./cmd/ovsns
CGO_ENABLED=0 go build "${quick[@]}" -o "$work/job/ovsns" ./cmd/ovsns
go build -o "$work/foldtests" ./hack/foldtests
cp -r cmd/ovsns/testdata hack/systemd "$work/job/"

# boot OPTION... COMMAND... ends with this script, however that ends.
boot() { setpriv --pdeathsig TERM hack/vm/boot.sh "${kvm[@]}" --kernel .build/vm --job "$work/job" "$@"; }

# scripts NAME... runs scripts in one machine. A script of that name in either
# directory is meant; one that did not run counts as failed.
scripts() {
    local list name status=0
    list=$(IFS='|'; echo "$*")
    boot /vm/vm/scripts.sh "^Test(Lab|Kernel)$/^($list)$" || status=$?
    for name in "$@"; do
        grep -qE -- "^ *--- (PASS|FAIL): Test(Lab|Kernel)/$name " "$log" || { echo "$name did not run"; status=1; }
    done
    return $status
}

# boots is the reboot test: two boots on one disk.
boots() {
    boot --systemd --disk "$work/disk" /vm/vm/boots.sh first &&
        boot --systemd --disk "$work/disk" /vm/vm/boots.sh second
}

user() { boot /vm/vm/user.sh; }

# part NAME COMMAND... runs one part and says how it went: of what went well
# only the results, else what failed.
part() {
    local name=$1 log=$work/$1.log begin=$SECONDS status=0
    shift
    "$@" >"$log" 2>&1 || status=$?
    {
        if [ $status = 0 ]; then
            printf '\n== %s: good (%d s)\n' "$name" $((SECONDS - begin))
            grep -E '^ *--- PASS: .*/|^== ' "$log"
        else
            printf '\n== %s: FAILED, exit status %d (%d s)\n' "$name" $status $((SECONDS - begin))
            ! grep -q '^=== RUN' "$log" || go tool test2json -t <"$log" | "$work/foldtests" || true
            echo "-- the last that was said"
            tail -n 60 "$log"
        fi
    } >"$log.report" 2>&1
    cat "$log.report" >&2
    [ $status = 0 ] || echo "$name" >>"$work/failed"
}

# lane NUMBER NAME... runs parts in this order, the scripts among them last and
# in one machine.
lane() {
    local number=$1 name list=()
    shift
    for name in "$@"; do
        case $name in
        boots) part "reboot" boots ;;
        user) part "sandbox of an ordinary user" user ;;
        *) list+=("$name") ;;
        esac
    done
    [ ${#list[@]} = 0 ] || part "scripts $number" scripts "${list[@]}"
}

# dependent NAME... prints those that are not for --long alone.
dependent() {
    local name
    for name in "$@"; do
        [[ " ${alike[*]} " = *" $name "* ]] || echo "$name"
    done
}

if [ -z "$long" ]; then
    mapfile -t first < <(dependent "${first[@]}")
    mapfile -t second < <(dependent "${second[@]}")
fi
if [ $# -gt 0 ]; then
    lane 1 "$@" &
else
    lane 1 "${first[@]}" &
    lane 2 "${second[@]}" &
fi
wait # not for a program in the foreground, that would keep signals away
[ ! -e "$work/failed" ] || die "in the virtual machine: $(paste -sd, "$work/failed")"
