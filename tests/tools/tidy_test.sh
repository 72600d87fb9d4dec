#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/tidy.py reads a file again when something that clang-tidy sees has changed, and only then:
#   tidy_test.sh SOURCE_DIR
# clang-tidy is a script that records its last argument and complains of files that hold BAD.
set -euo pipefail
source_dir=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "tidy_test: $*" >&2; cat "$dir/out" >&2; exit 1; }

mkdir -p "$dir/first/tools" "$dir/first/part" "$dir/first/build"
cp "$source_dir"/tools/tidy.py "$source_dir"/tools/tidy_cache.py "$dir/first/tools"
cat >"$dir/clang-tidy" <<'SH'
#!/usr/bin/env bash
if [ "$1" = --version ]; then echo "${VERSION:-23}"; exit; fi
file=${*: -1}
echo "${file##*/}" >>"$CALLS"
if grep -q BAD "$file"; then echo "$file: bad"; exit 1; fi
SH
chmod +x "$dir/clang-tidy"
export CALLS=$dir/calls
printf 'Checks: x\n' >"$dir/first/.clang-tidy"
printf '#pragma once\n' >"$dir/first/part/deep.hpp"
printf '#include "part/deep.hpp"\n' >"$dir/first/part/a.hpp"
printf '#include <vector>\n#include "a.hpp"\n' >"$dir/first/part/a.cpp"
printf 'int b;\n' >"$dir/first/part/b.cpp"
for i in $(seq 24); do printf 'int c%s;\n' "$i" >"$dir/first/part/c$i.cpp"; done

commands() {  # ROOT: one target with all files
  local file comma=
  { echo '['
    for file in "$1"/part/*.cpp; do
      echo "$comma{\"directory\": \"$1/build\", \"file\": \"$file\","
      echo "\"command\": \"c++ -I$1 -o ${file##*/}.o -c $file\"}"
      comma=,
    done
    echo ']'; } >"$1/build/compile_commands.json"
}
# tidy ROOT NAME... [-- OPTION...]: runs it; then $dir/calls holds what was read, sorted.
tidy() {
  local root=$1 names=() code=0
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do names+=("$root/part/$1"); shift; done
  : >"$CALLS"
  "$root/tools/tidy.py" --program "$dir/clang-tidy" --build "$root/build" --jobs 2 \
    --cache "${CACHE-$dir/cache}" "${names[@]}" "$@" >"$dir/out" 2>&1 || code=$?
  sort -o "$CALLS" "$CALLS"
  return "$code"
}
reads() {  # NAME WANTED...: what the last run read
  local name=$1
  shift
  [ "$(cat "$CALLS")" = "$(printf '%s\n' "$@")" ] || fail "$name: read $(tr '\n' ' ' <"$CALLS"), expected $*"
}

first=$dir/first
commands "$first"
tidy "$first" a.cpp b.cpp
reads 'nothing known' a.cpp b.cpp
tidy "$first" a.cpp b.cpp
reads 'all known' ''
grep -q '2 files, 2 of them unchanged' "$dir/out" || fail "does not count"

echo 'int more;' >>"$first/part/deep.hpp"
tidy "$first" a.cpp b.cpp
reads 'a header of a header' a.cpp
echo 'int more;' >>"$first/part/b.cpp"
tidy "$first" a.cpp b.cpp
reads 'the file itself' b.cpp
echo 'Checks: y' >"$first/.clang-tidy"
tidy "$first" a.cpp b.cpp
reads 'other checks' a.cpp b.cpp
tidy "$first" a.cpp b.cpp -- --option
reads 'other options' a.cpp b.cpp
VERSION=24 tidy "$first" a.cpp b.cpp
reads 'another version' a.cpp b.cpp
sed -i 's/c++ /c++ -DX /' "$first/build/compile_commands.json"
tidy "$first" a.cpp b.cpp
reads 'another command' a.cpp b.cpp
CACHE='' tidy "$first" a.cpp b.cpp
reads 'no cache' a.cpp b.cpp

# Another clone knows what passed in the first.
commands "$first"
cp -r "$first" "$dir/second"
commands "$dir/second"
tidy "$dir/second" a.cpp b.cpp
reads 'another clone' ''

# What does not pass is read every time.
echo 'BAD' >>"$first/part/b.cpp"
for _ in 1 2; do
  if tidy "$first" a.cpp b.cpp; then fail "passes a bad file"; fi
  reads 'a bad file' b.cpp
  grep -q 'b.cpp: bad' "$dir/out" || fail "does not show the complaint"
done

# Many unknown files are joined by 8; the files of a group that does not pass are read one by one.
all=()
for i in $(seq 24); do all+=("c$i.cpp"); done
tidy "$first" "${all[@]}"
reads 'many' joined.cpp joined.cpp joined.cpp
tidy "$first" "${all[@]}"
reads 'many, known' ''
echo 'BAD' >>"$first/part/c3.cpp"
if CACHE='' tidy "$first" "${all[@]}"; then fail "passes a bad file in a group"; fi
reads 'a bad group' c1.cpp c2.cpp c3.cpp c4.cpp c5.cpp c6.cpp c7.cpp c8.cpp joined.cpp joined.cpp joined.cpp
grep -q 'problems in 1 files' "$dir/out" || fail "blames the whole group"
echo "tidy_test: all kept"
