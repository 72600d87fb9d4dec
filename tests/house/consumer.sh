#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the metrics and builds a project that finds them:  consumer.sh SOURCE_DIR COMPILER
set -euo pipefail
source=$1 compiler=$2
export CMAKE_GENERATOR=Ninja  # what ./dev installs; a bare machine has no make
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quiet() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
quiet cmake -S "$source" -B "$work/build" -DCMAKE_CXX_COMPILER="$compiler" -DPHISCOPE_PROGRAMS=OFF \
  -DPHISCOPE_TESTS=OFF -DPHISCOPE_BENCH=OFF -DCMAKE_INSTALL_PREFIX="$work/prefix"
quiet cmake --build "$work/build"
quiet cmake --install "$work/build"
quiet cmake -S "$source/tests/consumer" -B "$work/consumer" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_PREFIX_PATH="$work/prefix"
quiet cmake --build "$work/consumer"
"$work/consumer/consumer"

# The other way in: as a subdirectory, where nothing but the metrics may be built or asked for.
mkdir "$work/sub"
cat >"$work/sub/CMakeLists.txt" <<TEXT
cmake_minimum_required(VERSION 3.23)
project(sub LANGUAGES CXX)
add_subdirectory("$source" phiscope)
add_executable(sub "$source/tests/consumer/main.cpp")
target_link_libraries(sub PRIVATE phiscope::metrics)
TEXT
quiet cmake -S "$work/sub" -B "$work/sub/build" -DCMAKE_CXX_COMPILER="$compiler"
quiet cmake --build "$work/sub/build"
"$work/sub/build/sub"
