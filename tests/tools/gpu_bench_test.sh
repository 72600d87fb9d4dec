#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/gpu.py on the CPU with tiny shapes: it runs, writes its page, and refuses to time an extract
# that computes something else:  gpu_bench_test.sh SOURCE_DIR EXTRACT
# PHISCOPE_PYTHON names a Python with transformers. Exit code 77: skipped, because there is none.
set -euo pipefail
source_dir=$1
extract=$2
python=${PHISCOPE_PYTHON:-python3}
if ! "$python" -c 'import importlib.util as u, sys
sys.exit(not all(map(u.find_spec, ("numpy", "tokenizers", "torch", "transformers"))))'; then
  echo "skipped: $python has no transformers"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/work"
bench() { "$python" "$source_dir/bench/gpu.py" --work "$dir/work" "$@" >"$dir/out" 2>"$dir/err"; }
fail() { echo "gpu_bench_test: $*" >&2; cat "$dir/out" "$dir/err" >&2; exit 1; }

# In float32 the checks are sharp; the parity part computes in bfloat16 all the same.
bench --quick --device cpu --dtype float32 --rounds 1 --program "$extract" --out "$dir/page.md" ||
  fail "does not run"
head -n 1 "$dir/page.md" | grep -q 'no measurement' || fail "the page does not say what it is"
grep -q 'Tiny shapes on a CPU' "$dir/page.md" || fail "the page does not name the CPU"
# Five timed parts and three tables of parity, of both shapes.
[ "$(grep -c '^| tiny-qwen2 ' "$dir/page.md")" -eq 8 ] || fail "$(cat "$dir/page.md")"
[ "$(grep -c '^| tiny-gpt-neox ' "$dir/page.md")" -eq 8 ] || fail "$(cat "$dir/page.md")"
[ "$(find "$dir/work" -mindepth 1 | wc -l)" -eq 0 ] || fail "leaves files behind"

# refuse MESSAGE OPTION...: one line with MESSAGE, no page.
refuse() {
  local wanted=$1
  shift
  rm -f "$dir/page.md"
  if bench --out "$dir/page.md" "$@"; then fail "accepts $*"; fi
  [ "$(wc -l <"$dir/err")" -eq 1 ] || fail "more than one line"
  grep -qF -- "$wanted" "$dir/err" || fail "does not say '$wanted'"
  [ ! -e "$dir/page.md" ] || fail "writes a page"
}
# An extract whose model turns queries and keys by other angles.
cat >"$dir/extract" <<SH
#!/usr/bin/env bash
set -e
rm -rf "$dir/changed"
cp -r "\$3" "$dir/changed"
sed -i 's/"rope_theta": 1000000.0/"rope_theta": 1000.0/' "$dir/changed/config.json"
exec "$extract" "\${@/#\$3/$dir/changed}"
SH
chmod +x "$dir/extract"
refuse 'tiny-qwen2: prefill with every residual on disk: both sides differ' \
  --quick --device cpu --program "$dir/extract" --shapes tiny-qwen2
refuse "$dir/none: no such program" --quick --device cpu --program "$dir/none"
refuse "--shapes: found 'pythia'" --quick --device cpu --program "$extract" --shapes pythia
echo "gpu_bench_test: all kept"
