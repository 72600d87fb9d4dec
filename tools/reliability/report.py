#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/reliability.md from what the other scripts of this folder found:  report.py FOLDER"""
import json
import pathlib
import sys

HEAD = """# What happens to a run when something happens to it

Made by `./dev reliability`; do not edit. Each promise was tried, on the CPU, with the demo models.

| promise | how it is tried |
|---|---|
| A file under its final name has its final bytes, at any moment | kill at random moments, compare every file with those of a run that nothing happened to |
| The same command resumes a run to the same bytes | the same, after each of one to three kills, stops, and disks without room |
| SIGTERM, SIGUSR1 and SIGINT end a run within 10 s with status 75 | signals while it hashes, loads, and reads a batch |
| Two processes do not compute the same shards | the same command twice at once |
| What was lost since is found and computed again | a committed file is removed or cut, the command rerun |
| Nothing is kept that a changed model computed | the model is replaced, written to and cut before it is loaded and while it is used |
| A job array leaves the bytes of one process, whatever Slurm does to its tasks | docs/slurm/phiid.sbatch on a real Slurm, with a requeue and a preemption |
"""


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def main():
    folder = pathlib.Path(sys.argv[1])
    print(HEAD)
    print("## Interruptions\n\n| command | processes started | broken promises | slowest stop |\n|---|---|---|---|")
    for row in lines(folder / "interruptions.jsonl"):
        print(f"| `{row['command']}` | {row['runs']} | {row['failures']} | {row['slowest_stop_s']} s |")
    found = lines(folder / "model.jsonl")
    print(f"\n## A model of {found[0]['model_bytes'] / 1e6:.0f} MB\n\n| what | seconds to the end | as promised |\n|---|---|---|")
    for row in found:
        print(f"| {row['what']} | {row.get('seconds', '')} | {'yes' if row['good'] else 'no'} |")
    print("\n## Slurm\n\n```\n" + (folder / "slurm.txt").read_text().strip() + "\n```")


if __name__ == "__main__":
    main()
