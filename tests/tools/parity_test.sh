#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/parity.py passes on the demo model and fails on a model that was changed a little:
#   parity_test.sh SOURCE_DIR EXTRACT
# PHISCOPE_PYTHON names a Python with transformers. Exit code 77: skipped, because there is none.
set -euo pipefail
source_dir=$1
extract=$2
python=${PHISCOPE_PYTHON:-python3}
if ! "$python" -c 'import tokenizers, transformers, torch' 2>/dev/null; then
  echo "skipped: $python has no transformers"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
walk=$source_dir/datasets/models/walk
parity() { "$python" "$source_dir/tools/parity.py" "$@" >"$dir/out" 2>&1; }
fail() { echo "parity_test: $*" >&2; cat "$dir/out" >&2; exit 1; }

parity "$walk" --extract "$extract" --markdown "$dir/table.md" || fail "walk does not pass"
grep -q '^| walk | llama | .* | 320 of 320 | pass |$' "$dir/table.md" || fail "$(cat "$dir/table.md")"

# The program is given other weights than transformers.
cp -r "$walk" "$dir/changed"
"$python" - "$dir/changed/model.safetensors" <<'PY'
import sys
from safetensors.torch import load_file, save_file
tensors = load_file(sys.argv[1])
tensors["model.layers.1.post_attention_layernorm.weight"] *= 1.02
save_file(tensors, sys.argv[1])
PY
cat >"$dir/extract" <<SH
#!/usr/bin/env bash
exec "$extract" "\${@/#$(printf '%s' "$walk" | sed 's:/:\\/:g')/$dir/changed}"
SH
chmod +x "$dir/extract"
if parity "$walk" --extract "$dir/extract"; then fail "passes with other weights"; fi
grep -q 'hook_mlp_out .* FAIL' "$dir/out" || fail "does not say where"
grep -q 'hook_embed .* PASS' "$dir/out" || fail "complains of what is the same"

if parity "$dir" --extract "$extract"; then fail "passes without a model"; fi
[ "$(grep -c 'config.json: No such file' "$dir/out")" -eq 1 ] || fail "no message"
echo "parity_test: all kept"
