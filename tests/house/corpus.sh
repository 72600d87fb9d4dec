#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Judges the readers over the corpus of hostile files beside the project:
#   corpus.sh SOURCE_DIR TESTS_DIR [options of run_corpus.py]
# Exit code 77: skipped, because the corpus is absent and not required.
set -euo pipefail
source_dir=$1
programs=$2
shift 2
reference=${PHISCOPE_REFERENCE:-$source_dir/../shared/reference}
corpus=$reference/bad_inputs
judge=$reference/../tools/run_corpus.py
if [ ! -e "$corpus/index.json" ] || [ ! -e "$judge" ]; then
  if [ -n "${PHISCOPE_REFERENCE_REQUIRED:-}" ]; then
    echo "corpus: $corpus/index.json or $judge required but absent" >&2
    exit 1
  fi
  echo "skipped: no corpus of hostile files beside the project: $corpus"
  exit 77
fi
walk=$source_dir/datasets/models/walk
python3 "$judge" --index "$corpus/index.json" --need-values \
  --cmd "npy=$programs/../bin/analyze-metric describe {path}" \
  --cmd "safetensors=$programs/inspect info {path}" \
  --cmd "model_config=$programs/inspect info {path}" \
  --cmd "model_index=$programs/inspect info {path}" \
  --cmd "tokenizer=$programs/inspect tokens --model {path} --prompts $corpus/prompts/ok_plain.jsonl" \
  --cmd "csv=$programs/ranking {path} balanced_score" \
  --cmd "prompts=$programs/inspect tokens --model $walk --prompts {path}" "$@"
