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
import words_orders
from programs import Report, fresh, run_program, shown


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


def claim_cell(program, data, counted):
    return tables.CLAIMS.cell((program, data, counted), "share of runs")


def primary_p(report, program, data):
    """The p-value of the claim that the plan names, or of the program's default."""
    primary = report.primary()
    return shares(tables.PROGRAM_P, (program, "primary", data), primary["p_value"])


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
                             seeds=1 if units < 5 else 3, quick=1 if units in (3, 5) else 0,
                             seconds=0.5)


# --- ablation: a ranking that is one more random order --------------------------------------------

RATIO = "the interval of the AUC ratio excludes 1"


def ablation_counts(report, data):
    """What a report says of a ranking named "drawn" that is none."""
    area = next(row for row in report.table("auc.csv") if row["order"] == "drawn")
    counts = [(claim_cell("analyze-ablation", data, tables.ANY), int(shown(report.claims)), 1)]
    low, high = area["auc_ratio_ci_low"], area["auc_ratio_ci_high"]
    if low and high:
        excluded = not float(low) <= 1.0 <= float(high)
        counts.append((claim_cell("analyze-ablation", data, RATIO), int(excluded), 1))
    return counts + primary_p(report, "analyze-ablation", data)


def ablation_noise(place, folder, seed):
    noise.write_ablation_noise(fresh(folder) / "run", seed)
    return ablation_counts(Report(place.bin_dir, "analyze-ablation", folder), tables.ONE_MORE)


def orders_of_words(place, folder, seed):
    words_orders.write_group(place, fresh(folder), seed)
    counts = []
    for order in range(words_orders.ORDERS):
        words_orders.name_ranking(folder / "run", order)
        counts += ablation_counts(Report(place.bin_dir, "analyze-ablation", folder), tables.WORDS)
    return counts


# --- phiid: heads without an effect, and with a planted one ---------------------------------------

LAYERS, HEADS, PROMPTS, TOKENS = 12, 2, 20, 60
PHIID = ("--bootstrap", 200)


def phiid_report(place, folder, seed, *options, **run):
    noise.write_phiid(fresh(folder) / "run", seed, LAYERS, HEADS, PROMPTS, TOKENS, **run)
    return Report(place.bin_dir, "analyze-phiid", folder, *PHIID, *options)


def independent_heads(data, memory):
    """Heads that share nothing, compared with surrogates."""

    def run(place, folder, seed):
        report = phiid_report(place, folder, seed, "--surrogates", 19, memory=memory,
                              primary="inverted-u")
        return [(claim_cell("analyze-phiid", data, tables.ANY), int(shown(report.claims)), 1),
                *primary_p(report, "analyze-phiid", data)]

    return run


def shapes(data, loading):
    """Heads that carry one signal, each as much as `loading` says, unrelated to depth."""

    def run(place, folder, seed):
        report = phiid_report(place, folder, seed, loading=loading(), primary="inverted-u")
        claimed = shown(report.claims_about("over depth"))
        return [(claim_cell("analyze-phiid", data, "any shape over depth is shown"),
                 int(claimed), 1),
                *primary_p(report, "analyze-phiid", data)]

    return run


def planted(data, loading, shape, counted, primary):
    def run(place, folder, seed):
        report = phiid_report(place, folder, seed, loading=loading(LAYERS), primary=primary)
        found = shown(report.claims_about("balance_score", shape))
        return [(claim_cell("analyze-phiid", data, counted), int(found), 1)]

    return run


# --- loo: words that know nothing of their clusters -----------------------------------------------

LOO = ("--bootstrap", 200)


def loo_report(place, folder, seed, primary, **run):
    noise.write_loo(fresh(folder) / "run", seed, [10], 20, 3, 16, primary=primary, **run)
    return Report(place.bin_dir, "analyze-loo", folder, *LOO)


def words_at_random(data, primary, **kind):
    def run(place, folder, seed):
        report = loo_report(place, folder, seed, primary, **kind)
        return [(claim_cell("analyze-loo", data, tables.ANY), int(shown(report.claims)), 1),
                *primary_p(report, "analyze-loo", data)]

    return run


ALL = [
    Simulation("metric coverage", metric_coverage, seeds=4, quick=0, seconds=17.0),
    Simulation("metric levels", metric_levels, seeds=4, quick=1, seconds=1.0),
    *point_simulations(),
    Simulation("ablation noise", ablation_noise, seeds=400, quick=10, seconds=0.2),
    Simulation("ablation words", orders_of_words, seeds=12, quick=0, seconds=12.0),
    Simulation("phiid white", independent_heads(tables.WHITE, 0.0), seeds=400, quick=4,
               seconds=0.5),
    Simulation("phiid AR5", independent_heads(tables.AR5, 0.5), seeds=400, quick=4, seconds=0.5),
    Simulation("phiid AR9", independent_heads(tables.AR9, 0.9), seeds=400, quick=0, seconds=0.5),
    Simulation("phiid heads", shapes(tables.HEADS_DIFFER, lambda: noise.any_load), seeds=400,
               quick=0, seconds=0.2),
    Simulation("phiid layers", shapes(tables.LAYERS_DIFFER, noise.any_layer_load), seeds=400,
               quick=0, seconds=0.2),
    Simulation("phiid inverted U",
               planted(tables.INVERTED_U, noise.peaks_at_the_ends, "an inverted U",
                       "the inverted U of balance_score is shown", "inverted-u"),
               seeds=200, quick=5, seconds=0.2),
    Simulation("phiid U", planted(tables.U, noise.peaks_in_the_middle, "a U",
                                  "the U of balance_score is shown", "u"),
               seeds=200, quick=0, seconds=0.2),
    Simulation("loo bridge-anchor", words_at_random(tables.WORDS_AT_RANDOM, "bridge-anchor"),
               seeds=300, quick=4, seconds=0.6),
    Simulation("loo any bridges",
               words_at_random(tables.ANY_BRIDGES, "bridge-anchor", any_bridges=True),
               seeds=300, quick=0, seconds=0.6),
]
