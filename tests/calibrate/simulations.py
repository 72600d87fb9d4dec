# SPDX-License-Identifier: MIT
"""What is simulated: each seed is data through a program, and what that says is counted."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import noise
import sampling_noise
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
    """Counts a p-value in its row."""
    return [(table.cell(row, rate), int(p <= level), 1)
            for rate, level in zip(tables.P, (0.05, 0.1, 0.5))]


def claimed(program, data, counted, happened):
    return tables.CLAIMS.cell((program, data, counted), "share of runs"), int(happened), 1


def p_values(report, program, data):
    """The p-values of all claims that have a row for this program and data. A claim that is not
    made leaves its row without seeds, which breaks a full run."""
    counts = []
    for row in tables.PROGRAM_P.rows:
        if row.name[:2] != (program, data):
            continue
        found = report.claims_about(*tables.SENTENCES[row.name[2]])
        if found and found[0]["p_value"] is not None:
            counts += shares(tables.PROGRAM_P, row.name, found[0]["p_value"])
    return counts


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

def ablation_counts(report, data):
    """What a report says of a ranking named "drawn" that is none."""
    area = next(row for row in report.table("auc.csv") if row["order"] == "drawn")
    counts = [claimed("analyze-ablation", data, tables.ANY, shown(report.claims))]
    low, high = area["auc_ratio_ci_low"], area["auc_ratio_ci_high"]
    if low and high:
        excluded = not float(low) <= 1.0 <= float(high)
        counts.append(claimed("analyze-ablation", data, tables.RATIO, excluded))
    return counts + p_values(report, "analyze-ablation", data)


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
SURROGATES = 39
PHIID_PRIMARIES = ("inverted-u", "u", "synergy-redundancy", "surrogates-synergy",
                   "surrogates-redundancy")


def phiid_report(place, folder, seed, *options, **run):
    noise.write_phiid(fresh(folder) / "run", seed, LAYERS, HEADS, PROMPTS, TOKENS, **run)
    return Report(place.bin_dir, "analyze-phiid", folder, "--bootstrap", 50, *options)


def independent_heads(data, memory):
    """Heads that share nothing, with each test in turn named as primary."""

    def run(place, folder, seed):
        report = phiid_report(place, folder, seed, "--surrogates", SURROGATES, memory=memory,
                              primary=PHIID_PRIMARIES[seed % len(PHIID_PRIMARIES)])
        return [claimed("analyze-phiid", data, tables.ANY, shown(report.claims)),
                *p_values(report, "analyze-phiid", data)]

    return run


def shapes(data, loading):
    """Heads that carry one signal, each as much as `loading` says, unrelated to depth."""

    def run(place, folder, seed):
        report = phiid_report(place, folder, seed, loading=loading(), primary="inverted-u")
        some = shown(report.claims_about("over depth"))
        return [claimed("analyze-phiid", data, tables.ANY_SHAPE, some),
                *p_values(report, "analyze-phiid", data)]

    return run


def planted(data, loading, claim, primary):
    def run(place, folder, seed):
        report = phiid_report(place, folder, seed, loading=loading(LAYERS), primary=primary)
        found = shown(report.claims_about(*tables.SENTENCES[claim]))
        return [claimed("analyze-phiid", data, claim + " is shown", found)]

    return run


def shared_trend(place, folder, seed):
    """Heads that share nothing but a line: as they are, then without their lines."""
    run = {"memory": 0.5, "common_line": 3.0, "primary": "surrogates-redundancy"}
    surrogates = ("--surrogates", SURROGATES)
    plain = phiid_report(place, folder, seed, *surrogates, **run)
    warned = any("trend" in warning for warning in plain.warnings)
    counts = [claimed("analyze-phiid", tables.TREND, tables.WARNED, warned),
              claimed("analyze-phiid", tables.TREND, tables.ANY, shown(plain.claims))]
    detrended = phiid_report(place, folder, seed, *surrogates, "--detrend", "linear", **run)
    return [*counts,
            claimed("analyze-phiid", tables.DETRENDED, tables.ANY, shown(detrended.claims)),
            *p_values(detrended, "analyze-phiid", tables.DETRENDED)]


# --- loo: words that know nothing of their clusters -----------------------------------------------

LOO_PRIMARIES = ("bridge-anchor", "ratio", "clusters")


def loo_report(place, folder, seed, primary, **run):
    noise.write_loo(fresh(folder) / "run", seed, [10], 20, 3, 16, primary=primary, **run)
    return Report(place.bin_dir, "analyze-loo", folder, "--bootstrap", 50)


def words_at_random(data, **kind):
    """Words that know nothing of their clusters, with each test in turn named as primary."""

    def run(place, folder, seed):
        report = loo_report(place, folder, seed, LOO_PRIMARIES[seed % len(LOO_PRIMARIES)], **kind)
        return [claimed("analyze-loo", data, tables.ANY, shown(report.claims)),
                *p_values(report, "analyze-loo", data)]

    return run


def mixed_words(place, folder, seed):
    report = loo_report(place, folder, seed, "ratio", mixing=0.5, own=0.02)
    above = shown(report.claims_about(*tables.SENTENCES["above mixing"]))
    return [claimed("analyze-loo", tables.MIXED, "above mixing is shown", above),
            *p_values(report, "analyze-loo", tables.MIXED)]


# --- sampling: solutions that know nothing of what is claimed, and some that do -------------------

SAMPLING_PRIMARIES = ("temperature", "commitment")


def sampling_report(place, folder, seed):
    return Report(place.bin_dir, "analyze-sampling", folder, "--bootstrap", 50, "--seed", seed)


def samples_at_random(place, folder, seed):
    sampling_noise.write_samples(fresh(folder) / "run", seed, SAMPLING_PRIMARIES[seed % 2])
    report = sampling_report(place, folder, seed)
    return [claimed("analyze-sampling", tables.SAMPLES, tables.ANY, shown(report.claims)),
            *p_values(report, "analyze-sampling", tables.SAMPLES)]


def paths_at_random(place, folder, seed):
    sampling_noise.write_paths(fresh(folder) / "run", seed)
    report = sampling_report(place, folder, seed)
    return [claimed("analyze-sampling", tables.PATHS, tables.ANY, shown(report.claims)),
            *p_values(report, "analyze-sampling", tables.PATHS)]


def planted_sampling(data, claim, write):
    def run(place, folder, seed):
        write(fresh(folder) / "run", seed)
        found = shown(sampling_report(place, folder, seed).claims_about(*tables.SENTENCES[claim]))
        return [claimed("analyze-sampling", data, claim + " is shown", found)]

    return run


def warmer_samples(run, seed):
    sampling_noise.write_samples(run, seed, "temperature", warmer=1.0)


def committed_samples(run, seed):
    sampling_noise.write_samples(run, seed, "commitment", committed=1.0)


def nearer_paths(run, seed):
    sampling_noise.write_paths(run, seed, nearer=0.5)


ALL = [
    Simulation("metric coverage", metric_coverage, seeds=4, quick=0, seconds=17.0),
    Simulation("metric levels", metric_levels, seeds=4, quick=1, seconds=1.0),
    *point_simulations(),
    Simulation("ablation noise", ablation_noise, seeds=400, quick=10, seconds=0.2),
    Simulation("ablation words", orders_of_words, seeds=12, quick=0, seconds=12.0),
    Simulation("phiid white", independent_heads(tables.WHITE, 0.0), 400, quick=4, seconds=0.5),
    Simulation("phiid AR5", independent_heads(tables.AR5, 0.5), 1600, quick=4, seconds=0.5),
    Simulation("phiid AR9", independent_heads(tables.AR9, 0.9), 400, quick=0, seconds=0.5),
    Simulation("phiid heads", shapes(tables.HEADS_DIFFER, lambda: noise.any_load), 400, quick=8,
               seconds=0.2),
    Simulation("phiid layers", shapes(tables.LAYERS_DIFFER, noise.any_layer_load), 400, quick=0,
               seconds=0.2),
    Simulation("phiid inverted U",
               planted(tables.INVERTED_U, noise.peaks_at_the_ends, "inverted U", "inverted-u"),
               200, quick=5, seconds=0.2),
    Simulation("phiid U", planted(tables.U, noise.peaks_in_the_middle, "U", "u"), 200, quick=0,
               seconds=0.2),
    Simulation("phiid trend", shared_trend, 300, quick=4, seconds=1.0),
    Simulation("loo words", words_at_random(tables.WORDS_AT_RANDOM), 400, quick=4, seconds=0.5),
    Simulation("loo bridges", words_at_random(tables.ANY_BRIDGES, any_bridges=True), 400, quick=0,
               seconds=0.5),
    Simulation("loo mixed", mixed_words, 400, quick=4, seconds=0.5),
    Simulation("sampling noise", samples_at_random, 400, quick=3, seconds=0.5),
    Simulation("sampling paths", paths_at_random, 400, quick=3, seconds=0.1),
    Simulation("sampling warmer",
               planted_sampling(tables.WARMER, "warmer is wider", warmer_samples), 100, quick=4,
               seconds=0.5),
    Simulation("sampling committed",
               planted_sampling(tables.COMMITTED, "answer before the end", committed_samples), 100,
               quick=4, seconds=0.5),
    Simulation("sampling nearer",
               planted_sampling(tables.NEARER, "nearer to the oracle", nearer_paths), 100, quick=4,
               seconds=0.1),
]
