#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev lint: rules of the house, format, tidiness.

# From 22 on clang-tidy skips the system's headers: four times as fast as Debian's 14.
clang_tidy_version=23.1.4

lint() {
  mkdir -p build
  packages "${base_packages[@]}" "${lint_packages[@]}"
  .venv/bin/clang-tidy --version 2>/dev/null | grep -q "$clang_tidy_version" ||
    pip_install "clang-tidy==$clang_tidy_version"
  configure no-extract
  tests/house/lint.sh "$jobs"
}
