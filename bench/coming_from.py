#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The blocks of docs/coming-from.md: runs theirs() and ours() of each, compares them, and measures CPU time.

    python3 bench/coming_from.py BIN_DIR [--rounds N] [--write]

BIN_DIR has `extract`. A block whose package (`# needs NAME`) is not installed is skipped by name. With --rounds the
two alternate in one run, on one thread, and the median of the ratios theirs / ours is printed with the smallest and the
largest; processes that a side starts count, imports and the loading of the model by theirs do not. --write puts the
table at the end of the page. Exit code 77: every block was skipped.
"""
import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error", NNSIGHT_TELEMETRY="0")

import argparse
import importlib.metadata
import importlib.util
import linecache
import pathlib
import re
import statistics
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/coming-from.md"
END = "\n## What it costs\n"
NAMES = {"sklearn": "scikit-learn"}


def blocks():
    """(heading, package, code) of the page."""
    for section in re.split(r"^## ", PAGE.read_text(), flags=re.M)[1:]:
        for code in re.findall(r"```python\n(.*?)```", section, re.S):
            yield section.split("\n")[0], re.match(r"# needs (\w+)", code)[1], code


def cpu_seconds(function):
    """CPU seconds of a call and of the processes that it starts."""
    before = os.times()
    function()
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def best_of(function, least=0.2):
    """CPU seconds of one call: repeated until that takes long enough to be measured."""
    calls, seconds = 1, cpu_seconds(function)
    while seconds < least:
        calls = min(10 * calls, 2 * calls + int(calls * least / max(seconds, 1e-3)))
        seconds = cpu_seconds(lambda: [function() for _ in range(calls)])
    return seconds / calls


def compared(heading, code):
    """The two functions of a block, after their numbers have been compared."""
    names, file = {}, f"{PAGE.name}: {heading}"
    linecache.cache[file] = len(code), None, code.splitlines(True), file  # nnsight reads a trace's source
    exec(compile(code, file, "exec"), names)
    theirs, ours = np.asarray(names["theirs"](), float), np.asarray(names["ours"](), float)
    tolerance = names["tolerance"]
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=heading)
    difference = np.abs(ours - theirs).max() / max(1, np.abs(theirs).max())
    return names["theirs"], names["ours"], difference


def row(heading, package, difference, theirs, ours, rounds):
    pairs = [(best_of(theirs), best_of(ours)) for _ in range(rounds)]
    ratios = [a / b for a, b in pairs]
    version = importlib.metadata.version(NAMES.get(package, package))
    return (f"| {heading} {version} | {difference:.1e} | {statistics.median(a for a, _ in pairs) * 1e3:.3g} | "
            f"{statistics.median(b for _, b in pairs) * 1e3:.3g} | "
            f"{short(statistics.median(ratios))} ({short(min(ratios))} to {short(max(ratios))}) |")


def short(number):
    return f"{number:.0f}" if number >= 100 else f"{number:.2g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=0, help="measure this often (default: only compare)")
    parser.add_argument("--write", action="store_true", help="write the table to the page")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ["PATH"] = f"{options.bin_dir.resolve()}:{os.environ['PATH']}"
    table, absent, done, faults = [], [], 0, 0
    for heading, package, code in blocks():
        if importlib.util.find_spec(package) is None:
            absent.append(package)
            continue
        if '"extract"' in code and not (options.bin_dir / "extract").exists():
            absent.append("extract")
            continue
        try:
            theirs, ours, difference = compared(heading, code)
        except Exception as error:  # of either side: name the block, go on to the next
            print(f"coming_from: {heading}: {type(error).__name__}: {error}", file=sys.stderr)
            faults += 1
            continue
        done += 1
        print(f"coming_from: {heading}: the same numbers, largest scaled difference {difference:.1e}", flush=True)
        if options.rounds:
            table.append(row(heading, package, difference, theirs, ours, options.rounds))
            print(table[-1], flush=True)
    for name in absent:
        print(f"skipped: no {name}")
    if options.write and table and not faults:
        write_table(table, absent, options.rounds)
    return 1 if faults else 0 if done else 77


def write_table(table, absent, rounds):
    left_out = f" Not installed where this was measured:\n{', '.join(absent)}." if absent else ""
    text = f"""
Made by `python3 bench/coming_from.py build/release/bin --rounds {rounds} --write`: CPU milliseconds of one call on one
thread, median of the rounds, and the median, smallest and largest ratio.{left_out}

| theirs | largest scaled difference | theirs, ms | ours, ms | theirs / ours |
|---|---:|---:|---:|---:|
""" + "\n".join(table) + """

A call of `extract` includes the start of the process, the loading of the model and the writing of a run with hashes;
the others' model is loaded already. For a few short prompts in a notebook, stay where you are. What is gained by
leaving is elsewhere: long runs that resume, sweeps that share what their runs have in common, the same bits in any
batch.
"""
    page = PAGE.read_text()
    PAGE.write_text(page[:page.index(END) + len(END)] + text)


if __name__ == "__main__":
    sys.exit(main())
