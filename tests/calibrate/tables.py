# SPDX-License-Identifier: MIT
"""The tables of docs/trust.md: which rows they have, and which bound each rate must keep."""

from dataclasses import dataclass

from bounds import ALWAYS, FOUND, NEVER, NONE, NORMAL, RARE, RARE_TENTH, SKEWED


@dataclass(frozen=True)
class Row:
    name: tuple    # the cells that say what is counted
    bounds: tuple  # one for each rate


@dataclass(frozen=True)
class Table:
    key: str
    names: tuple  # heads of the columns that say what is counted
    rates: tuple  # heads of the columns of rates
    rows: tuple

    def cell(self, row, rate):
        """The key under which a simulation counts."""
        assert any(each.name == row for each in self.rows), (self.key, row)
        assert rate in self.rates, (self.key, rate)
        return self.key, row, rate


AT = ("5 units", "10 units", "20 units", "40 units", "60 units")


def coverage_row(name, five, more):
    return Row(name, (five, more, more, more, more))


METRIC_COVERAGE = Table(
    "metric coverage", ("statistic", "units"), AT,
    (coverage_row(("mean", "normal"), NORMAL, NORMAL),
     coverage_row(("mean", "lognormal"), NONE, SKEWED),
     coverage_row(("ratio of means", "lognormal, correlated"), NONE, SKEWED),
     coverage_row(("Spearman's correlation", "binormal, r = 0"), NONE, SKEWED),
     coverage_row(("Spearman's correlation", "binormal, r = 0.7"), NONE, SKEWED),
     coverage_row(("median", "lognormal"), NONE, SKEWED)))

PROGRAM_COVERAGE = Table(
    "program coverage", ("statistic", "units"), ("3 units", "5 units", "10 units", "20 units",
                                                 "60 units"),
    (Row(("mean KL of a point, analyze-ablation", "normal"),
         (NEVER, NORMAL, NORMAL, NORMAL, NORMAL)),
     Row(("mean KL of a point, analyze-ablation", "lognormal"),
         (NEVER, NONE, SKEWED, SKEWED, SKEWED))))

P = ("at most .05", "at most .1", "at most .5")


def p_row(*name):
    return Row(name, (RARE, RARE_TENTH, NONE))


METRIC_P = Table(
    "metric p", ("test", "data", "units or draws"), P,
    (p_row("sign-flip test", "symmetric, heavy tails", "5"),
     p_row("sign-flip test", "symmetric, heavy tails", "10"),
     p_row("sign-flip test", "symmetric, heavy tails", "20"),
     p_row("sign-flip max-test, 24 cells", "cells correlated, on two scales", "10"),
     p_row("sign-flip max-test, 24 cells", "cells correlated, on two scales", "20"),
     p_row("rank p, one-sided", "normal", "5"),
     p_row("rank p, two-sided", "normal", "5"),
     p_row("rank p, one-sided", "normal", "19"),
     p_row("rank p, two-sided", "normal", "19"),
     p_row("rank p, one-sided", "normal", "20"),
     p_row("rank p, two-sided", "normal", "20"),
     p_row("rank p, one-sided", "normal", "99"),
     p_row("rank p, two-sided", "normal", "99"),
     p_row("max-statistic, 16 heads", "normal", "5"),
     p_row("max-statistic, 16 heads", "normal", "19")))

WHITE, AR5, AR9 = "white noise", "AR(.5)", "AR(.9)"
HEADS_DIFFER = "heads differ at random"
LAYERS_DIFFER = "layers differ at random"
INVERTED_U, U = "planted inverted U", "planted U"
TREND, DETRENDED = "AR(.5) and one line in all heads", "the same with --detrend linear"
WORDS_AT_RANDOM = "random vectors of words"
MIXED = "each word mixed with its predecessor"
ANY_BRIDGES = "bridges named at random"
ONE_MORE = "simulated order like the random ones"
WORDS = "random order on the model `words`"
SAMPLES = "samples that know neither temperature nor answer"
WARMER = "planted: spread grows with temperature"
COMMITTED = "planted: latents know the answer from the second checkpoint"
PATHS = "solutions around one centre"
NEARER = "planted: half the way to the oracle"

