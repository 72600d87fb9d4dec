#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes precise.json: metrics of small inputs with 50 digits (mpmath), straight from the
definitions. Inputs are doubles, so that what a C++ metric loses is its own.

    python3 tests/golden/metrics/precise.py > tests/golden/metrics/precise.json
"""

import json
import random

import mpmath as mp

mp.mp.dps = 50


def matrix(rng, rows, units, scale, offset):
    return [[offset + scale * rng.uniform(-1, 1) for _ in range(units)] for _ in range(rows)]


def kl(p, q):
    p, q = [mp.mpf(x) for x in p], [mp.mpf(x) for x in q]
    sum_p, sum_q = mp.fsum(map(mp.exp, p)), mp.fsum(map(mp.exp, q))
    return mp.fsum(mp.exp(a) / sum_p * (a - b - mp.log(sum_p / sum_q)) for a, b in zip(p, q))


def centred(rows):
    x = mp.matrix(rows)
    for j in range(x.cols):
        mean = mp.fsum(x[i, j] for i in range(x.rows)) / x.rows
        for i in range(x.rows):
            x[i, j] -= mean
    return x


def cosine(rows):
    unit = []
    for row in rows:
        row = [mp.mpf(x) for x in row]
        length = mp.sqrt(mp.fsum(x * x for x in row))
        unit.append([x / length for x in row])
    pairs = [mp.fsum(a * b for a, b in zip(unit[i], unit[j]))
             for i in range(len(unit)) for j in range(i)]
    return mp.fsum(pairs) / len(pairs)


def of_rows(rows):
    x = centred(rows)
    eigenvalues = mp.eigsy(x * x.T, eigvals_only=True)
    trace = mp.fsum(eigenvalues)
    shares = [v / trace for v in eigenvalues if v > trace * mp.mpf(10) ** -40]
    return {"trace_covariance": trace / (x.rows - 1),
            "mean_cosine": cosine(rows),
            "participation_ratio": 1 / mp.fsum(s * s for s in shares),
            "effective_rank": mp.exp(-mp.fsum(s * mp.log(s) for s in shares))}


def pearson(x, y):
    x, y = [mp.mpf(v) for v in x], [mp.mpf(v) for v in y]
    mx, my = mp.fsum(x) / len(x), mp.fsum(y) / len(y)
    xy = mp.fsum((a - mx) * (b - my) for a, b in zip(x, y))
    return xy / mp.sqrt(mp.fsum((a - mx) ** 2 for a in x) * mp.fsum((b - my) ** 2 for b in y))


def main():
    rng = random.Random(1)
    result = {"rows": [], "kl": [], "pearson": []}
    for rows, units, scale, offset in ((4, 9, 1, 0), (9, 4, 1, 0), (6, 6, 1e-3, 10), (5, 12, 1e4, 1e6)):
        x = matrix(rng, rows, units, scale, offset)
        result["rows"].append({"x": x} | {k: mp.nstr(v, 25) for k, v in of_rows(x).items()})
    for scale, apart in ((1, 1), (30, 10), (300, 1), (5, 1e-3), (5, 1e-6)):
        p = [scale * rng.uniform(-1, 1) for _ in range(11)]
        q = [v + apart * rng.uniform(-1, 1) for v in p]
        result["kl"].append({"p": p, "q": q, "kl": mp.nstr(kl(p, q), 25),
                             "reverse": mp.nstr(kl(q, p), 25)})
    for offset in (0, 1e3, 1e8):
        x = [offset + rng.uniform(-1, 1) for _ in range(15)]
        y = [v - offset + rng.uniform(-1, 1) for v in x]
        result["pearson"].append({"x": x, "y": y, "r": mp.nstr(pearson(x, y), 25)})
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
