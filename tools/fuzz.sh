#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev fuzz: libFuzzer on every reader of files, then .npy and safetensors against NumPy and the package safetensors.

fuzz() {
  local minutes=$1 python=${PHISCOPE_PYTHON:-} status=0
  mkdir -p build
  packages "${base_packages[@]}" "${sanitize_packages[@]}"
  configure fuzz
  say "building with clang, libFuzzer, ASan and UBSan"
  cmake --build build/fuzz -j "$jobs" --target fuzz_readers fuzz_replay -- --quiet
  if [ -z "$python" ] || ! "$python" -c 'import numpy, safetensors' 2>/dev/null; then
    python=.venv/bin/python
    "$python" -c 'import numpy, safetensors' 2>/dev/null || pip_install numpy safetensors
  fi
  say "fuzzing for $minutes minutes"
  python3 -B tests/fuzz/campaign.py --build build/fuzz --minutes "$minutes" --jobs "$jobs" || status=1
  say "comparing with NumPy and safetensors"
  "$python" -B tests/fuzz/differential.py --program build/fuzz/tests/fuzz_replay --jobs "$jobs" \
    --inputs "${PHISCOPE_FUZZ_INPUTS:-100000}" --findings build/fuzz/findings --json build/fuzz/differential.json || status=1
  [ "$status" -eq 0 ] || fail "something was found: build/fuzz/findings has the inputs"
  say "figures: build/fuzz/figures.json, build/fuzz/differential.json"
}
