# SPDX-License-Identifier: MIT
"""Reference values of partial_rank_correlation and partial_correlation: the formula of
pingouin.partial_corr (methods "spearman", "pearson"): minus the off-diagonal of the inverse
covariance of the ranks, or of the numbers, over the root of the diagonal. Needs NumPy and SciPy.

    python3 tests/golden/metrics/partial_rank.py > tests/golden/metrics/partial_rank.json
"""

import json

import numpy as np
from scipy.stats import rankdata


def partial(rows):
    inverse = np.linalg.inv(np.cov(np.array(rows)))
    return float(-inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1]))


def case(seed, items, covariates, ties):
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(covariates, items))
    x = rng.normal(size=items) + shared.sum(axis=0)
    y = 0.4 * x + rng.normal(size=items) + shared.sum(axis=0)
    if ties:
        x, y, shared = np.round(x), np.round(y), np.round(shared)
    return {"x": x.tolist(), "y": y.tolist(), "covariates": shared.tolist(),
            "spearman": partial([rankdata(row) for row in [x, y, *shared]]),
            "pearson": partial([x, y, *shared])}


print(json.dumps([case(1, 12, 1, False), case(2, 30, 2, False), case(3, 40, 2, True),
                  case(4, 16, 3, True)], indent=1))
