#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev demo: leave-one-out on the model `walk`, patching and steps of latent thoughts on `week`, and the geometry
# of sampled solutions on `words`, to their reports.

# What a judge said of the clusters' solutions, without asking it again.
judged() {
  local stored=datasets/words/judgements.jsonl requests=demo/sampling-report/judge_requests.jsonl
  cp "$stored" demo/sampling-report/judgements.jsonl
  build/release/bin/judge "$requests" --model same-calculations --url http://127.0.0.1:8472/v1/chat/completions \
    --offline
}

demo() {
  setup
  configure_release
  local targets=(extract analyze-loo analyze-patching analyze-steps analyze-sampling)
  if cmake --build build/release --target help | grep -q '^judge:'; then targets+=(judge); fi  # needs libcurl
  say "building ${targets[*]} with $jobs jobs"
  cmake --build build/release -j "$jobs" --target "${targets[@]}" -- --quiet
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
  build/release/bin/extract sampling --model datasets/models/words --problems datasets/words/problems.jsonl --limit 50 \
    --prompt-template datasets/words/prompt.txt --oracle datasets/words/problems.jsonl --solution-prefix $'\n' \
    --temperatures 0.2,0.5,0.8,1 --samples 16 --checkpoints 8,16,32,64 --stride 4 --max-new-tokens 64 --interval 8 \
    --lookahead 16 --window-stride 4 --to-the-end --batch-size 64 --out demo/sampling >/dev/null
  local analyze=(build/release/bin/analyze-sampling demo/sampling --threads "$(nproc)")
  "${analyze[@]}" --out demo/sampling-report >/dev/null
  if [[ " ${targets[*]} " == *" judge "* ]]; then
    judged >/dev/null
    mv demo/sampling-report/judgements.jsonl demo/judgements.jsonl
    "${analyze[@]}" --judgements demo/judgements.jsonl --out demo/sampling-report >/dev/null
  fi
  cat demo/{report,patching-report,steps-report,sampling-report}/summary.txt
  say "reports after $((SECONDS - start)) s: report.html in $PWD/demo/{report,patching-report,steps-report,sampling-report}"
}
