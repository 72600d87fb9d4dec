#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `extract` on models of latent thoughts against transformers and peft: LoRA, the loop and patching:
#   latent_parity_test.sh SOURCE_DIR EXTRACT
# PHISCOPE_PYTHON names a Python with transformers and peft. Exit code 77: skipped, because there is none.
set -euo pipefail
source_dir=$1
extract=$2
python=${PHISCOPE_PYTHON:-python3}
if ! "$python" -W ignore -c 'import peft, tokenizers, torch, transformers' 2>/dev/null; then
  echo "skipped: $python has no transformers with peft"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
PYTHONDONTWRITEBYTECODE=1 "$python" -W ignore "$source_dir/tests/tools/latent_parity.py" "$extract" "$dir"
