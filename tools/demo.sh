#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev demo: the leave-one-out experiment on the model `walk`, from extraction to report.

demo() {
  setup
  configure_release
  say "building extract and analyze-loo with $jobs jobs"
  cmake --build build/release -j "$jobs" --target extract analyze-loo -- --quiet
  local start=$SECONDS sink
  rm -rf demo  # a run of an earlier revision would be refused
  for sink in keep drop; do
    build/release/bin/extract loo --model datasets/models/walk --sink "$sink" \
      --context-lengths 6,10,20 --conditions semantic,unrelated,shuffled --positions all --out "demo/sink-$sink" >/dev/null
  done
  build/release/bin/analyze-loo demo/sink-keep demo/sink-drop --out demo/report --threads "$(nproc)" >/dev/null
  say "report: $PWD/demo/report/report.html (after $((SECONDS - start)) s)"
  cat demo/report/summary.txt
}
