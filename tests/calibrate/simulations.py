# SPDX-License-Identifier: MIT
"""What is simulated: each seed is data through a program, and what that says is counted."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import noise
import tables
from programs import Report, fresh, run_program


@dataclass(frozen=True)
class Place:
    """Where the programs are."""
    bin_dir: Path       # analyze-*, extract
    metric_rates: Path
    source: Path        # of the repository


@dataclass(frozen=True)
class Simulation:
    name: str
    run: Callable   # (place, folder, seed) -> [(cell of a table, count, total)]
    seeds: int
    quick: int      # seeds of the share that ctest runs
    seconds: float  # of one seed, for the time left


def shares(table, row, p):
    """Counts a p-value in its row. None: there is none, and no share has this seed."""
    if p is None:
        return []
    return [(table.cell(row, rate), int(p <= level), 1)
            for rate, level in zip(tables.P, (0.05, 0.1, 0.5))]


# --- the metrics alone: every seed is a call of metric_rates, which has seeds of its own ----------

DATA_SETS = 500  # of one call


def metric_rates(place, what, seed):
    text = run_program([place.metric_rates, what, DATA_SETS, seed])
    return csv.DictReader(io.StringIO(text))


def metric_coverage(place, folder, seed):
    return [(tables.METRIC_COVERAGE.cell((line["what"], line["data"]), line["units"] + " units"),
             int(line["hits"]), int(line["defined"]))
            for line in metric_rates(place, "coverage", seed)]


def metric_levels(place, folder, seed):
    counts = []
    for line in metric_rates(place, "levels", seed):
        row = line["what"], line["data"], line["units"]
        for rate, column in zip(tables.P, ("hits", "at_tenth", "at_half")):
            counts.append((tables.METRIC_P.cell(row, rate), int(line[column]), int(line["defined"])))
    return counts


# --- coverage through analyze-ablation ------------------------------------------------------------

def coverage_of_points(data, draw, truth, units):
    row = ("mean KL of a point, analyze-ablation", data)

    def run(place, folder, seed):
        noise.write_unit_means(fresh(folder) / "run", seed, units, draw)
        points = Report(place.bin_dir, "analyze-ablation", folder, "--seed", seed).table("curves.csv")
        cell = tables.PROGRAM_COVERAGE.cell(row, f"{units} units")
        ends = [(point["ci_low"], point["ci_high"]) for point in points]
        if units < 5:  # there must be no interval
            return [(cell, sum(1 for low, high in ends if low or high), len(ends))]
        holds = [float(low) <= truth <= float(high) for low, high in ends if low and high]
        return [(cell, sum(holds), len(holds))]

    return run


def point_simulations():
    for data, draw, truth in (("normal", lambda rng: rng.gauss(0.0, 1.0), 0.0),
                              ("lognormal", lambda rng: rng.lognormvariate(0.0, 1.0),
                               math.exp(0.5))):
        for units in (3, 5, 10, 20, 60):
            yield Simulation(f"ablation points, {data}, {units} units",
                             coverage_of_points(data, draw, truth, units),
                             seeds=1 if units < 5 else 3, quick=1 if units in (3, 10) else 0,
                             seconds=0.5)


ALL = [Simulation("metric coverage", metric_coverage, seeds=4, quick=0, seconds=17.0),
       Simulation("metric levels", metric_levels, seeds=4, quick=1, seconds=1.0),
       *point_simulations()]
