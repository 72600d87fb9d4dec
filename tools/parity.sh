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
  versions() {
    cat <<'TEXT'

Where transformers 4.57 reads a file otherwise than 5.24, 5.24 is followed:

- `original_max_position_embeddings` holds inside and outside of the rope object; 4.57 looks outside for longrope, inside
  for yarn and llama3. Two numbers that differ are refused.
- longrope with a `factor` uses it; 4.57 takes the quotient of the two contexts where the trained one is named.
- yarn and llama3 without a trained context mean `max_position_embeddings`; for llama3 4.57 refuses such a file.

Two exceptions, in files of OLMo-3 and Gemma-3:

- `rope_theta` of a published OLMo-3 holds in all layers, as in 4.57; 5.24 takes 500000 in layers with a window.
- `"truncate": false` of yarn holds in a published file, as in 4.57, and is refused in a rope object per kind of layer:
  5.24 truncates in both.

With dynamic and longrope, frequencies depend on the length of a pass. A prompt is one pass, a generated token another whose
length counts the cache, as in `generate` with a model that has seen no other text: a dynamic embedding of transformers
keeps the frequencies of the longest text so far. Phi-3 computes its text anew where a generation passes the trained
context; `extract` refuses to generate over it, and to share a beginning between texts with other frequencies.
TEXT
  }
  {
    echo '# Extract against Hugging Face transformers'
    echo
    echo 'Made by `./dev parity`. Small models of every family, with random weights except for `walk` and `words`.'
    versions
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
