#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev demo: the five experiments on the models of this project, to their reports: leave-one-out on `walk`, attention
# heads and their ablation and the geometry of sampled solutions on `words`, patching and steps of latent thoughts on
# `week`. PHISCOPE_DEMO=loo,steps: only some.

demo_experiments=(loo phiid patching steps sampling)

# What each experiment builds, and what the index page says of it.
demo_programs() {
  case $1 in
    loo | patching | steps | sampling) echo "analyze-$1" ;;
    phiid) echo analyze-phiid analyze-ablation ;;
  esac
}

demo_loo() {
  local sink
  for sink in keep drop; do
    build/release/bin/extract loo --model datasets/models/walk --sink "$sink" \
      --context-lengths 6,10,20 --conditions semantic,unrelated,shuffled --positions all --out "demo/sink-$sink"
  done
  build/release/bin/analyze-loo demo/sink-keep demo/sink-drop --out demo/report --threads "$(nproc)"
}

demo_phiid() {
  build/release/bin/extract phiid --model datasets/models/words --prompts datasets/phiid/words.jsonl \
    --primary surrogates-synergy --out demo/phiid
  build/release/bin/analyze-phiid demo/phiid --surrogates 399 --threads "$(nproc)" --out demo/phiid-report
  build/release/bin/extract ablate --model datasets/models/words --texts demo/phiid \
    --ranking demo/phiid-report/rankings.csv \
    --orders balance,random:0-19 --limit 12 \
    --primary balance --out demo/ablation
  build/release/bin/analyze-ablation demo/ablation --threads "$(nproc)" --out demo/ablation-report
}

demo_patching() {
  build/release/bin/extract patching --model datasets/models/week --pairs datasets/week/pairs.json --batch-size 80 \
    --mode rerun,frozen --sets single,layer,prefix --max-new-tokens 8 --out demo/patching
  build/release/bin/analyze-patching demo/patching --out demo/patching-report --threads "$(nproc)"
}

demo_steps() {
  build/release/bin/extract steps --model datasets/models/week --problems datasets/week/problems.jsonl --batch-size 80 \
    --max-new-tokens 8 --out demo/steps
  build/release/bin/analyze-steps demo/steps --out demo/steps-report --threads "$(nproc)"
}

# What a judge said of the clusters' solutions, without asking it again.
judged() {
  local stored=datasets/words/judgements.jsonl requests=demo/sampling-report/judge_requests.jsonl
  cp "$stored" demo/sampling-report/judgements.jsonl
  build/release/bin/judge "$requests" --model same-calculations --url http://127.0.0.1:8472/v1/chat/completions \
    --offline
}

demo_sampling() {
  build/release/bin/extract sampling --model datasets/models/words --problems datasets/words/problems.jsonl --limit 50 \
    --prompt-template datasets/words/prompt.txt --oracle datasets/words/problems.jsonl --solution-prefix $'\n' \
    --temperatures 0.2,0.5,0.8,1 --samples 16 --checkpoints 8,16,32,64 --stride 4 --max-new-tokens 64 --interval 8 \
    --lookahead 16 --window-stride 4 --to-the-end --batch-size 64 --out demo/sampling
  local analyze=(build/release/bin/analyze-sampling demo/sampling --threads "$(nproc)")
  "${analyze[@]}" --out demo/sampling-report
  if [ "$demo_judge" ]; then
    judged
    mv demo/sampling-report/judgements.jsonl demo/judgements.jsonl
    "${analyze[@]}" --judgements demo/judgements.jsonl --out demo/sampling-report
  fi
}

# The reports of an experiment: folder and title.
demo_reports() {
  case $1 in
    loo) echo "report:Leave-one-out: does a word shape the geometry of the others?" ;;
    phiid)
      echo "phiid-report:Integrated information of attention heads"
      echo "ablation-report:Ablation: do synergistic heads matter more?"
      ;;
    patching) echo "patching-report:Patching: where a latent thought carries the answer" ;;
    steps) echo "steps-report:Steps: which thoughts a right answer needs" ;;
    sampling) echo "sampling-report:Sampling: the geometry of sampled solutions" ;;
  esac
}

# One page with a link to every report and what its summary says first.
demo_index() {
  local experiment folder title
  echo '<!doctype html><html lang="en"><meta charset="utf-8"><title>Phiscope: demo</title>'
  echo '<meta name="viewport" content="width=device-width">'
  echo '<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;'
  echo 'padding:0 1rem}pre{white-space:pre-wrap;font-size:.85rem}</style><h1>Reports of the demo</h1>'
  for experiment in "$@"; do
    while IFS=: read -r folder title; do
      echo "<h2><a href=\"$folder/report.html\">$title</a></h2><pre>"
      head -n 6 "demo/$folder/summary.txt" | sed 's/&/\&amp;/g; s/</\&lt;/g'
      echo '</pre>'
    done < <(demo_reports "$experiment")
  done
}

demo() {
  local experiment asked=("${demo_experiments[@]}")
  [ -z "${PHISCOPE_DEMO:-}" ] || IFS=, read -r -a asked <<<"$PHISCOPE_DEMO"
  local targets=(extract)
  for experiment in "${asked[@]}"; do
    [[ " ${demo_experiments[*]} " == *" $experiment "* ]] ||
      fail "PHISCOPE_DEMO: found '$experiment', expected some of ${demo_experiments[*]}"
    read -r -a targets <<<"${targets[*]} $(demo_programs "$experiment")"
  done
  setup
  configure_release
  demo_judge=''
  if cmake --build build/release --target help | grep -q '^judge:'; then # needs libcurl
    demo_judge=1
    targets+=(judge)
  fi
  say "building ${targets[*]} with $jobs jobs"
  cmake --build build/release -j "$jobs" --target "${targets[@]}"
  local start=$SECONDS began
  rm -rf demo # a run of an earlier revision would be refused
  mkdir demo
  for experiment in "${asked[@]}"; do
    began=$SECONDS
    "demo_$experiment" >>demo/output.txt
    say "$experiment: $((SECONDS - began)) s"
  done
  demo_index "${asked[@]}" >demo/index.html
  for experiment in "${asked[@]}"; do
    demo_reports "$experiment" | cut -d: -f1 | while read -r folder; do cat "demo/$folder/summary.txt"; done
  done
  say "reports after $((SECONDS - start)) s"
  echo "file://$PWD/demo/index.html"
}
