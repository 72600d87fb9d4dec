#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tokenizer_parity.py finds no difference for the tokenizers of the tests, and finds one that is there:
#   tokenizer_parity_test.sh SOURCE_DIR EXTRACT
# PHISCOPE_PYTHON names a Python with transformers. Exit code 77: skipped, because there is none.
set -euo pipefail
source_dir=$1
extract=$2
python=${PHISCOPE_PYTHON:-python3}
if ! version=$("$python" -c 'import tokenizers, transformers; print(transformers.__version__)' 2>/dev/null); then
  echo "skipped: $python has no transformers"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
golden=$source_dir/tests/golden/tokenizer
compare() { "$python" "$source_dir/tests/tools/tokenizer_parity.py" "$@" >"$dir/out" 2>&1; }
fail() { echo "tokenizer_parity_test: $*" >&2; cat "$dir/out" >&2; exit 1; }

# Files that contradict each other are read as 4.57 reads them; tokenizers of 5 takes other flags.
configurations=0
case $version in 4.57.*) configurations=6 ;; esac
compare "$extract" "$golden"/{whole_words,byte_fallback,composed} --texts 300 --configurations $configurations ||
  fail "ids differ"
[ "$(grep -c ' 300 texts, 0 differ' "$dir/out")" -eq 3 ] || fail "not all compared"

# The program is given the directory without one of its files.
cat >"$dir/extract" <<SH
#!/usr/bin/env bash
cp "\$3/tokenizer.json" "$dir"
exec "$extract" tokens --model "$dir" --prompts "\$5"
SH
chmod +x "$dir/extract"
if [ $configurations -gt 0 ] && compare "$dir/extract" "$golden/whole_words" --texts 300 --configurations 6; then
  fail "does not see that tokens are missing"
fi
echo "tokenizer_parity_test: all kept"
