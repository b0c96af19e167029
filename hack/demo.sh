#!/bin/bash
# demo.sh - the main job in a private host: a switch with two VLANs, gateways,
# NAT and an outside, and who reaches whom.
#
#   hack/demo.sh          where Open vSwitch and Go are installed
#   sudo hack/demo.sh     on a new machine: installs what is missing first
#
# Builds ovsns and leaves nothing else behind; the services of Open vSwitch are
# neither needed nor started.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. hack/lib.sh

if [ "$(id -u)" = 0 ]; then
    install_packages "${demo_packages[@]}"
else
    PATH=$PATH:/usr/sbin:/sbin
    for program in "${demo_programs[@]}"; do
        command -v "$program" >/dev/null || die "$program is not installed" "sudo $0"
    done
fi
find_go
say "building ovsns"
{ as_owner mkdir -p .build && [ -w .build ]; } || die "$PWD/.build cannot be written" "sudo $0"
build ovsns ./cmd/ovsns
.build/ovsns sandbox --outside -- hack/demo/main.sh
