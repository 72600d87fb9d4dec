#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Plotly's script for the reports: where it is found, and how it gets into .venv.

plotly_version=7.1.0

# Prints the path of Plotly's script, or fails.
find_plotly() {
  local file
  if [ -n "${PHISCOPE_PLOTLY:-}" ]; then
    [ -f "$PHISCOPE_PLOTLY" ] || fail "PHISCOPE_PLOTLY=$PHISCOPE_PLOTLY: no such file"
    realpath "$PHISCOPE_PLOTLY"
    return 0
  fi
  for file in "$PWD"/.venv/lib/python3*/site-packages/plotly/package_data/plotly.min.js; do
    if [ -f "$file" ]; then echo "$file"; return 0; fi
  done
  return 1
}

# Sets plotly_file. The reports do not require Plotly: without a network they show static pictures, and say so.
setup_plotly() {
  if plotly_file=$(find_plotly); then return 0; fi
  [ -z "${PHISCOPE_PLOTLY:-}" ] || exit 1
  say "installing Plotly $plotly_version into .venv (10 MB)"
  if ! (pip_install --no-deps --no-compile --retries 1 --timeout 20 "plotly==$plotly_version"); then
    say "continuing without Plotly: reports will show static pictures"
  fi
  plotly_file=$(find_plotly) || plotly_file=
}
