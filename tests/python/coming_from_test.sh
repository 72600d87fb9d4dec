#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The blocks of docs/coming-from.md, theirs against ours:  coming_from_test.sh SOURCE_DIR BIN_DIR
# PHISCOPE_PYTHON names a Python with other libraries; else .venv. It needs the package phiscope, which ./dev python
# puts into .venv. Exit code 77: skipped, because no Python has that or any of the libraries.
set -euo pipefail
source_dir=$1 bin_dir=$2
export PYTHONPATH=${PYTHONPATH:-}
installed=("$source_dir"/.venv/lib/python3*/site-packages)
for candidate in "${PHISCOPE_PYTHON:-}" "$source_dir/.venv/bin/python" python3; do
  [ -n "$candidate" ] || continue
  # The package of .venv does for another Python of the same version.
  for path in "$PYTHONPATH" "$PYTHONPATH:${installed[0]}"; do
    if (cd / && PYTHONPATH=$path "$candidate" -c 'import phiscope._metrics') 2>/dev/null; then
      PYTHONPATH=$path exec "$candidate" -B "$source_dir/bench/coming_from.py" "$bin_dir"
    fi
  done
done
echo "skipped: no Python has the package phiscope; ./dev python builds it"
exit 77
