#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Which tests ./dev test --changed runs, in a small repository:  changed_test.sh SOURCE_DIR
set -euo pipefail
# shellcheck source=/dev/null
. "$1/tools/changed.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "changed_test: $*" >&2; exit 1; }
expect() {  # NAME FOLDER...
  local name=$1
  shift
  [ "$(changed_folders | tr '\n' ' ')" = "${*:+$* }" ] || fail "$name: found $(changed_folders), expected $*"
}

git init -q .
git config user.name t
git config user.email t@t
for folder in metrics analyze/loo analyze/shard extract/model extract/plan house tools; do
  mkdir -p "tests/$folder"
  touch "tests/$folder/CMakeLists.txt"
done
mkdir -p metrics/phiscope analyze/loo extract/run docs tests/golden/loo tests/analyze/loo
touch metrics/phiscope/sum.hpp analyze/loo/main.cpp extract/run/run.cpp docs/a.md tests/golden/loo/x tests/catch.hpp
echo 'int main() { return 0; }' >analyze/loo/main.cpp
git add -A
git commit -qm first
expect 'nothing'
echo x >metrics/phiscope/sum.hpp
expect 'a header' metrics
touch tests/analyze/loo/new_test.cpp
expect 'and a new test' analyze/loo metrics
git add -A
git commit -qm second
expect 'committed, without origin/main'
git update-ref refs/remotes/origin/main HEAD~1
expect 'committed, not in origin/main' analyze/loo metrics
git update-ref refs/remotes/origin/main HEAD
echo x >extract/run/run.cpp
expect 'a folder without tests: those beside it' extract/model extract/plan
git checkout -q .
mkdir analyze/shard
git mv analyze/loo/main.cpp analyze/shard/main.cpp
expect 'a file that is moved: the old folder and the new' analyze/loo analyze/shard
git reset -q --hard
echo x >docs/a.md
expect 'a text' house tools
mkdir notebooks
touch notebooks/loo.ipynb
expect 'and a notebook' house tools
rm -r notebooks
for all in tests/golden/loo/x tests/catch.hpp CMakeLists.txt; do
  git checkout -q .
  echo x >"$all"
  expect "$all" .
done
echo "changed_test: all kept"
