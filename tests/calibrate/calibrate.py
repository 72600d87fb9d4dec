#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Simulates data without an effect, lets the programs analyse them and counts what they claim.

    calibrate.py --bin build/release/bin --metric-rates build/release/tests/metric_rates --out trust.md
    calibrate.py ... --quick    a small share of the seeds, without a page
"""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import simulations
import trust
from programs import Failed
from rates import Rate

BY_NAME = {each.name: each for each in simulations.ALL}
PART_SECONDS = 10.0  # of simulation that one task holds


def run_part(place, name, seeds, scratch):
    """Counts of some seeds of a simulation, in the order of the seeds."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        counts = []
        for seed in seeds:
            counts += BY_NAME[name].run(place, Path(folder) / "seed", seed)
    return counts


def parts(chosen, quick):
    """(simulation, seeds) of about equal length, the longest simulations first."""
    for each in sorted(chosen, key=lambda one: -one.seconds * one.seeds):
        seeds = range(each.quick if quick else each.seeds)
        step = max(1, round(PART_SECONDS / each.seconds))
        for first in range(0, len(seeds), step):
            yield each, seeds[first:first + step]


def tell(done, total, start):
    """Progress with time left, from the work that is done."""
    passed = time.monotonic() - start
    left = passed * (total - done) / max(done, 1e-9)
    end = "\n" if done >= total else "\r" if sys.stderr.isatty() else "\n"
    print(f"calibrate: {100 * done / total:3.0f} %, {passed:.0f} s, about {left:.0f} s left",
          end=end, file=sys.stderr, flush=True)


def simulate(place, chosen, quick, jobs, scratch):
    """Rates by cell of a table."""
    rates = {}
    work = list(parts(chosen, quick))
    total = sum(each.seconds * len(seeds) for each, seeds in work)
    done, start = 0.0, time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(run_part, place, each.name, seeds, scratch):
                   each.seconds * len(seeds) for each, seeds in work}
        for future in as_completed(running):
            if future.exception():
                pool.shutdown(cancel_futures=True)
            for cell, count, seen in future.result():
                rates.setdefault(cell, Rate()).add(count, seen)
            done += running[future]
            tell(done, total, start)
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, required=True, help="folder of the programs")
    parser.add_argument("--metric-rates", type=Path, required=True, help="the program of that name")
    parser.add_argument("--out", type=Path, help="page to write")
    parser.add_argument("--quick", action="store_true", help="run a small share of the seeds")
    parser.add_argument("--only", default="", help="run simulations whose name holds this")
    parser.add_argument("--jobs", type=int, default=2, help="run this many processes (default 2)")
    options = parser.parse_args()
    chosen = [each for each in simulations.ALL if options.only in each.name]
    if not chosen:
        names = ", ".join(BY_NAME)
        sys.exit(f"calibrate: error: --only '{options.only}' names no simulation, expected a part of "
                 f"one of: {names}")
    place = simulations.Place(options.bin.resolve(), options.metric_rates.resolve(),
                              Path(__file__).resolve().parents[2])
    try:
        with tempfile.TemporaryDirectory(prefix="phiscope-calibrate-") as scratch:
            rates = simulate(place, chosen, options.quick, options.jobs, scratch)
    except Failed as failed:
        sys.exit(f"calibrate: error: {failed}")
    if options.out:
        options.out.write_text(trust.page(rates))
    elif not options.quick:
        print(trust.page(rates))
    broken = trust.broken(rates, options.quick)
    for line in broken:
        print(f"calibrate: error: {line}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
