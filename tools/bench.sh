#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev bench: CPU-time ratios against Python, each pair measured in one run.

# Programs of another commit in build/before: a tree of its own, with the LibTorch and the Plotly of this one.
build_before() {
  local tree=$PWD/build/before
  if [ -e "$tree/.git" ]; then
    git -C "$tree" checkout -q --detach "$before"
  else
    git worktree prune
    git worktree add -q --detach "$tree" "$before"
  fi
  (
    cd "$tree" || exit
    mkdir -p build
    configure_release
    say "building $(git log -1 --format='%h (%s)') with $jobs jobs"
    cmake --build build/release -j "$jobs" --target extract analyze-loo analyze-phiid analyze-ablation analyze-patching \
      analyze-steps analyze-sampling -- --quiet
  )
}

compare_with_before() {
  build_before
  python3 -B bench/analyze.py --bin build/release/bin --before build/before/build/release/bin
  python3 -B bench/programs.py --bin build/release/bin --before build/before/build/release/bin
}

bench() {
  build
  cmake --build build/release -j "$jobs" --target bench/all -- --quiet
  if [ -n "$before" ]; then
    compare_with_before
    return
  fi
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
    "$python" bench/peers.py --programs build/release/bin
  else
    say "forward pass and peers not compared: set PHISCOPE_PYTHON to a Python with torch and transformers"
  fi
}
