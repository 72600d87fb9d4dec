#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Expected values of intervals and tests, by SciPy and statsmodels: writes inference.json.

    pip install numpy scipy statsmodels && python3 tests/golden/metrics/inference.py

The resamples of the bootstrap are given with the expected ends, so that no generator has to agree.
"""
import json
import pathlib

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW


def listed(numbers):
    return [float(number) for number in numbers]


def widened(confidence, units):
    """Tail of the expanded percentile interval: Hesterberg 2015, section 3.4."""
    t = stats.t.ppf(0.5 + confidence / 2, units - 1)
    return float(stats.norm.cdf(-np.sqrt(units / (units - 1)) * t))


def bca(value, draws, jackknife, tail):
    """As scipy.stats._resampling._bca_interval, for draws that are given."""
    share = (np.mean(draws < value) + np.mean(draws <= value)) / 2
    bias = stats.norm.ppf(share)
    away = np.mean(jackknife) - jackknife
    skew = np.sum(away**3) / (6 * np.sum(away**2) ** 1.5)
    z = stats.norm.ppf(np.array([tail, 1 - tail]))
    probabilities = stats.norm.cdf(bias + (bias + z) / (1 - skew * (bias + z)))
    return listed(np.quantile(draws, probabilities))


def sign_flip(differences):
    return float(
        stats.permutation_test(
            (differences,), np.mean, permutation_type="samples", n_resamples=np.inf
        ).pvalue
    )


def max_t(table):
    """Single-step maxT over all sign patterns, each cell in units of its root sum of squares."""
    units = len(table)
    scaled = table / np.sqrt(np.nansum(table**2, axis=0))
    scaled = np.nan_to_num(scaled)
    signs = 1 - 2 * ((np.arange(2**units)[:, None] >> np.arange(units)) & 1)
    sums = np.abs(signs @ scaled)
    largest = sums.max(axis=1)
    return listed([(largest >= sums[0, cell] - 1e-12).mean() for cell in range(table.shape[1])])


def main():
    random = np.random.default_rng(20261129)
    numbers = random.lognormal(size=7)
    numerators = random.normal(3, 1, size=8)
    denominators = random.uniform(1, 2, size=8)
    # The ratio's t interval: of the residuals, in units of the mean denominator.
    ratio = numerators.sum() / denominators.sum()
    residuals = (numerators - ratio * denominators) / denominators.mean()
    low, high = DescrStatsW(residuals).tconfint_mean(0.05)
    x, y = random.normal(size=(2, 24)) + random.normal(size=24)
    draws = []
    for _ in range(400):
        chosen = random.integers(0, 24, 24)
        draws.append(stats.spearmanr(x[chosen], y[chosen]).statistic)
    draws = np.array(draws)
    jackknife = np.array(
        [stats.spearmanr(np.delete(x, i), np.delete(y, i)).statistic for i in range(24)]
    )
    value = float(stats.spearmanr(x, y).statistic)
    tail = widened(0.95, 24)
    differences = random.normal(0.4, 1, size=9)
    table = random.normal(0.3, [1, 5, 0.1], size=(8, 3))
    table[5, 1] = np.nan
    p_values = random.uniform(0, 0.2, size=12)
    expected = {
        "normal_quantile": [[p, float(stats.norm.ppf(p))] for p in (1e-12, 0.001, 0.025, 0.3, 0.5, 0.975)],
        "student_t_quantile": [
            [tail, freedom, float(stats.t.isf(tail, freedom))]
            for tail in (0.4, 0.05, 0.025, 0.0005)
            for freedom in (1, 2, 3, 4, 5, 10, 19, 100, 1001)
        ],
        "mean": {
            "numbers": listed(numbers),
            "value": float(numbers.mean()),
            "interval": listed(DescrStatsW(numbers).tconfint_mean(0.05)),
            "interval_80": listed(stats.t.interval(0.8, 6, numbers.mean(), stats.sem(numbers))),
        },
        "ratio": {
            "numerators": listed(numerators),
            "denominators": listed(denominators),
            "value": float(ratio),
            "interval": [float(ratio + low), float(ratio + high)],
        },
        "correlation": {
            "value": value,
            "draws": listed(draws),
            "jackknife": listed(jackknife),
            "units": 24,
            "percentile": listed(np.quantile(draws, [tail, 1 - tail])),
            "bca": bca(value, draws, jackknife, tail),
        },
        "sign_flip": {"differences": listed(differences), "p_value": sign_flip(differences)},
        "max_t": {
            "differences": [[None if np.isnan(d) else float(d) for d in row] for row in table],
            "p_values": max_t(table),
        },
        "holm": {
            "p_values": listed(p_values),
            "adjusted": listed(multipletests(p_values, method="holm")[1]),
        },
    }
    path = pathlib.Path(__file__).with_name("inference.json")
    path.write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
