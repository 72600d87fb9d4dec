#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# CMake's configure step, with ccache where it is installed.

# ccache finds what another clone compiled: paths below the project's root are hashed relative to it.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}

# configure PRESET [cmake arguments]: only when the cache is missing or made with other arguments.
configure() {
  local preset=$1 wanted
  shift
  wanted="$*"
  if [ ! -e "build/$preset/build.ninja" ] || [ "$(cat "build/$preset/.dev-arguments" 2>/dev/null)" != "$wanted" ]; then
    local launcher=()
    if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
    cmake --preset "$preset" "${launcher[@]}" "$@" >"build/configure-$preset.log" 2>&1 || {
      tail -n 20 "build/configure-$preset.log" >&2
      fail "cmake failed (build/configure-$preset.log)"
    }
    echo "$wanted" >"build/$preset/.dev-arguments"
  fi
}

# The preset `release` with what setup found. The nvcc of --cuda takes precedence over any other.
configure_release() {
  local arguments=("-DTORCH_ROOT=$torch_root" "-DPHISCOPE_PLOTLY=$plotly_file") nvcc
  for nvcc in "$PWD"/.venv/lib/python3*/site-packages/nvidia/cu13/bin/nvcc; do
    if [ -x "$nvcc" ]; then arguments+=("-DPHISCOPE_CUDA=ON" "-DCMAKE_CUDA_COMPILER=$nvcc"); fi
  done
  configure release "${arguments[@]}"
}
