#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Expected values of tests of clusters, by scikit-learn and NumPy: writes clusters.json.

    pip install numpy==2.4.6 scikit-learn==1.7.2 && python3 tests/golden/metrics/clusters.py
"""
import json
import pathlib

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_samples, silhouette_score


def variance(rows, labels):
    """Within and between, ddof 0, each by its own formula."""
    mean = rows.mean(0)
    within = between = 0.0
    for label in np.unique(labels):
        own = rows[labels == label]
        within += own.var(axis=0).sum() * len(own)
        between += ((own.mean(0) - mean) ** 2).sum() * len(own)
    return [rows.var(axis=0).sum(), within / len(rows), between / len(rows)]


def told_right(rows, labels):
    """Leave-one-out accuracy of the nearest centroid, every mean anew; rows alone left out."""
    right = tried = 0
    for i, label in enumerate(labels):
        if (labels == label).sum() < 2:
            continue
        others = np.arange(len(rows)) != i
        classes = np.unique(labels[others])
        centroids = np.stack([rows[others & (labels == c)].mean(0) for c in classes])
        nearest = classes[((centroids - rows[i]) ** 2).sum(1).argmin()]
        tried += 1
        right += int(nearest == label)
    return [right, tried]


def log_inertia(rows, k):
    return np.log(KMeans(k, n_init=10, random_state=0).fit(rows).inertia_)


def gaps(rows, most, references, rng):
    """Tibshirani's gap with references in the principal box, [mean, standard error of it]."""
    centred = rows - rows.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    along = centred @ axes.T
    low, high = along.min(0), along.max(0)
    found = []
    for k in range(1, most + 1):
        logs = [log_inertia(rng.uniform(low, high, along.shape), k) for _ in range(references)]
        found.append([float(np.mean(logs) - log_inertia(rows, k)),
                      float(np.std(logs) / np.sqrt(references)), float(np.std(logs))])
    return found


def extents(rows):
    centred = rows - rows.mean(0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2].T
    return np.sort((along.max(0) - along.min(0))[: min(len(rows) - 1, rows.shape[1])])[::-1].tolist()


def main():
    rng = np.random.default_rng(4)
    cases = []
    for rows, units, clusters, apart in [(24, 3, 3, 4.0), (30, 2, 2, 1.0), (12, 40, 3, 2.0), (18, 5, 7, 0.5)]:
        labels = rng.integers(0, clusters, rows)
        labels[:2] = 0  # a label of two rows at least
        x = rng.standard_normal((rows, units)) + apart * rng.standard_normal((clusters, units))[labels]
        other = np.where(rng.random(rows) < 0.3, rng.integers(0, clusters, rows), labels)
        cases.append({
            "rows": x.tolist(), "labels": labels.tolist(), "other": other.tolist(),
            "adjusted_rand": float(adjusted_rand_score(labels, other)),
            "silhouette": float(silhouette_score(x, labels)),
            "silhouettes": silhouette_samples(x, labels).tolist(),
            "variance": [float(v) for v in variance(x, labels)],
            "told_right": told_right(x, labels),
            "extents": extents(x),
            "inertia": float(KMeans(3, n_init=50, random_state=0).fit(x).inertia_),
        })
    x = np.array(cases[0]["rows"])
    wide = np.array(cases[2]["rows"])
    made = {"cases": cases, "gaps": gaps(x, 5, 400, rng), "gaps_wide": gaps(wide, 4, 400, rng)}
    path = pathlib.Path(__file__).parent / "clusters.json"
    path.write_text(json.dumps(made, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
