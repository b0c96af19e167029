#!/bin/bash
# benchstat.sh - the Go benchmarks of the hot paths (diff, encode, observe ...),
# of this tree and of an earlier state of it, in turn, compared by benchstat.
#
#   sudo hack/benchstat.sh                  against HEAD: what is not committed
#   sudo hack/benchstat.sh HEAD~5 Encode    five commits back, only some
#
# Each pair of a benchmark is run 6 times; ROUNDS=10 makes it 10.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. hack/lib.sh

base=${1:-HEAD}
which=${2:-.}
if [ $# -gt 2 ] || [[ $base == -* ]]; then
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
    exit 2
fi

need_root
install_packages "${test_packages[@]}"
find_go
export GOFLAGS=-buildvcs=false # the tree may belong to another user, which git refuses
as_owner mkdir -p .build
as_owner go build -C hack/tools -o "$PWD/.build/benchstat" golang.org/x/perf/cmd/benchstat

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/old"
as_owner git archive "$base" | tar -x -C "$work/old"
packages=(model nsmgr ovsdb switchmgr switchmgr/labfile)

# compile TREE NAME builds the benchmarks of a tree.
compile() {
    local p
    for p in "${packages[@]}"; do
        go test -C "$1" -c -o "$work/$2-${p//\//-}" "./$p"
    done
}

# measure TREE NAME runs them once.
measure() {
    local p binary
    for p in "${packages[@]}"; do
        binary=$work/$2-${p//\//-}
        (cd "$1/$p" && "$binary" -test.run '^$' -test.bench "$which" -test.benchtime 5x -test.benchmem) >"$work/said" || {
            cat "$work/said" >&2
            die "the benchmarks of $p fail in $1"
        }
        grep -E '^(goos|goarch|pkg|cpu|Benchmark)' "$work/said" >>"$work/$2.txt" || true # not every package has one
    done
}

compile "$PWD" new
compile "$work/old" old
for ((round = 1; round <= ${ROUNDS:-6}; round++)); do
    say "round $round"
    measure "$work/old" old
    measure "$PWD" new
done
cd "$work"
"$OLDPWD/.build/benchstat" "$base=old.txt" "here=new.txt"
