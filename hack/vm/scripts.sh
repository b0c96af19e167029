#!/bin/bash
# scripts.sh - in the virtual machine: runs tests of cmd/ovsns.
#
#   scripts.sh PATTERN     as for go test -run
#
# Four at a time, for most of a script is waiting.
set -eu
cd /vm/job
export OVSNS_TEST_SLOW=4
exec ./ovsns.test -test.v -test.parallel 4 -test.timeout 38m -test.run "$1"
