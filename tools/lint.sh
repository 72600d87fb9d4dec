#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev lint: rules of the house, format, tidiness.

# From 22 on clang-tidy skips the system's headers: four times as fast as Debian's 14.
clang_tidy_version=23.1.4

# clang-tidy covers what builds without LibTorch, and the metric headers through the file that CMake makes of
# them all. Its analyzer stops after 20,000 states of a function, a tenth of its default, to save time: it
# reported the same problems with that limit.
lint() {
  mkdir -p build
  packages "${base_packages[@]}" "${lint_packages[@]}"
  .venv/bin/clang-tidy --version 2>/dev/null | grep -q "$clang_tidy_version" ||
    pip_install "clang-tidy==$clang_tidy_version"
  configure no-extract
  # Sources that came or moved since: clang-tidy would guess their commands from files with similar names.
  ninja -C build/no-extract build.ninja >build/configure-no-extract.log 2>&1 ||
    fail "cmake failed (build/configure-no-extract.log)"
  tests/house/rules.sh .
  local folders=(metrics analyze extract tests bench) files sources argument
  local options=(--extra-arg=-Wno-unknown-warning-option)
  if [ -d examples ]; then folders+=(examples); fi
  mapfile -t files < <(
    find "${folders[@]}" -name '*.hpp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' | sort)
  clang-format --dry-run -Werror "${files[@]}"
  echo "format: ${#files[@]} files"
  if command -v node >/dev/null; then find analyze -name '*.js' -print0 | xargs -0 -r -n 1 node --check; fi
  mapfile -t sources < <(
    find analyze extract/files extract/inspect extract/kernel bench -path bench/extract -prune -o -path extract/inspect/command.cpp -prune -o -name '*.cpp' -print | sort)
  for argument in -Xclang -analyzer-config -Xclang max-nodes=20000; do options+=("--extra-arg=$argument"); done
  tools/tidy.py --program .venv/bin/clang-tidy --build build/no-extract --jobs "$jobs" \
    build/no-extract/tests/metrics/all_metric_headers.cpp "${sources[@]}" -- "${options[@]}"
}
