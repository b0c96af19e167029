#!/bin/bash
# test-vm.sh - what needs a stock Debian kernel: ovsns on the datapath in the
# kernel, beside VLAN, VRF and netem devices, and over a reboot with systemd.
#
#   sudo hack/test-vm.sh              everything, in two virtual machines at a time
#   sudo hack/test-vm.sh w1 netem     these scripts of cmd/ovsns/testdata/{lab,kernel}
#   sudo hack/test-vm.sh boots        the reboot test (hack/vm/boots.sh)
#   sudo hack/test-vm.sh --kvm ...    lets the processor do it, where that is known to
#                                     work with such a kernel; else software does
#
# The machines have no network device; see hack/vm/boot.sh. Nothing is installed
# but the packages for it, and the kernel goes to .build/vm.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. hack/lib.sh

kvm=()
case ${1:-} in
--kvm) kvm=(--kvm); shift ;;
-h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 0 ;;
-*) printf 'error: unknown argument: %s\nhint: hack/test-vm.sh [--kvm] [SCRIPT...]\n' "$1" >&2; exit 2 ;;
esac

# The scripts that run there, in two lanes that take about the same time; the
# reboot test is in the second.
first=(w1 w2 w3 w4 w5 segments netem)
second=(vlan check reboot offload vlan-device vrf)

for name in "$@" "${first[@]}" "${second[@]}"; do
    [ "$name" = boots ] || [ -e "cmd/ovsns/testdata/lab/$name.txtar" ] || [ -e "cmd/ovsns/testdata/kernel/$name.txtar" ] ||
        die "there is no script $name" "ls cmd/ovsns/testdata/lab cmd/ovsns/testdata/kernel"
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
    local machines
    machines=$(jobs -p)
    # shellcheck disable=SC2086 # a list
    [ -z "$machines" ] || kill $machines 2>/dev/null || true
    wait
    rm -rf "$work"
    chown -R --reference=. .build/vm
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# What the machines get: programs built here, where that is ten times as fast.
say "building"
mkdir "$work/job"
go test -c -tags vm -ldflags='-s -w' -o "$work/job/ovsns.test" ./cmd/ovsns
go build -ldflags='-s -w' -o "$work/job/ovsns" ./cmd/ovsns
cp -r cmd/ovsns/testdata hack/systemd "$work/job/"

boot() { hack/vm/boot.sh "${kvm[@]}" --kernel .build/vm --job "$work/job" "$@"; }

# scripts NAME... runs scripts in one machine. A script of that name in either
# directory is meant; one that did not run counts as failed.
scripts() {
    local list name status=0
    list=$(IFS='|'; echo "$*")
    boot --deadline 700 /vm/vm/scripts.sh "^Test(Lab|Kernel)$/^($list)$" || status=$?
    for name in "$@"; do
        grep -qE -- "^ *--- (PASS|FAIL): Test(Lab|Kernel)/$name " "$log" || { echo "$name did not run"; status=1; }
    done
    return $status
}

# boots is the reboot test: two boots on one disk.
boots() {
    boot --systemd --disk "$work/disk" --deadline 200 /vm/vm/boots.sh first &&
        boot --systemd --disk "$work/disk" --deadline 200 /vm/vm/boots.sh second
}

# part NAME COMMAND... runs one part and says how it went: of what went well
# the results, else what the failed scripts have said, and then all the rest.
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
            awk '
                /^=== / { name = $3; next }
                /^ *--- FAIL: / { printf "%s", said[$3]; delete said[$3] }
                /^ *--- PASS: / { delete said[$3] }
                /^ *--- / { print; next }
                { said[name] = said[name] $0 "\n" }
                END { for (name in said) printf "%s", said[name] }
            ' "$log"
        fi
    } >"$log.report"
    cat "$log.report" >&2
    [ $status = 0 ] || echo "$name" >>"$work/failed"
}

if [ $# -eq 0 ]; then
    part "scripts, first part" scripts "${first[@]}" &
    part "reboot" boots
    part "scripts, second part" scripts "${second[@]}"
    wait $!
else
    [[ " $* " != *" boots "* ]] || part "reboot" boots
    names=()
    for name in "$@"; do [ "$name" = boots ] || names+=("$name"); done
    [ ${#names[@]} = 0 ] || part "scripts" scripts "${names[@]}"
fi
[ ! -e "$work/failed" ] || die "in the virtual machine: $(paste -sd, "$work/failed")"
