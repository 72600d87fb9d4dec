#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rules that no compiler checks:  rules.sh SOURCE_DIR
set -euo pipefail
cd "$1"
failures=0
complain() { echo "rules: $*" >&2; failures=$((failures + 1)); }
sources() { find "$@" -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \) | sort; }

# LibTorch is extract's alone. Which folder may include which: rooms.py.
if grep -rnE 'libtorch|\btorch\b' metrics analyze --include=CMakeLists.txt >&2; then complain "torch outside extract/"; fi
# at::parallel_for() is a loop on one thread in a file that is compiled without OpenMP.
if grep -rnE 'at::parallel_for\([^)]' extract --include=*.cpp --include=*.hpp | grep -v '^extract/model/cpu/parallel.cpp:' >&2; then
  complain "at::parallel_for() outside extract/model/cpu/parallel.cpp"
fi
# Size, licence line, folder names.
for file in $(sources metrics analyze extract examples tests bench); do
  lines=$(wc -l <"$file")
  limit=400
  case $file in tests/*) limit=500 ;; *.hpp) limit=200 ;; esac
  [ "$lines" -le "$limit" ] || complain "$file: $lines lines, at most $limit"
  head -n 1 "$file" | grep -q 'SPDX-License-Identifier: MIT' || complain "$file: no SPDX line"
  if grep -nE '.{101,}' "$file" >&2; then complain "$file: a line over 100 columns"; fi
done
while read -r folder; do
  complain "$folder: a name that says nothing"
done < <(find metrics analyze extract tests -type d | grep -E '/(utils?|common|core|helpers?|misc)$' || true)

# Every public metric has a test of its name, and every internal header one in the folder of the internals.
while read -r header; do
  name=$(basename "$header" .hpp)
  folder=$(dirname "${header#metrics/phiscope/}")
  [ -e "tests/metrics/$folder/${name}_test.cpp" ] || complain "$header: no tests/metrics/$folder/${name}_test.cpp"
done < <(find metrics/phiscope -name '*.hpp' -not -path '*/adaptors/*' | sort)

# The internals of the metrics are theirs; a benchmark may include one. A bare `detail::` is that of the
# metrics where no file of the folder opens a namespace of that name.
for file in $(sources analyze extract examples tests bench); do
  case $file in tests/metrics/* | bench/*) continue ;; esac
  names='phiscope::detail::|<phiscope/detail/'
  grep -q 'namespace detail' "$(dirname "$file")"/*.hpp 2>/dev/null || names="$names|(^|[^:A-Za-z_])detail::"
  if grep -nE "$names" "$file" >&2; then complain "$file: names an internal of metrics"; fi
done

[ "$failures" -eq 0 ] && echo "rules: all kept"
exit $((failures > 0))
