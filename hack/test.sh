#!/bin/bash
# test.sh - everything that has to hold: layout, formatting, lint, and all tests
# against a real Open vSwitch in private hosts.
#
#   sudo hack/test.sh             everything
#   sudo hack/test.sh --no-vm     without the virtual machine (hack/test-vm.sh)
#   sudo hack/test.sh --quick     without that, lint and the race detector
#
# All tests run once as they are, and once with the race detector. That is slow,
# so there -short has the tests repeat less: 20 killed commands instead of 200,
# 5 pairs of labs instead of 25, one script instead of three in the sandbox of a
# sandbox. None is left out.
#
# Where a process takes long to start, all this would take three times as long as
# elsewhere. So there -short is for both, each test of whole commands runs with
# the race detector only where a command does several things at once, the tests of
# most packages run with it alone, and the virtual machine has only what depends on
# its kernel.
#
# Installs what the tests need; starts no service of the machine. What failed
# stands at the end.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. hack/lib.sh

quick='' vm=yes
case "$#:${1:-}" in
0:) ;;
1:--quick) quick=yes vm='' ;;
1:--no-vm) vm='' ;;
1:-h | 1:--help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 0 ;;
*) printf 'error: unknown argument: %s\nhint: hack/test.sh [--quick|--no-vm]\n' "$*" >&2; exit 2 ;;
esac

need_root
install_packages "${test_packages[@]}"
find_go
export GOFLAGS=-buildvcs=false # the tree may belong to another user, which git refuses
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=()

# check NAME COMMAND... runs a part; a failure does not stop the others.
check() {
    local name=$1 begin=$SECONDS
    shift
    say "$name"
    if "$@" 2>&1 | tee "$work/part" >&2; then
        printf -- '-- %s: good (%d s)\n' "$name" $((SECONDS - begin)) >&2
    else
        printf -- '-- %s: FAILED (%d s)\n' "$name" $((SECONDS - begin)) >&2
        failed+=("$name")
        { say "$name"; tail -n 120 "$work/part"; } >>"$work/failures" 2>&1
    fi
}

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

# starts_slowly reports whether 100 processes take more than a quarter of a
# second to start and end.
starts_slowly() {
    local begin=${EPOCHREALTIME/[.,]/} i
    for ((i = 0; i < 100; i++)); do /bin/true; done
    [ $((${EPOCHREALTIME/[.,]/} - begin)) -gt 250000 ]
}

# tests FLAG... PACKAGE... runs tests.
tests() {
    go build -o "$work/foldtests" ./hack/foldtests &&
        go test -json -count=1 -timeout=40m "$@" | "$work/foldtests"
}

# Tests of whole commands that do one thing after the other, or what the tests of
# the packages do as well; as for go test -skip.
sequential='^Test(Failures|Killed|KilledApply|Readme)$|WithoutRoot$'
sequential+='|^TestLab$/^(w[1-5]|badinput-.*|failure-.*|adopt.*|vlan|ipv6|segments|isolation-ports|foreign|change|repeat|docker|reboot|lab'
sequential+='|labfile|traffic|sandbox-keep)$'

# plain runs the tests as they are: where processes start slowly only those of whole
# commands, and of what they cost, if the others are to run with the race detector.
plain() {
    local packages=(./...)
    [ -z "$slow" ] || [ -n "$quick" ] || packages=(./cmd/... ./hack/... ./switchmgr)
    tests ${slow:+-short} "${packages[@]}"
}

# races runs the tests with the race detector. The names of those left out are of
# cmd/ovsns alone, so that its tests run beside those of the other packages. The
# package whose tests run one after the other for the longest begins.
races() { tests -race -short ${slow:+-skip "$sequential"} ./switchmgr/shell ./...; }

demonstration() { hack/demo.sh; }

check "layout" layout
check "formatting" formatting
check "go.mod" go mod tidy -diff
check "shellcheck" shellcheck -x hack/*.sh hack/*/*.sh .ci/run
check "go vet" go vet ./...
[ -n "$quick" ] || check "golangci-lint" lint
slow=''
if starts_slowly; then
    say "processes start slowly here: some tests repeat less, or run once instead of twice"
    slow=yes
fi
check "tests" plain
[ -n "$quick" ] || check "tests with the race detector" races
check "demonstration" demonstration
[ -z "$vm" ] || check "virtual machine" hack/test-vm.sh ${slow:+--short}

if [ ${#failed[@]} -gt 0 ]; then
    printf '\n\n==== What failed, once more ====\n' >&2
    cat "$work/failures" >&2
    printf '\nFAILED:' >&2
    printf ' %s;' "${failed[@]}" >&2
    echo >&2
    exit 1
fi
printf '\nEverything holds.\n' >&2
