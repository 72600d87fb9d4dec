#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev test --changed: the tests of the folders in which files differ from origin/main, or from the last
# commit where there is no origin/main. A folder that others use can break theirs: ./dev test runs all.

# Prints the paths that differ, committed or not, and the new ones.
changed_paths() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null) || base=HEAD
  git diff --name-only --no-renames "$base"
  git ls-files --others --exclude-standard
}

# test_folders PATH: prints the folders below tests/ that test a file; "." is all of them. They are the folder
# of the same path, else all folders beside it that have tests. Scripts and texts have those of the house.
test_folders() {
  local folder=${1#tests/} list
  case $1 in
    docs/* | *.md | bench/* | notebooks/* | tests/notebooks/* | dev | .ci/* | LICENSE | CITATION.cff)
      echo house tools; return 0 ;;
    metrics/python/*) echo python; return 0 ;;
  esac
  while folder=$(dirname "$folder") && [ "$folder" != . ]; do
    if [ -e "tests/$folder/CMakeLists.txt" ]; then echo "$folder"; return 0; fi
    list=$(cd tests && find "$folder" -mindepth 2 -name CMakeLists.txt -printf '%h ' 2>/dev/null) || true
    if [ -n "$list" ]; then echo "$list"; return 0; fi
  done
  echo .
}

changed_folders() {
  local path
  changed_paths | while read -r path; do test_folders "$path"; done | tr -s ' ' '\n' | sed '/^$/d' | sort -u
}

test_changed() {
  local folders folder targets=() pattern
  mapfile -t folders < <(changed_folders)
  if [ ${#folders[@]} -eq 0 ]; then say "no file has changed"; return 0; fi
  case " ${folders[*]} " in *' . '*) say "changes that concern all folders"; run_tests; return ;; esac
  say "tests of ${folders[*]}"
  setup
  configure_release
  for folder in "${folders[@]}"; do
    if grep -qs phiscope_tests "tests/$folder/CMakeLists.txt"; then targets+=("${folder//\//_}_tests"); fi
  done
  if [ ${#targets[@]} -gt 0 ]; then cmake --build build/release -j "$jobs" --target "${targets[@]}" -- --quiet; fi
  pattern=$(IFS='|'; echo "${folders[*]}")
  ctest --test-dir build/release --output-on-failure --no-tests=error -j "$jobs" -R "^($pattern|house/rules)(/|$)"
}
