#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev reliability: interrupts every subcommand, fails its system calls, fills its disk, changes models and options under runs, damages
# runs, kills reports, puts programs into odd surroundings and requeues tasks of a Slurm, and writes
# docs/reliability.md: what is promised, what was tried, what came of it.

reliability() {
  setup
  configure_release
  say "building the programs with $jobs jobs"
  cmake --build build/release -j "$jobs" --target extract analyze-ablation analyze-loo analyze-phiid analyze-patching \
    analyze-sampling analyze-steps -- --quiet
  local found=build/reliability failed=() script status
  mkdir -p "$found"
  for script in interruptions faults full_disk model stale damage reports surroundings slurm; do
    say "$script"
    status=0
    python3 -B "tools/reliability/$script.py" build/release/bin >"$found/$script.txt" || status=$?
    case $status in
      0) ;;
      77) rm "$found/$script.txt" ;; # skipped, as it says
      *) failed+=("$script") ;;
    esac
  done
  [ ${#failed[@]} -eq 0 ] || fail "some promises were broken, by ${failed[*]} (above; $found has all rows)"
  python3 -B tools/reliability/report.py "$found" build/fuzz >docs/reliability.md
  say "tables: $PWD/docs/reliability.md"
}
