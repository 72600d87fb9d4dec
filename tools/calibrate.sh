#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev calibrate: how often intervals hold the truth, and how often the programs claim something that is
# not there, by simulation.

calibrate() {
  setup
  configure_release
  say "building the programs with $jobs jobs"
  cmake --build build/release -j "$jobs" --target extract analyze-loo analyze-phiid analyze-ablation \
    analyze-sampling metric_rates -- --quiet
  python3 -B tests/calibrate/calibrate.py --bin build/release/bin --metric-rates build/release/tests/metric_rates \
    --jobs "$(nproc)" --out build/trust.md ||
    fail "some rates break their bounds (above; build/trust.md has all of them)"
  mv build/trust.md docs/trust.md
  say "tables: $PWD/docs/trust.md"
}
