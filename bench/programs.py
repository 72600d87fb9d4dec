#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""CPU seconds and peak memory of whole programs: start-up, every experiment on its demo model, and their analyses.

    python3 bench/programs.py --bin build/release/bin [--before DIR] [--rounds 3]

With --before, the programs of another build, such as that of an older commit, alternate with these (before, now,
before, now, ...), so that a neighbour's load hits both, and the arrays and tables of both are compared byte by byte.
Prints a table; ends with 1 if something differs. Peak memory is at least that of the Python that starts a program."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODELS, DATA = ROOT / "datasets/models", ROOT / "datasets"
WORDS, WEEK = MODELS / "words", MODELS / "week"
LATENT = ["--model", WEEK, "--batch-size", "80", "--max-new-tokens", "8"]


def cases(work):
    """Name, words of the command, and the folder that it makes."""
    def run(name, *words):
        return [f"extract {name}", ["extract", name, *words, "--threads", "1", "--out", work / name], work / name]

    def analysis(name, *words):
        out = work / f"{name}-report"
        return [f"analyze-{name}", [f"analyze-{name}", *words, "--threads", "1", "--out", out], out]

    dry = ["extract", "phiid", "--model", WORDS, "--prompts", DATA / "phiid/words.jsonl", "--out", work / "none",
           "--dry-run"]
    return [
        ["extract --version", ["extract", "--version"], None],
        ["extract --help", ["extract", "--help"], None],
        ["extract info", ["extract", "info", WORDS], None],
        ["extract phiid --dry-run", dry, None],
        run("loo", "--model", MODELS / "walk"),
        analysis("loo", work / "loo"),
        run("phiid", "--model", WORDS, "--prompts", DATA / "phiid/words.jsonl", "--ignore-eos"),
        analysis("phiid", work / "phiid"),
        run("ablate", "--model", WORDS, "--texts", work / "phiid", "--orders", "random:0-1"),
        analysis("ablation", work / "ablate"),
        run("patching", *LATENT, "--pairs", DATA / "week/pairs.json", "--limit", "20"),
        analysis("patching", work / "patching"),
        run("steps", *LATENT, "--problems", DATA / "week/problems.jsonl", "--per-stratum", "25"),
        analysis("steps", work / "steps"),
        run("sampling", "--model", WORDS, "--problems", DATA / "words/problems.jsonl", "--limit", "10", "--steps",
            "variance", "--samples", "8", "--temperatures", "0.5,1", "--checkpoints", "32,64", "--max-new-tokens",
            "64"),
        analysis("sampling", work / "sampling"),
    ]


def spent(command):
    """CPU seconds of a program with those it starts, and its peak memory in bytes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {message.decode(errors='replace').strip()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def results(folder):
    """Bytes of the arrays and tables below a folder, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.suffix in (".npy", ".csv")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--before", type=pathlib.Path, help="folder of another build's programs")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    sides = {"before": options.before, "now": options.bin} if options.before else {"now": options.bin}
    same = True
    print("| program | " + " | ".join(f"{side}: CPU s (least .. most), MB" for side in sides) +
          (" | now / before | results |\n" if options.before else " |\n") + "|---" * (len(sides) + 1) +
          ("|---|---|" if options.before else "|"))
    with tempfile.TemporaryDirectory(prefix="phiscope-programs-") as folder:
        for name, words, out in cases(pathlib.Path(folder)):
            seconds, peak, made = {side: [] for side in sides}, {}, {}
            for _ in range(options.rounds):
                for side, programs in sides.items():
                    if out is not None:
                        subprocess.run(["rm", "-rf", out], check=True)
                    took, peak[side] = spent([programs.resolve() / words[0], *words[1:]])
                    seconds[side].append(took)
                    made[side] = results(out) if out is not None else {}
            row = [f"{statistics.median(s):.2f} ({min(s):.2f} .. {max(s):.2f}), {peak[side] / 1e6:.0f}"
                   for side, s in seconds.items()]
            if options.before:
                differing = sum(made["before"].get(file) != made["now"].get(file)
                                for file in made["before"].keys() | made["now"].keys())
                same = same and differing == 0
                row += [f"{statistics.median(seconds['now']) / max(statistics.median(seconds['before']), 1e-9):.2f}",
                        f"{differing} of {len(made['now'])} differ"]
            print(f"| `{name}` | " + " | ".join(row) + " |", flush=True)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
