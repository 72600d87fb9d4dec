#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""CPU seconds of analysis programs on runs of a published size, gnuplot's included.

    python3 bench/analyze.py --bin build/release/bin [--before DIR]

With --before, the programs of another build alternate with these (before, now, before, now, ...),
so that a neighbour's load hits both, and their tables are compared byte by byte."""

import argparse
import pathlib
import resource
import statistics
import subprocess
import tempfile

CASES = {
    "analyze-loo": ("loo", "28 layers, 50 contexts"),
    "analyze-phiid": ("phiid", "1152 heads, 60 x 100"),
}


def cpu_seconds(command):
    """CPU seconds of a program and of those that it starts."""
    def spent():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    start = spent()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return spent() - start


def differing(a, b):
    """Tables and numbers that differ between two report folders."""
    names = {p.name for p in [*a.iterdir(), *b.iterdir()] if p.suffix in (".csv", ".json", ".npy")}
    names.discard("files.json")  # the hashes of all files, pictures too
    return sorted(n for n in names if not (a / n).exists() or not (b / n).exists()
                  or (a / n).read_bytes() != (b / n).read_bytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--before", type=pathlib.Path, help="folder of an older build's programs")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    sides = {"before": args.before, "now": args.bin} if args.before else {"now": args.bin}
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for program, (what, size) in CASES.items():
            subprocess.run([args.bin / "analyze_runs", what, work / what], check=True)
            parts = {"all": [], "without figures": ["--no-figures"]}
            for part, options in parts.items():
                seconds = {side: [] for side in sides}
                for _ in range(args.rounds):
                    for side, path in sides.items():
                        seconds[side].append(cpu_seconds(
                            [path / program, work / what, "--out", work / f"{what}-{side}",
                             "--threads", "1", *options]))
                print(f"{program:14s} {size:24s} {part:16s}", "  ".join(
                    f"{side} {statistics.median(s):6.2f} s ({min(s):.2f} .. {max(s):.2f})"
                    for side, s in seconds.items()), flush=True)
            if args.before:
                different = differing(work / f"{what}-before", work / f"{what}-now")
                print(f"{program:14s} tables that differ: {', '.join(different) or 'none'}")


if __name__ == "__main__":
    main()
