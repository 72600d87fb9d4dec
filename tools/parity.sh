#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev parity: one table for the models of this project, and one for those of PHISCOPE_REFERENCE, if set.

parity() {
  build
  local python reference=${PHISCOPE_REFERENCE:-}
  python=$(reference_python) ||
    fail "PHISCOPE_PYTHON=${PHISCOPE_PYTHON:-python3}: expected a Python with torch and transformers"
  table() {
    echo
    echo "## $1"
    echo
    shift
    "$python" tools/parity.py --extract build/release/bin/extract --markdown build/parity.md "$@" >&2 ||
      fail "some values differ from those of transformers (above)"
    cat build/parity.md
  }
  {
    echo '# Extract against Hugging Face transformers'
    echo
    echo 'Made by `./dev parity`. Small models of every family, with random weights except for `walk` and `words`.'
    table 'Models of this project' tests/golden/models/*/model tests/golden/models/*/model_* \
      datasets/models/walk datasets/models/words
    if [ -n "$reference" ] && [ -d "$reference/models" ]; then
      table 'Further models' "$reference"/models/*/model "$reference"/models/*/model_*
    fi
    # Compared by hand, with the vocabularies that are published: stays as it is.
    echo
    sed -n '/^## Tokenizers$/,$p' docs/parity.md
  } >build/parity-all.md
  mv build/parity-all.md docs/parity.md
  say "table: $PWD/docs/parity.md"
}
