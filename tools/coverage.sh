#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev coverage: lines of the metric headers that their tests run. Each header is compiled into many test
# programs; gcov counts a line once per instantiation, and one that ran is enough.

coverage() {
  mkdir -p build
  packages "${base_packages[@]}" "${coverage_packages[@]}"
  configure coverage
  say "building with coverage counters"
  cmake --build build/coverage -j "$jobs" --target metrics_tests -- --quiet
  build/coverage/tests/metrics_tests >/dev/null
  # gcov prints negative counts for some branches, which gcovr does not read; lines are not affected.
  gcovr --root . --filter metrics/phiscope/ --exclude-throw-branches --gcov-ignore-parse-errors \
    build/coverage/tests 2>build/gcovr.log >build/coverage.txt || { tail -n 5 build/gcovr.log >&2; fail "gcovr failed"; }
  tail -n 4 build/coverage.txt
}
