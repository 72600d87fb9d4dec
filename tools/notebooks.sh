#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev notebooks: what the notebooks need, in .venv, and their test on the runs in demo/. A demo that is not there is
# made first (./dev demo); one that is there is taken as it is.

notebooks() {
  . tools/demo.sh
  [ -e demo/index.html ] || demo
  . tools/python_package.sh
  .venv/bin/python -c 'import phiscope._metrics' 2>/dev/null || install_package
  pip_install nbclient ipykernel matplotlib
  tests/notebooks/notebooks_test.sh "$PWD" "$PWD/demo" || fail "a notebook failed"
  say "to read them: .venv/bin/pip install jupyterlab && .venv/bin/jupyter lab notebooks"
}