# Claims by name: words that their sentences hold.
SENTENCES = {
    "inverted U": ("balance is an inverted U over depth",),
    "U": ("balance is a U over depth",),
    "synergy and redundancy": ("synergy and redundancy of the heads correlate",),
    "synergy of a head": ("a head has more synergy",),
    "redundancy of a head": ("a head has more redundancy",),
    "bridge and anchor": ("bridge and anchor", "differ ("),
    "bridge and anchor, any layer": ("bridge and anchor", "in some layer"),
    "above mixing": ("above that of neighbour mixing",),
    "above permuted clusters": ("above that of permuted clusters",),
    "above random orders": ("drawn does more damage than random orders",),
    "above orders in its layers": ("drawn does more damage than random orders within",),
    "above the baseline": ("does more damage than", "drawn", "norm"),
    "warmer is wider": ("the variance of solutions", "is larger at temperature"),
    "answer before the end": ("tell the final answer before the last checkpoint",),
    "nearer to the oracle": ("the model stays nearer to it",),
}
SURROGATE_CLAIMS = ("synergy and redundancy", "synergy of a head", "redundancy of a head")

PROGRAM_P = Table(
    "program p", ("program", "data", "claim"), P,
    (*(p_row("analyze-phiid", data, claim) for data in (WHITE, AR5, AR9, DETRENDED)
       for claim in SURROGATE_CLAIMS),
     p_row("analyze-phiid", HEADS_DIFFER, "inverted U"),
     p_row("analyze-phiid", LAYERS_DIFFER, "inverted U"),
     p_row("analyze-loo", WORDS_AT_RANDOM, "bridge and anchor"),
     p_row("analyze-loo", WORDS_AT_RANDOM, "bridge and anchor, any layer"),
     p_row("analyze-loo", WORDS_AT_RANDOM, "above permuted clusters"),
     p_row("analyze-loo", ANY_BRIDGES, "bridge and anchor"),
     p_row("analyze-loo", ANY_BRIDGES, "bridge and anchor, any layer"),
     p_row("analyze-loo", MIXED, "above mixing"),
     p_row("analyze-ablation", ONE_MORE, "above random orders"),
     p_row("analyze-ablation", ONE_MORE, "above orders in its layers"),
     p_row("analyze-ablation", ONE_MORE, "above the baseline"),
     p_row("analyze-ablation", WORDS, "above random orders"),
     p_row("analyze-sampling", SAMPLES, "warmer is wider"),
     p_row("analyze-sampling", SAMPLES, "answer before the end"),
     p_row("analyze-sampling", PATHS, "nearer to the oracle")))


def claim_row(*name, bound=RARE):
    return Row(name, (bound,))


ANY = "any claim is shown"
ANY_SHAPE = "any shape over depth is shown"
WARNED = "warned of the trend"
RATIO = "the interval of the AUC ratio excludes 1"
CLAIMS = Table(
    "claims", ("program", "data", "counted"), ("share of runs",),
    (*(claim_row("analyze-phiid", data, ANY) for data in (WHITE, AR5, AR9)),
     *(claim_row("analyze-phiid", data, ANY_SHAPE) for data in (HEADS_DIFFER, LAYERS_DIFFER)),
     claim_row("analyze-phiid", INVERTED_U, "inverted U is shown", bound=FOUND),
     claim_row("analyze-phiid", U, "U is shown", bound=FOUND),
     claim_row("analyze-phiid", TREND, WARNED, bound=ALWAYS),
     claim_row("analyze-phiid", TREND, ANY, bound=NONE),
     claim_row("analyze-phiid", DETRENDED, ANY),
     claim_row("analyze-loo", WORDS_AT_RANDOM, ANY),
     claim_row("analyze-loo", ANY_BRIDGES, ANY),
     claim_row("analyze-loo", MIXED, "above mixing is shown"),
     claim_row("analyze-ablation", ONE_MORE, ANY),
     claim_row("analyze-ablation", ONE_MORE, RATIO),
     claim_row("analyze-ablation", WORDS, ANY),
     claim_row("analyze-ablation", WORDS, RATIO),
     claim_row("analyze-sampling", SAMPLES, ANY),
     claim_row("analyze-sampling", PATHS, ANY),
     claim_row("analyze-sampling", WARMER, "warmer is wider is shown", bound=FOUND),
     claim_row("analyze-sampling", COMMITTED, "answer before the end is shown", bound=FOUND),
     claim_row("analyze-sampling", NEARER, "nearer to the oracle is shown", bound=FOUND)))
