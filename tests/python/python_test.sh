#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tests of the Python package:  python_test.sh metrics|run SOURCE_DIR BIN_DIR
# PHISCOPE_PYTHON names a Python with NumPy; else .venv, else python3. `run` needs nothing else, as it is read from
# the sources; `metrics` needs the package installed by ./dev python. Exit code 77: skipped, because that is missing.
set -euo pipefail
part=$1 source_dir=$2 bin_dir=$3
skip() { echo "skipped: $*"; exit 77; }

python=
for candidate in "${PHISCOPE_PYTHON:-}" "$source_dir/.venv/bin/python" python3; do
  [ -n "$candidate" ] && "$candidate" -c 'import numpy' 2>/dev/null || continue
  [ "$part" = run ] || (cd / && "$candidate" -c 'import phiscope._metrics') 2>/dev/null || continue
  python=$candidate
  break
done
cd /  # an installed package, not a folder of that name
if [ "$part" = run ]; then
  [ -n "$python" ] || skip "no Python with NumPy; PHISCOPE_PYTHON names one"
  export PYTHONPATH=$source_dir/metrics/python
  exec "$python" -B "$source_dir/tests/python/run_test.py" "$bin_dir" "$source_dir"
fi
[ -n "$python" ] || skip "no Python has the package phiscope; ./dev python builds it"
module=$("$python" -c 'import phiscope._metrics; print(phiscope._metrics.__file__)')
newer=$(find "$source_dir/metrics/phiscope" "$source_dir/metrics/python" -type f -newer "$module" \
  \( -name '*.hpp' -o -name '*.cpp' -o -name '*.py' \) -not -path '*/run/*' -print -quit)
[ -z "$newer" ] || skip "$newer has changed since the package was built; ./dev python builds it anew"
"$python" -B "$source_dir/tests/python/metrics_test.py" "$source_dir"
"$python" -B "$source_dir/tests/python/options_test.py" "$source_dir"
