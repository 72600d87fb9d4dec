#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev python: builds the Python package into .venv and runs its tests. Those that compare with the programs need
# ./dev build first, and are skipped otherwise.

# The package from the sources, in .venv.
install_package() {
  mkdir -p build
  packages g++ cmake ninja-build libeigen3-dev python3-dev
  venv
  say "building the Python package with $jobs jobs"
  local options=(-C build-dir="$PWD/build/python" -C cmake.define.CMAKE_EXPORT_COMPILE_COMMANDS=ON)
  if command -v ccache >/dev/null; then options+=(-C cmake.define.CMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  pip_install 'scikit-build-core>=0.10' 'nanobind>=3' numpy scipy scikit-learn
  options+=(--no-build-isolation --force-reinstall --no-deps)
  CMAKE_BUILD_PARALLEL_LEVEL=$jobs pip_install "${options[@]}" ./metrics/python
}

python_package() {
  install_package
  local part status failed=0 python=$PWD/.venv/bin/python
  for part in metrics run; do
    status=0
    PHISCOPE_PYTHON=$python tests/python/python_test.sh "$part" "$PWD" "$PWD/build/release/bin" || status=$?
    if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then failed=1; fi
  done
  status=0
  PHISCOPE_PYTHON=$python tests/python/coming_from_test.sh "$PWD" "$PWD/build/release/bin" || status=$?
  if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then failed=1; fi
  if [ "$failed" -ne 0 ]; then fail "tests of the Python package failed"; fi
  say "import phiscope with .venv/bin/python; docs/python.md has examples"
}
