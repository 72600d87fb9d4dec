#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes gaussian.json: Gaussian PhiID of short series to 50 digits, rounded to doubles at the end.

    python3 tests/golden/phiid/make.py

Needs mpmath. By the definition: correlations of the four segments, mutual informations as
log-determinants, redundancy as the smaller one, atoms by inverting the lattice of redundancies.
"""

import json
import pathlib
import random

import mpmath

mpmath.mp.dps = 50
PAST, FUTURE = {"x": [0], "y": [1], "s": [0, 1]}, {"x": [2], "y": [3], "s": [2, 3]}
LETTERS = "rxys"


def series(seed, times, coupling, offset):
    draw = random.Random(seed)
    x, y, xs, ys = 0.0, 0.0, [], []
    for _ in range(times):
        common = draw.uniform(-1, 1)
        x, y = (0.6 * x + 0.2 * y + coupling * common + draw.uniform(-1, 1),
                0.1 * x + 0.5 * y + coupling * common + draw.uniform(-1, 1))
        xs.append(offset + x)
        ys.append(offset + y)
    return xs, ys


def half_log(matrix, members):
    part = mpmath.matrix(len(members))
    for i, a in enumerate(members):
        for j, b in enumerate(members):
            part[i, j] = matrix[a, b]
    return mpmath.log(mpmath.det(part)) / 2


def phiid(x, y, lag):
    rows = [[mpmath.mpf(v) for v in part] for part in (x[:-lag], y[:-lag], x[lag:], y[lag:])]
    rows = [[v - mpmath.fsum(row) / len(row) for v in row] for row in rows]
    dot = lambda a, b: mpmath.fsum(u * v for u, v in zip(a, b))
    matrix = mpmath.matrix(4)
    for i in range(4):
        for j in range(4):
            matrix[i, j] = dot(rows[i], rows[j]) / mpmath.sqrt(dot(rows[i], rows[i]) *
                                                               dot(rows[j], rows[j]))
    shared = {}
    for p in "xys":
        for f in "xys":
            shared[p, f] = (half_log(matrix, PAST[p]) + half_log(matrix, FUTURE[f]) -
                            half_log(matrix, PAST[p] + FUTURE[f]))
    for f in "xys":
        shared["r", f] = min(shared["x", f], shared["y", f])
    for p in "xys":
        shared[p, "r"] = min(shared[p, "x"], shared[p, "y"])
    shared["r", "r"] = min(shared[p, f] for p in "xy" for f in "xy")
    below = lambda a, b: a == b or a == "r" or b == "s"
    atoms = {}
    for p in LETTERS:
        for f in LETTERS:
            atoms[p, f] = shared[p, f] - mpmath.fsum(
                value for (q, g), value in atoms.items() if below(q, p) and below(g, f))
    return [float(atoms[p, f]) for p in LETTERS for f in LETTERS], float(shared["s", "s"])


def main():
    cases = []
    for seed, times, coupling, offset, lag in ((1, 12, 0.5, 0.0, 1), (2, 40, 2.0, 5.0, 1),
                                               (3, 40, 30.0, 1000.0, 2), (4, 100, 0.0, -7.0, 3)):
        x, y = series(seed, times, coupling, offset)
        atoms, tdmi = phiid(x, y, lag)
        cases.append({"x": x, "y": y, "lag": lag, "atoms": atoms, "tdmi": tdmi})
    file = pathlib.Path(__file__).with_name("gaussian.json")
    file.write_text(json.dumps({"made_by": "make.py", "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
