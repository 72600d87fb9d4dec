#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed of the leave-one-out metrics against Python and NumPy: CPU-time ratios on one thread.

    python3 bench/loo.py --program build/release/bin/loo_bench

The sides alternate (A, B, A, B, ...) in one run, so that a neighbour's load hits all of them; the
ratio of each round is taken first, and its median (smallest .. largest) is printed. Every side's
results are compared before anything is timed. Needs NumPy only.

python loop   the published experiment's way: a loop over pairs, two NumPy calls a pair, and the
              whole context measured again for every position. One position is timed and
              multiplied: all of them take more than a minute.
numpy gram    the fastest form known in NumPy: one Gram matrix of the centred data per layer.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import pathlib
import statistics
import tempfile

import numpy as np

from paired import Program, cpu_seconds


def loaded(path, data, words, folder):
    """The C++ side with its data."""
    file = pathlib.Path(folder) / f"{data.shape[1]}-{data.shape[2]}.f32"
    data.tofile(file)
    return Program(path, file, *data.shape, *words)


def pairs_of(words):
    """Cross and within pairs of rows; word w is in cluster w // 4 and group w % 4."""
    rows = range(len(words))
    both = [(i, j) for i in rows for j in rows if i < j]
    same = lambda i, j: words[i] // 4 == words[j] // 4
    within = [(i, j) for i, j in both if same(i, j)]
    cross = [(i, j) for i, j in both if not same(i, j) and words[i] % 4 == words[j] % 4]
    return cross, within


def loop_structure(x, cross, within, present):
    """Ratio, cross, within, energy of a dict of rows, pair by pair."""
    mean = lambda pairs: np.mean([float(np.linalg.norm(x[a] - x[b])) for a, b in pairs
                                  if a in present and b in present])
    c, w = mean(cross), mean(within)
    energy, count = 0.0, 0
    for a, b in within:
        if a in present and b in present:
            energy += float(np.sum((x[a] - x[b]) ** 2))
            count += 1
    return c / max(w, 1e-3 * c, 1e-10), c, w, energy / count


def loop_influence(x, cross, within, position):
    """One position, as published: the full context is measured again each time."""
    rows = set(range(len(x)))
    full = loop_structure(x, cross, within, rows)
    without = loop_structure(x, cross, within, rows - {position})
    return [full[0] - without[0], without[3] - full[3], full[1] - without[1], full[2] - without[2]]


def loop_context(x, cross, within, clusters):
    """Ratio, energy and variance between cluster means of one layer, as published."""
    ratio, _, _, energy = loop_structure(x, cross, within, set(range(len(x))))
    rows = {}
    for row, cluster in enumerate(clusters):
        rows.setdefault(cluster, []).append(x[row])
    means = [np.stack(r).mean(0) for r in rows.values()]
    centre = np.stack(means).mean(0)
    return [ratio, energy, sum(float(np.sum((m - centre) ** 2)) for m in means) / len(means)]


def gram_deletions(x, cross, within):
    """[layer, row, unit] -> function returning [layer, row, (ratio, energy, cross, within)]."""
    layers, n, _ = x.shape
    c_mask, w_mask = np.zeros((n, n)), np.zeros((n, n))
    for mask, pairs in ((c_mask, cross), (w_mask, within)):
        for a, b in pairs:
            mask[a, b] = mask[b, a] = 1.0
    return lambda: _gram_deletions(x, layers, c_mask, w_mask)


def _gram_deletions(x, layers, c_mask, w_mask):
    c_row, w_row = c_mask.sum(1), w_mask.sum(1)
    c_all, w_all = c_row.sum() / 2, w_row.sum() / 2
    ratio = lambda c, w: c / np.maximum(w, np.maximum(1e-3 * c, 1e-10))
    out = np.empty((*x.shape[:2], 4))
    for layer in range(layers):
        y = x[layer].astype(np.float64)
        y -= y.mean(0)
        gram = y @ y.T
        norms = np.diag(gram)
        squared = np.maximum(norms[:, None] + norms - 2 * gram, 0)
        gap = np.sqrt(squared)
        c, w, e = (gap * c_mask).sum(1), (gap * w_mask).sum(1), (squared * w_mask).sum(1)
        c0, w0, e0 = c.sum() / 2, w.sum() / 2, e.sum() / 2
        c1, w1 = (c0 - c) / (c_all - c_row), (w0 - w) / (w_all - w_row)
        out[layer, :, 0] = ratio(c0 / c_all, w0 / w_all) - ratio(c1, w1)
        out[layer, :, 1] = (e0 - e) / (w_all - w_row) - e0 / w_all
        out[layer, :, 2] = c0 / c_all - c1
        out[layer, :, 3] = w0 / w_all - w1
    return out


