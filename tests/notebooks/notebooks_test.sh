#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The notebooks on the demo's runs:  notebooks_test.sh SOURCE_DIR DEMO_DIR
# Exit code 77: skipped, because no Python has what they need or the demo has not run. ./dev notebooks sees to both.
set -euo pipefail
source_dir=$1 demo=$2
skip() { echo "skipped: $*"; exit 77; }
python=
for candidate in "${PHISCOPE_PYTHON:-}" "$source_dir/.venv/bin/python" python3; do
  [ -n "$candidate" ] && (cd / && "$candidate" -c 'import ipykernel, matplotlib, nbclient, phiscope._metrics') 2>/dev/null ||
    continue
  python=$candidate
  break
done
[ -n "$python" ] || skip "no Python has nbclient, ipykernel, matplotlib and the package phiscope; ./dev notebooks installs them"
[ -e "$demo/index.html" ] || skip "no demo in $demo; ./dev demo makes one"
export MPLBACKEND=module://matplotlib_inline.backend_inline JUPYTER_PLATFORM_DIRS=1 PYTHONDONTWRITEBYTECODE=1
exec "$python" "$source_dir/tests/notebooks/notebooks_test.py" "$source_dir" "$demo"
