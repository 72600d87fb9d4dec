#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Expected values of tests of rates, by SciPy and statsmodels: writes rates.json.

    pip install numpy scipy statsmodels && python3 tests/golden/metrics/rates.py
"""
import json
import pathlib

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint


def wilson(successes, units, confidence):
    ends = proportion_confint(successes, units, alpha=1 - confidence, method="wilson")
    return [successes, units, confidence, float(ends[0]), float(ends[1])]


def exact_mcnemar(first_only, second_only):
    p_value = mcnemar([[5, first_only], [second_only, 3]], exact=True).pvalue
    return [first_only, second_only, float(p_value)]


def trend(values, levels):
    """All n! pairings of values and levels; twice the smaller tail."""
    values = np.array(values, dtype=float)
    slope = lambda x: stats.linregress(x, values).slope
    found = stats.permutation_test(
        (np.array(levels, dtype=float),),
        slope,
        permutation_type="pairings",
        n_resamples=np.inf,
        alternative="two-sided",
        vectorized=False,
    )
    return {
        "values": values.tolist(),
        "levels": levels,
        "slope": float(found.statistic),
        "p_value": float(found.pvalue),
    }


def main():
    random = np.random.default_rng(20261129)
    rates = [(0, 1), (1, 1), (0, 20), (1, 20), (3, 7), (30, 87), (87, 87), (431, 1319), (999999, 1000000)]
    pairs = [(0, 1), (1, 1), (0, 6), (6, 0), (2, 9), (5, 5), (10, 11), (12, 40), (300, 361), (40, 700)]
    expected = {
        "wilson": [wilson(k, n, c) for k, n in rates for c in (0.8, 0.95, 0.999)],
        "mcnemar": [exact_mcnemar(b, c) for b, c in pairs],
        "trend": [
            trend([0, 0, 1, 0, 1, 1], [2, 2, 2, 3, 4, 5]),
            trend([1, 0, 1, 0, 1, 1, 0], [2, 2, 3, 3, 4, 4, 5]),
            trend(random.normal(size=7).tolist(), [2, 2, 3, 3, 4, 5, 5]),
            trend((np.arange(7) + random.normal(size=7)).tolist(), [1, 2, 3, 4, 5, 6, 7]),
        ],
    }
    path = pathlib.Path(__file__).with_name("rates.json")
    path.write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
