#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian packages: which ones the verbs of ./dev need, and how they are installed.

base_packages=(g++ cmake ninja-build pkg-config libeigen3-dev libxtensor-dev nlohmann-json3-dev libcli11-dev
  libtomlplusplus-dev libpcre2-dev libutf8proc-dev libssl-dev libcurl4-openssl-dev gnuplot-nox fonts-dejavu-core
  catch2 git ca-certificates python3 python3-venv)
lint_packages=(clang-format)
sanitize_packages=(clang libclang-rt-dev)
docs_packages=(doxygen)
coverage_packages=(gcovr)

# packages NAME...: installs those of the named Debian packages that are missing.
packages() {
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    fail "missing packages: ${missing[*]}. Install what your system calls them, then run ./dev again."
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "as root: apt-get install ${missing[*]}"
    sudo=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  { "${sudo[@]}" apt-get update -q &&
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      "${missing[@]}"; } >build/apt.log 2>&1 || {
    tail -n 5 build/apt.log >&2
    fail "apt-get failed (build/apt.log). To install by hand: apt-get update && apt-get install ${missing[*]}"
  }
}
