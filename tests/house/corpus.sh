#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Judges the readers over a corpus of hostile files: $PHISCOPE_REFERENCE/bad_inputs, by the program that
# PHISCOPE_CORPUS_JUDGE names:
#   corpus.sh SOURCE_DIR TESTS_DIR [options of the judge]
# Exit code 77: skipped, because one of the two is not named and PHISCOPE_REFERENCE_REQUIRED is not set.
set -euo pipefail
source_dir=$1
programs=$2
shift 2
reference=${PHISCOPE_REFERENCE:-}
judge=${PHISCOPE_CORPUS_JUDGE:-}
if [ -z "$reference" ] || [ -z "$judge" ]; then
  echo "no corpus of hostile files: PHISCOPE_REFERENCE or PHISCOPE_CORPUS_JUDGE is not set" >&2
  [ -z "${PHISCOPE_REFERENCE_REQUIRED:-}" ] || exit 1
  exit 77
fi
corpus=$reference/bad_inputs
for file in "$corpus/index.json" "$judge"; do
  [ -e "$file" ] || { echo "corpus: $file is absent" >&2; exit 1; }
done
walk=$source_dir/datasets/models/walk
python3 "$judge" --index "$corpus/index.json" --need-values \
  --cmd "npy=$programs/../bin/analyze-metric describe {path}" \
  --cmd "safetensors=$programs/../bin/extract info {path}" \
  --cmd "model_config=$programs/../bin/extract info {path}" \
  --cmd "model_index=$programs/../bin/extract info {path}" \
  --cmd "tokenizer=$programs/../bin/extract tokens --model {path} --prompts $corpus/prompts/ok_plain.jsonl" \
  --cmd "csv=$programs/ranking {path} balanced_score" \
  --cmd "prompts=$programs/../bin/extract tokens --model $walk --prompts {path}" "$@"
