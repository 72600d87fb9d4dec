#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Format, tidiness and the rules of the house:  lint.sh JOBS
# clang-tidy covers what builds without LibTorch. Its analyzer stops after 20,000 states of a function, a tenth of
# its own limit, for its time: what it found with that limit it still found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
jobs=$1
tidy=(.venv/bin/clang-tidy --quiet -p build/no-extract --extra-arg=-Wno-unknown-warning-option)
for argument in -Xclang -analyzer-config -Xclang max-nodes=20000; do tidy+=("--extra-arg=$argument"); done
tests/house/rules.sh .
mapfile -t files < <(find metrics analyze extract tests bench -name '*.hpp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' | sort)
clang-format --dry-run -Werror "${files[@]}"
echo "format: ${#files[@]} files"
mapfile -t sources < <(find analyze extract/files extract/inspect extract/kernel bench -path bench/extract -prune -o -name '*.cpp' -print | sort)
# The metric headers through the file that CMake makes of them all.
headers=build/no-extract/tests/metrics/all_metric_headers.cpp
printf '%s\0' "$headers" "${sources[@]}" |
  xargs -0 -n 1 -P "$jobs" "${tidy[@]}" 2>build/tidy.log ||
  { echo "lint: clang-tidy found something (above)" >&2; exit 1; }
echo "tidy: ${#sources[@]} sources and all metric headers"
