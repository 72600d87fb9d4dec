#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The virtual environment .venv, which holds what Debian does not package.

venv() {
  [ -x .venv/bin/pip ] && return 0
  say "creating .venv"
  python3 -m venv .venv || fail "python3 -m venv .venv failed. To install it by hand: apt-get install python3-venv"
}

pip_install() {
  venv
  .venv/bin/pip install -q --disable-pip-version-check "$@" >build/pip.log 2>&1 || {
    tail -n 5 build/pip.log >&2
    fail "pip failed (build/pip.log). To install by hand: .venv/bin/pip install $*"
  }
}

# NumPy, and the package phiscope as it is in the sources, where phiscope.run needs no compiler. What ./dev python
# installs, with phiscope.metrics, comes before it. No program requires either.
setup_python() {
  local site
  venv
  for site in "$PWD"/.venv/lib/python3*/site-packages; do
    echo "$PWD/metrics/python" >"$site/phiscope-sources.pth"
    if [ ! -d "$site/numpy" ]; then
      say "installing NumPy into .venv (20 MB)"
      (pip_install --retries 1 --timeout 20 numpy) || say "continuing without NumPy, which phiscope.run needs"
    fi
  done
}

# reference_python: prints a Python with torch and transformers, which Phiscope is compared with; fails
# if there is none. PHISCOPE_PYTHON names it, because .venv holds only the C++ half of PyTorch.
reference_python() {
  local python=${PHISCOPE_PYTHON:-python3}
  "$python" -c 'import torch, transformers' 2>/dev/null || return 1
  echo "$python"
}