def rounds(count, sides):
    """Alternates the sides; each is name -> function that returns its CPU seconds."""
    seconds = {name: [] for name in sides}
    for function in sides.values():
        function()
    for _ in range(count):
        for name, function in sides.items():
            seconds[name].append(function())
    return seconds


def row(name, ours, theirs, note=""):
    ratios = [b / a for a, b in zip(ours, theirs)]
    middle, low, high = statistics.median(ratios), min(ratios), max(ratios)
    print(f"  {name:44s} {statistics.median(theirs) * 1e3:11.3f} ms  {middle:9.2f} x  "
          f"({low:.2f} .. {high:.2f})  {note}", flush=True)


def bench_deletions(args, rng, folder):
    layers, n, units = args.layers, 100, 3584
    words = rng.integers(0, 12, n).tolist()
    x = rng.standard_normal((layers, n, units)).astype(np.float32)
    cross, within = pairs_of(words)
    program = loaded(args.program, x, words, folder)
    numpy_form = gram_deletions(x, cross, within)
    as_dict = dict(enumerate(x[0]))

    found = np.array(program.ask("show-deletions", 1)).reshape(layers, n, 4)
    np.testing.assert_allclose(found, numpy_form(), rtol=1e-7, atol=1e-9)
    in_double = dict(enumerate(x[0].astype(np.float64)))
    np.testing.assert_allclose(found[0, 5], loop_influence(in_double, cross, within, 5), rtol=1e-7)

    parts = layers * n
    seconds = rounds(args.rounds, {
        "ours": lambda: program.seconds("deletions"),
        "numpy": lambda: cpu_seconds(numpy_form)[0],
        "python": lambda: parts * cpu_seconds(
            lambda: loop_influence(as_dict, cross, within, 5))[0],
        "gram": lambda: program.seconds("gram"),
        "peak": lambda: program.seconds("peak"),
    })
    ours = seconds["ours"]
    print(f"\nLeave-one-out on fixed representations: N = {n}, d = {units}, {layers} layers, "
          f"{len(cross)} + {len(within)} pairs")
    row("phiscope row_deletions", ours, ours)
    row("numpy gram", ours, seconds["numpy"], "goal 1.1, never below 0.9")
    row("python loop over pairs", ours, seconds["python"],
        f"goal 2500; one position x {parts}")
    flops = layers * n * (n + 1) * units
    peak = statistics.median(seconds["peak"])
    limit = [flops / peak / s for s in ours]
    gram = [flops / peak / s for s in seconds["gram"]]
    print(f"  fraction of the FMA limit ({peak / 1e9:.1f} GFLOP/s in double, one triangle = "
          f"{flops / 1e9:.2f} GFLOP): {statistics.median(limit):.2f}; "
          f"Gram matrix alone {statistics.median(gram):.2f}")


def bench_context(args, rng, folder, units):
    layers, repeats = args.layers, 20
    words = list(range(12))
    x = rng.standard_normal((layers, 12, units)).astype(np.float32)
    cross, within = pairs_of(words)
    clusters = [w // 4 for w in words]
    program = loaded(args.program, x, words, folder)
    dicts = [dict(enumerate(layer)) for layer in x]
    loop = lambda data: [loop_context(d, cross, within, clusters) for d in data]

    in_double = [dict(enumerate(layer)) for layer in x.astype(np.float64)]
    found = np.array(program.ask("show-context", 1)).reshape(layers, 3)
    np.testing.assert_allclose(found, loop(in_double), rtol=1e-10)

    seconds = rounds(args.rounds, {
        "ours": lambda: program.seconds("context", repeats),
        "python": lambda: cpu_seconds(lambda: loop(dicts))[0],
    })
    print(f"\nMetrics of one context: 12 words, d = {units}, {layers} layers "
          "(ratio, distances, energy, variance between clusters)")
    row("phiscope", seconds["ours"], seconds["ours"])
    row("python loop over pairs", seconds["ours"], seconds["python"], "goal 60")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", required=True, help="the built loo_bench")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of A, B, A, B (default 7)")
    parser.add_argument("--layers", type=int, default=28, help="layers (default 28)")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    print("                                               "
          "median CPU time   theirs / ours (smallest .. largest of the rounds)")
    with tempfile.TemporaryDirectory() as folder:
        bench_deletions(args, rng, folder)
        for units in (3584, 96):
            bench_context(args, rng, folder, units)


if __name__ == "__main__":
    main()
