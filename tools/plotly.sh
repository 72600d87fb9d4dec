#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Plotly's script for the reports: where it is found, and how it gets into .venv.

# A bundle of plotly.js with the marks that figures here use (scatter, bar, heatmap) is a quarter of the whole one, and
# so is what a page weighs and a browser compiles. PyPI has it inside the package MultiQC, npm's registry has others.
plotly_package=multiqc==1.35
plotly_member=multiqc/templates/default/assets/js/packages/plotly-3.1.2.custom.min.js
plotly_sha256=01a367e2b9608a19353d7813201f3b799f9c39652d55f2ddcea2c3c4e4d7b69c
plotly_home=.venv/share/plotly

# The bundle out of the package into .venv, whole or not at all; fails without a network.
fetch_plotly() (
  mkdir -p "$plotly_home" build
  part=$(mktemp -d "$plotly_home/part-XXXXXX")
  trap 'rm -rf "$part"' EXIT
  venv
  .venv/bin/pip download -q --disable-pip-version-check --no-deps --only-binary :all: --retries 1 --timeout 20 \
    --dest "$part" "$plotly_package" >build/pip.log 2>&1 || { tail -n 3 build/pip.log >&2; exit 1; }
  .venv/bin/python -m zipfile -e "$part"/*.whl "$part/package"
  echo "$plotly_sha256  $part/package/$plotly_member" | sha256sum --check --status ||
    { echo "$plotly_package: $plotly_member has other bytes than expected" >&2; exit 1; }
  mv "$part/package/$plotly_member" "$plotly_home/plotly.min.js"
)

# Sets plotly_file: PHISCOPE_PLOTLY, else the bundle in .venv. The reports do not require it: without a network they show
# static pictures, and say so.
setup_plotly() {
  if [ -n "${PHISCOPE_PLOTLY:-}" ]; then
    [ -f "$PHISCOPE_PLOTLY" ] || fail "PHISCOPE_PLOTLY=$PHISCOPE_PLOTLY: no such file"
    plotly_file=$(realpath "$PHISCOPE_PLOTLY")
    return 0
  fi
  plotly_file=$PWD/$plotly_home/plotly.min.js
  [ -f "$plotly_file" ] && return 0
  say "downloading Plotly's script (6 MB)"
  fetch_plotly && return 0
  say "continuing without Plotly: reports will show static pictures"
  plotly_file=
}
