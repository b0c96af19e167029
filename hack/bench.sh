#!/bin/bash
# bench.sh - how fast ovsns is, beside everybody else: the same network on the
# same datapath, in private hosts, in one interleaved run.
#
#   sudo hack/bench.sh                    everything (one to three hours)
#   sudo hack/bench.sh --quick            10 and 100 namespaces, 3 rounds
#   sudo hack/bench.sh --sizes 100 --only ovsns,floor --parts labs
#   sudo hack/bench.sh --help             all flags
#
# Installs what the contestants need, starts no service of the machine, and
# leaves results.json and growth.svg in .build/bench.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. hack/lib.sh

need_root
install_packages "${bench_packages[@]}"
find_go
as_owner mkdir -p .build
build ovsns ./cmd/ovsns
build floor ./hack/bench/floor
build floor-libovsdb ./hack/bench/floor libovsdb
build benchmark ./hack/bench
exec .build/benchmark "$@"
