#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/config.py, and what extract makes of its output:  config_test.sh SOURCE_DIR EXTRACT
# PHISCOPE_PYTHON names a Python with PyYAML. Exit code 77: skipped, because there is none.
set -euo pipefail
source_dir=$1 extract=$2
python=${PHISCOPE_PYTHON:-python3}
if ! "$python" -c 'import tomllib, yaml' 2>/dev/null; then
  echo "skipped: $python has no tomllib and PyYAML"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0
complain() { echo "config_test: $*" >&2; failures=$((failures + 1)); }

# The same names and values, read by two other readers; what is null is not there.
cat >"$dir/all.yaml" <<'YAML'
name: "a \"b\" \u0001 \x7f é 😀"
none: ~
whole: -3
number: 1.5e-7
huge: 1.0e+300
list: [0.0, 1, "x"]
later:
  inner:
    truth: true
  a key with spaces: no
root_after_table: .inf
YAML
"$python" "$source_dir/tools/config.py" "$dir/all.yaml" >"$dir/all.toml" 2>"$dir/notes"
grep -q 'none is null and left out' "$dir/notes" || complain "null: no note"
"$python" - "$dir/all.yaml" "$dir/all.toml" <<'PY' || complain "another content"
import sys, tomllib, yaml
wanted = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
del wanted["none"]
sys.exit(wanted != tomllib.load(open(sys.argv[2], "rb")))
PY

refused() {  # YAML REASON
  printf '%b' "$1" >"$dir/bad.yaml"
  local status=0
  "$python" "$source_dir/tools/config.py" "$dir/bad.yaml" >"$dir/out" 2>"$dir/err" || status=$?
  [[ $status == 1 && ! -s $dir/out && $(wc -l <"$dir/err") == 1 ]] || complain "$1: exit $status"
  grep -qF -- "$2" "$dir/err" || complain "$1: found $(cat "$dir/err")"
}
refused 'a: 1\na: 2\n' 'bad.yaml:2: the key a twice'
refused 'a: [1\n' 'expected YAML'
refused '1: a\n' 'the key 1, expected a string'
refused '- a\n' 'no names with values'
refused 'a: 2024-01-01\n' 'a: found date, expected a string'
refused 'a: [{b: 1}]\n' 'a: found dict, expected a string'

# Without PyYAML it says what to install.
if "$python" -S "$source_dir/tools/config.py" "$dir/all.yaml" >"$dir/out" 2>"$dir/err"; then
  complain "no PyYAML: exit 0"
else
  grep -q 'pip install pyyaml' "$dir/err" || complain "no PyYAML: found $(cat "$dir/err")"
fi

# The configuration of the published experiment runs, but for its model and problems.
published=${PHISCOPE_REFERENCE:-}/published/sampling/config.yaml
if [[ -f $published ]]; then
  "$python" "$source_dir/tools/config.py" "$published" >"$dir/published.toml"
  printf '{problem}' >"$dir/template"
  "$extract" sampling --config "$dir/published.toml" --model "$source_dir/datasets/models/words" \
    --problems "$source_dir/datasets/words/problems.jsonl" --device cpu --dtype float32 --out "$dir/run" \
    --target-layer 3 --variance-layers 0,2 --prompt-template "$dir/template" --limit 4 --stride 4 --interval 8 \
    --solution-prefix $'\n' --cluster-max-new-tokens 100 >"$dir/out" 2>"$dir/err" || complain "published: $(cat "$dir/err")"
  [[ $(grep -c 'has no effect' "$dir/err") == 8 ]] || complain "published: $(grep 'has no' "$dir/err")"
  "$python" - "$dir/run" <<'PY' || complain "published: another plan"
import json, sys
plans = {step: json.load(open(f"{sys.argv[1]}/{step}/plan.json"))
         for step in ("variance", "manifold", "sensitivity", "attribution", "clustering")}
variance, sensitivity = plans["variance"], plans["sensitivity"]
options = variance["options"]
assert options["temperatures"] == [0.0, 0.5, 0.8, 1.0] and options["samples"] == 5, options
assert options["checkpoints"] == [32, 64, 128] and options["pooling_window"] == 8, options
assert sensitivity["lookahead"] == 64 and sensitivity["interval"] == 8, sensitivity
assert plans["manifold"]["prefix"]["share"] == 0.3, plans["manifold"]
assert plans["attribution"]["options"]["top_points"] == 200 and plans["attribution"]["points"], plans["attribution"]
assert plans["clustering"]["clusters"] == 3, plans["clustering"]
PY
fi
[[ $failures == 0 ]] || { echo "config_test: $failures failed"; exit 1; }
echo "config_test: passed"
