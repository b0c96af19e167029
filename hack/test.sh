#!/bin/bash
# test.sh - everything that has to hold: layout, formatting, lint, and all tests
# against a real Open vSwitch in private hosts.
#
#   sudo hack/test.sh             everything
#   sudo hack/test.sh --no-vm     without the virtual machine (hack/test-vm.sh)
#   sudo hack/test.sh --quick     without that, lint and the race detector
#   sudo hack/test.sh --long      everything, and more often
#
# Each test runs once: where goroutines of one process meet, with the race detector;
# where a script starts the program over and over, without it, for that would only
# look for the same again in hundreds of processes. What of the program does several
# things at a time has both. Tests that repeat something do so less than they could
# (-short): 20 killed commands instead of 200, 5 pairs of labs instead of 25, one
# drawn script instead of 20; none is left out. --long repeats in full, has all tests
# both ways, and all scripts in the virtual machine.
#
# It is the same on every machine: nothing is measured to decide what runs. Lint is
# work for a processor alone and runs beside the tests, which wait most of the time.
#
# Installs what the tests need; starts no service of the machine. What failed
# stands at the end, and before it what took longest.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. hack/lib.sh

quick='' vm=yes short=-short aside=''
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes vm='' ;;
    --no-vm) vm='' ;;
    --long) short='' ;;
    -h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) printf 'error: unknown argument: %s\nhint: hack/test.sh [--quick|--no-vm] [--long]\n' "$1" >&2; exit 2 ;;
    esac
    shift
done

need_root
packages=("${test_packages[@]}")
[ -z "$vm" ] || packages+=("${vm_packages[@]}")
install_packages "${packages[@]}"
find_go
export GOFLAGS=-buildvcs=false # the tree may belong to another user, which git refuses
work=$(mktemp -d)
# shellcheck disable=SC2317 # called by trap
cleanup() {
    [ -z "$aside" ] || kill -- -"$aside" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
: >"$work/times"
failed=()

# check NAME COMMAND... runs a part; a failure does not stop the others.
check() {
    local name=$1 begin=$SECONDS status=0
    shift
    say "$name"
    "$@" 2>&1 | tee "$work/part" >&2 || status=$?
    record "$name" $status $((SECONDS - begin)) "$work/part"
}

# beside NAME COMMAND... begins a part that gets what time the others leave, until
# joined; only then is told how it went.
beside() {
    local name=$1
    shift
    set -m # a process group of its own, to be ended as a whole
    (
        begin=$SECONDS status=0
        renice -n 10 $BASHPID >/dev/null
        "$@" >"$work/aside" 2>&1 || status=$?
        printf '%d %d %s\n' $status $((SECONDS - begin)) "$name" >"$work/aside.end"
    ) &
    aside=$!
    set +m
}

joined() {
    local status=1 took=0 name='what ran beside'
    [ -n "$aside" ] || return 0
    wait "$aside" || true
    aside=''
    [ ! -e "$work/aside.end" ] || read -r status took name <"$work/aside.end"
    say "$name"
    cat "$work/aside" >&2
    record "$name" "$status" "$took" "$work/aside"
}

# record NAME STATUS SECONDS OUTPUT says how a part went, and keeps it for the end.
record() {
    echo "$3 $1" >>"$work/parts"
    if [ "$2" = 0 ]; then
        printf -- '-- %s: good (%d s)\n' "$1" "$3" >&2
    else
        printf -- '-- %s: FAILED (%d s)\n' "$1" "$3" >&2
        failed+=("$1")
        { say "$1"; tail -n 120 "$4"; } >>"$work/failures" 2>&1
    fi
}

# longest FILE prints its ten lines that took longest, by the seconds that begin each.
longest() { sort -rn "$1" | awk 'NR <= 10 { $1 = sprintf("%8.1f s ", $1); print }'; }

layout() {
    local entry bad=0
    for entry in *; do
        case $entry in
        cmd | ovsdb | switchmgr | nsmgr | model | hack | go.mod | go.sum | README.md | LICENSE) ;;
        *) echo "$entry does not belong at the top level" >&2; bad=1 ;;
        esac
    done
    for entry in cmd ovsdb switchmgr nsmgr model hack go.mod go.sum README.md LICENSE; do
        [ -e "$entry" ] || { echo "$entry is missing" >&2; bad=1; }
    done
    return $bad
}

formatting() {
    local list
    list=$(gofmt -l cmd ovsdb switchmgr nsmgr model hack)
    [ -z "$list" ] || { printf 'to be formatted with gofmt -w:\n%s\n' "$list" >&2; return 1; }
}

lint() {
    as_owner mkdir -p .build
    go build -C hack/tools -o "$PWD/.build/golangci-lint" github.com/golangci/golangci-lint/v2/cmd/golangci-lint &&
        .build/golangci-lint run ./...
}

# tests FLAG... PACKAGE... runs tests: those of more packages at a time than there are
# processors, since they wait. (go vet has seen them before.)
tests() {
    go build -o "$work/foldtests" ./hack/foldtests &&
        go test -json -count=1 -vet=off -timeout=40m -p 4 ${short:+-short} "$@" | "$work/foldtests" "$work/times"
}

# Packages whose tests start programs over and over.
starting=(./cmd/ovsns ./switchmgr/ops)
# Of those of the program, where it does several things at a time, and those that
# start it at most a few times; as for go test -run and -skip.
concurrent='^Test([^L]|L[^a])|^TestLab$/^(check|parallel|sandbox|sandbox-outside)$'
repeated='^Test(Failures|Killed|KilledApply|Costs|Readme|Scripts|StandIns)$|WithoutRoot$'

# plain runs tests without the race detector: where others have it, only the rest.
plain() {
    if [ -n "$quick" ] || [ -z "$short" ]; then tests ./...; else tests "${starting[@]}"; fi
}

# races runs tests with it. The package whose tests run one after the other for the
# longest begins.
races() {
    local packages=(./...)
    [ -z "$short" ] || mapfile -t packages < <(go list ./... | grep -vxFf <(go list "${starting[@]}"))
    tests -race ./switchmgr/sandbox "${packages[@]}"
}

# program_races runs those of the program with it.
program_races() { tests -race -run "$concurrent" -skip "$repeated" ./cmd/ovsns; }

demonstration() { hack/demo.sh; }

virtual_machine() { if [ -n "$short" ]; then hack/test-vm.sh; else hack/test-vm.sh --long; fi; }

[ -n "$quick" ] || beside "golangci-lint" lint
check "layout" layout
check "formatting" formatting
check "go.mod" go mod tidy -diff
check "shellcheck" shellcheck -x hack/*.sh hack/*/*.sh .ci/run
check "go vet" go vet ./...
check "tests" plain
[ -n "$quick" ] || check "tests with the race detector" races
[ -n "$quick" ] || [ -z "$short" ] || check "the program with the race detector" program_races
check "demonstration" demonstration
joined
[ -z "$vm" ] || check "virtual machine" virtual_machine

say "what took longest"
longest "$work/parts" >&2
longest "$work/times" >&2
if [ ${#failed[@]} -gt 0 ]; then
    printf '\n\n==== What failed, once more ====\n' >&2
    cat "$work/failures" >&2
    printf '\nFAILED:' >&2
    printf ' %s;' "${failed[@]}" >&2
    echo >&2
    exit 1
fi
printf '\nEverything holds.\n' >&2
