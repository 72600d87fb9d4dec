#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev demo: leave-one-out on the model `walk`, and patching and steps of latent thoughts on `week`, to their
# reports.

demo() {
  setup
  configure_release
  say "building extract, analyze-loo, analyze-patching and analyze-steps with $jobs jobs"
  cmake --build build/release -j "$jobs" --target extract analyze-loo analyze-patching analyze-steps -- --quiet
  local start=$SECONDS sink
  rm -rf demo  # a run of an earlier revision would be refused
  for sink in keep drop; do
    build/release/bin/extract loo --model datasets/models/walk --sink "$sink" \
      --context-lengths 6,10,20 --conditions semantic,unrelated,shuffled --positions all --out "demo/sink-$sink" >/dev/null
  done
  build/release/bin/analyze-loo demo/sink-keep demo/sink-drop --out demo/report --threads "$(nproc)" >/dev/null
  build/release/bin/extract patching --model datasets/models/week --pairs datasets/week/pairs.json --batch-size 80 \
    --mode rerun,frozen --sets single,layer,prefix --max-new-tokens 8 --out demo/patching >/dev/null
  build/release/bin/analyze-patching demo/patching --out demo/patching-report --threads "$(nproc)" >/dev/null
  build/release/bin/extract steps --model datasets/models/week --problems datasets/week/problems.jsonl --batch-size 80 \
    --max-new-tokens 8 --out demo/steps >/dev/null
  build/release/bin/analyze-steps demo/steps --out demo/steps-report --threads "$(nproc)" >/dev/null
  cat demo/report/summary.txt demo/patching-report/summary.txt demo/steps-report/summary.txt
  say "reports after $((SECONDS - start)) s: report.html in $PWD/demo/report, demo/patching-report and demo/steps-report"
}
