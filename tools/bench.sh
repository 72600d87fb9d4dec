#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev bench: CPU-time ratios against Python, each pair measured in one run.

bench() {
  build
  cmake --build build/release -j "$jobs" --target bench/all -- --quiet
  .venv/bin/python -c 'import numpy, sklearn, threadpoolctl' 2>/dev/null ||
    pip_install numpy scikit-learn threadpoolctl
  local name python
  for name in loo phiid metrics; do
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 .venv/bin/python "bench/$name.py" \
      --program "build/release/bin/${name}_bench"
  done
  bench/patching.sh build/release/bin
  .venv/bin/python bench/analyze.py --bin build/release/bin
  .venv/bin/python bench/programs.py --bin build/release/bin
  build/release/bin/drawing_bench 30
  if python=$(reference_python); then
    "$python" bench/forward.py --program build/release/bin/forward_bench
  else
    say "forward pass not compared: set PHISCOPE_PYTHON to a Python with torch and transformers"
  fi
}
