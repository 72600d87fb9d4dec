#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev docs: pages of the metrics. Each header's page shows its test as the example.

docs() {
  mkdir -p build/docs
  packages "${docs_packages[@]}"
  local header name
  echo '/** @namespace phiscope The metrics, and what they have in common. */' >build/docs/headers.dox
  for header in metrics/phiscope/*.hpp metrics/phiscope/adaptors/*.hpp; do
    name=$(basename "$header" .hpp)
    case $header in */adaptors/*) name=${name}_adaptor ;; esac
    [ -n "$(find tests/metrics -name "${name}_test.cpp")" ] || continue  # all.hpp has none
    printf '/** @file %s\n * Example: its test, @ref %s_test.cpp */\n' "${header#metrics/}" "$name"
    printf '/** @example %s_test.cpp\n * Test of %s: exact values, invariants, oracle. */\n' \
      "$name" "${header#metrics/}"
  done >>build/docs/headers.dox
  doxygen docs/Doxyfile || fail "doxygen reported a problem (above)"
  say "pages: $PWD/build/docs/html/index.html"
}
