#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev install PREFIX: programs, headers, manual pages and what shells complete with, below PREFIX.

install_below() {
  local prefix program name shell
  prefix=$(realpath -m "$1")
  build
  say "installing below $prefix"
  cmake --install build/release --prefix "$prefix" >build/install.log ||
    fail "cannot install below $prefix; see build/install.log"
  local share=$prefix/share
  mkdir -p "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" \
    "$share/fish/vendor_completions.d"
  for program in "$prefix"/bin/extract "$prefix"/bin/analyze-* "$prefix"/bin/judge; do
    [ -x "$program" ] || continue
    name=$(basename "$program")
    "$program" --man >"$share/man/man1/$name.1"
    "$program" --completion bash >"$share/bash-completion/completions/$name"
    "$program" --completion zsh >"$share/zsh/site-functions/_$name"
    "$program" --completion fish >"$share/fish/vendor_completions.d/$name.fish"
  done
  "$prefix/bin/extract" --version >&2
  [[ ":$PATH:" == *":$prefix/bin:"* ]] || say "to use the programs by name: export PATH=$prefix/bin:\$PATH"
}
