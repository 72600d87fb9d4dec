#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/log_wandb.py without a network:  log_wandb_test.sh SOURCE_DIR
# PHISCOPE_PYTHON names a Python with wandb. Exit code 77: skipped, because there is none.
set -euo pipefail
python=${PHISCOPE_PYTHON:-python3}
if ! "$python" -c 'import wandb' 2>/dev/null; then
  echo "skipped: $python has no wandb"
  exit 77
fi
exec "$python" -B "$1/tests/tools/log_wandb_test.py" "$1"
