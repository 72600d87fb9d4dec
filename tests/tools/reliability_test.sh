#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A small share of ./dev reliability: every kind of trial once or twice:  reliability_test.sh SOURCE_DIR BIN_DIR
set -euo pipefail
tools=$1/tools/reliability
try() {
  local script=$1 status=0
  shift
  python3 -B "$tools/$script.py" "$@" || status=$?
  [ "$status" -eq 0 ] || [ "$status" -eq 77 ] # no strace, no right to mount: said on standard error
}
try interruptions "$2" --points 3 --only steps
try faults "$2" --points 1 --only phiid
try full_disk "$2" --fills 1 --only loo
try damage "$2" --flips 5 --only loo
try reports "$2" --kills 2 --only patching
try surroundings "$2" streams configurations
