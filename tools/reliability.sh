#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./dev reliability: interrupts every subcommand, changes models under runs and requeues tasks of a Slurm, and writes
# docs/reliability.md: what is promised, what was tried, what came of it.

reliability() {
  setup
  configure_release
  say "building extract with $jobs jobs"
  cmake --build build/release -j "$jobs" --target extract -- --quiet
  local found=build/reliability status=0 slurm=0
  rm -rf "$found"
  mkdir -p "$found"
  say "killing, stopping, robbing: every subcommand"
  python3 -B tools/reliability/interruptions.py build/release/bin >"$found/interruptions.jsonl" || status=1
  say "stopping and changing a model"
  python3 -B tools/reliability/model.py build/release/bin >"$found/model.jsonl" || status=1
  say "an array on a Slurm of one node"
  python3 -B tools/reliability/slurm.py build/release/bin >"$found/slurm.txt" || slurm=$?
  cat "$found/slurm.txt" >&2
  [ "$slurm" -eq 0 ] || [ "$slurm" -eq 77 ] || status=1
  [ "$status" -eq 0 ] || fail "some promises were broken (above; $found has all of them)"
  python3 -B tools/reliability/report.py "$found" >docs/reliability.md
  say "tables: $PWD/docs/reliability.md"
}
