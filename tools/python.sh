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

# reference_python: prints a Python with torch and transformers, which Phiscope is compared with; fails
# if there is none. PHISCOPE_PYTHON names it, because .venv holds only the C++ half of PyTorch.
reference_python() {
  local python=${PHISCOPE_PYTHON:-python3}
  "$python" -c 'import torch, transformers' 2>/dev/null || return 1
  echo "$python"
}
