#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/reliability.md from what the other scripts of this folder found, and ./dev fuzz:  report.py FOLDER FUZZ_BUILD"""
import json
import pathlib
import sys

HEAD = """# What happens to a run when something happens to it

Made by `./dev reliability`; do not edit. Each promise was tried, on the CPU, with the demo models.

| promise | how it is tried |
|---|---|
| A file under its final name has its final bytes, at any moment | kill at random moments, compare every file with those of a run that nothing happened to |
| The same command resumes a run to the same bytes | the same, after each of one to three kills, stops, and limits on the size of a file; after every kind of system call that failed; and after a file system of its own became full |
| SIGTERM, SIGUSR1 and SIGINT end a run within 10 s with status 75 | signals while it hashes, loads, and reads a batch |
| Two processes do not compute the same shards | the same command twice at once |
| What was lost since is found and computed again | a committed file is removed or cut, the command rerun |
| Nothing is kept that a changed model computed | the model is replaced, written to and cut before it is loaded and while it is used |
| A run directory holds one run | the command again with every option, input and model that numbers depend on changed: refused, nothing touched |
| Damage is found | single bits, files gone, cut, exchanged, replaced by links, pipes and folders, impossible numbers: `extract verify` and the analysis |
| A report folder holds one report | killed, without room, written twice at once, over somebody else's files |
| No file makes a reader crash or hang, or is read otherwise than by the format's own library | libFuzzer with the sanitizers on every reader, damaged files beside NumPy and safetensors (`./dev fuzz`) |
| A program does what it was asked for or says in one line why not | little memory, few files, odd paths and environments, closed streams, inputs that are no files, sizes that no model has |
| A job array leaves the bytes of one process, whatever Slurm does to its tasks | docs/slurm/*.sbatch on a real Slurm, that of phiid with a requeue and a preemption |
"""
SECTIONS = [("faults", "System calls that fail (EIO, ENOSPC)"), ("full_disk", "A disk that becomes full"), ("stale", "Directories of other runs"),
            ("damage", "Damaged runs"), ("reports", "Report folders"), ("surroundings", "Odd surroundings")]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def fuzzing(build):
    """What `./dev fuzz` left in its build folder."""
    figures, long, differential = (build / f"{name}.json" for name in ("figures", "long", "differential"))
    if not figures.exists() or not differential.exists():
        print("Not tried: `./dev fuzz` was not run.")
        return
    print("| reader | inputs | a second | features | findings |\n|---|---|---|---|---|")
    rows = [(row["target"], row) for row in json.loads(figures.read_text())]
    if long.exists():
        rows += [(f"{row['target']}, once, for long", row) for row in json.loads(long.read_text())]
    for name, row in rows:
        print(f"| {name} | {row['runs']:,} | {row['runs_per_s']:,} | {row['features']:,} | {len(row['findings'])} |")
    found = json.loads(differential.read_text())
    unexplained = found.pop("unexplained")
    print("\n| damaged files | beside | both accept | both refuse | one only, by a policy |\n|---|---|---|---|---|")
    for name, row in found.items():
        print(f"| {row['files']:,} {name} | {row['against']} | {row['both accept']:,} | {row['both refuse']:,} | "
              f"{row.get('differ', 0):,} |")
    print(f"\nDifferences without a policy: {unexplained}. The policies, with reasons, are in tests/fuzz/differential.py.")


def main():
    folder, fuzz_build = (pathlib.Path(argument) for argument in sys.argv[1:])
    print(HEAD)
    print("## Interruptions\n\n| command | moments | processes | broken promises | slowest stop |\n|---|---|---|---|---|")
    for row in lines(folder / "interruptions.txt"):
        print(f"| `{row['command']}` | {row['points']} | {row['runs']} | {row['failures']} | {row['slowest_stop_s']} s |")
    print("\n## Large models\n\n| weights | what | seconds to the end | as promised |\n|---|---|---|---|")
    for row in lines(folder / "model.txt"):
        size = f"{row['model_bytes'] / 1e9:.1f} GB"
        print(f"| {size} | {row['what']} | {row.get('seconds', '')} | {'yes' if row['good'] else 'no'} |")
    for script, title in SECTIONS:
        path = folder / f"{script}.txt"
        print(f"\n## {title}\n")
        if not path.exists():
            print("Not tried: a tool was not installed.")
            continue
        print("| promise | tried | broken |\n|---|---|---|")
        for row in lines(path):
            print(f"| {row['what']} | {row['tried']} | {row['failures']} |")
    print("\n## Readers\n")
    fuzzing(fuzz_build)
    print("\n## Slurm\n")
    slurm = folder / "slurm.txt"
    print("```\n" + slurm.read_text().strip() + "\n```" if slurm.exists() else "Not tried: no Slurm was installed.")


if __name__ == "__main__":
    main()
