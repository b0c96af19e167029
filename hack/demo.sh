#!/bin/bash
# demo.sh - the main job in a private host: a switch with two VLANs, gateways,
# NAT and an outside, and who reaches whom.
#
#   sudo hack/demo.sh
#
# Installs what is missing (openvswitch-switch as a package; its services are
# neither needed nor started), builds ovsns, and leaves nothing else behind.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. hack/lib.sh

need_root
install_packages "${demo_packages[@]}"
find_go
say "building ovsns"
as_owner mkdir -p .build
as_owner go build -buildvcs=false -o .build/ovsns ./cmd/ovsns
.build/ovsns sandbox --outside -- hack/demo/main.sh
