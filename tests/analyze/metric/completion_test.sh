#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Completes command lines as bash would, with the script that a program prints:
#   completion_test.sh ANALYZE_METRIC
set -euo pipefail
fail() { echo "completion_test: $*" >&2; exit 1; }

# completed WORD...: what bash would offer for the last word.
completed() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMPREPLY=()
  "$function"
  echo "${COMPREPLY[*]}"
}
# expect OFFERED WORD...
expect() {
  local found
  found=$(completed "${@:2}")
  [ "$found" = "$1" ] || fail "${*:2}: offered '$found', expected '$1'"
}

script=$("$1" --completion bash)
function=_analyze_metric
eval "$script"
expect "phi-ratio phiid pair-balance" analyze-metric p
expect "--clusters --cross" analyze-metric phi-ratio x.npy --c
expect "groups all" analyze-metric phi-ratio --cross ""
expect "groups" analyze-metric phi-ratio --cross g
cd "$(mktemp -d)"
touch one.npy two.npy
expect "one.npy" analyze-metric phi-ratio o
expect "two.npy" analyze-metric phi-ratio --clusters t
if command -v man >/dev/null; then
  "$1" --man >metric.1
  # groff warns on standard error of what it does not understand.
  [ -z "$(man --warnings -l metric.1 2>&1 >/dev/null)" ] || fail "man does not understand the page"
fi
rm -rf "$PWD"
