#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed of PhiID against NumPy: CPU-time ratios on one thread.

    python3 bench/phiid.py --program build/release/bin/phiid_bench

The sides alternate (A, B, A, B, ...) in one run, so that a neighbour's load hits all of them; the
ratio of each round is taken first, and its median (smallest .. largest) is printed. Every side's
results are compared before anything is timed. Needs NumPy only.

numpy         sts and rtr of all pairs from three correlation matrices, element by element in blocks
              of rows that stay in the cache
numpy pair    one pair at a time under common change in surprisal, the nine local informations as
              one matrix product with the ten products of two of the four series
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


def loaded(path, data, folder):
    """The C++ side with its data."""
    file = pathlib.Path(folder) / ("-".join(map(str, data.shape)) + ".f64")
    data.tofile(file)
    return Program(path, file, *data.shape)


def head_norms(rng, recordings, times, series):
    """Positive, autocorrelated series with common factors, [recording, time, series]."""
    out = np.empty((recordings, times, series))
    for k in range(recordings):
        factors = rng.standard_normal((times, 6))
        noise = 0.5 * factors @ rng.standard_normal((6, series))
        noise += rng.standard_normal((times, series))
        memory = rng.uniform(0.1, 0.7, series)
        out[k, 0] = noise[0]
        for t in range(1, times):
            out[k, t] = memory * out[k, t - 1] + noise[t]
    return np.abs(out + 3.0)


def normalised(x):
    x = x - x.mean(1, keepdims=True)
    return x / np.sqrt(np.einsum("ij,ij->i", x, x))[:, None]


def numpy_mmi(x, sts, rtr, weight, block=64):
    """Adds weight * sts and rtr of all pairs of one recording; x [series, time]."""
    past, future = normalised(x[:, :-1]), normalised(x[:, 1:])
    c_past, c_future, c_cross = past @ past.T, future @ future.T, past @ future.T
    c_back = np.ascontiguousarray(c_cross.T)
    own = np.diag(c_cross).copy()
    least = np.minimum
    for first in range(0, len(x), block):
        i, j = slice(first, first + block), slice(first, None)
        p, f, xb, ya = c_past[i, j], c_future[i, j], c_cross[i, j], c_back[i, j]
        xa, yb = own[i, None], own[None, j]
        with np.errstate(all="ignore"):
            rest_p, rest_f = 1 - p * p, 1 - f * f
            inverse = 1 / rest_p
            aa = 1 - (xa * xa - 2 * p * xa * ya + ya * ya) * inverse
            bb = 1 - (xb * xb - 2 * p * xb * yb + yb * yb) * inverse
            ab = f - (xa * xb - p * (xa * yb + xb * ya) + ya * yb) * inverse
            log_f = np.log(rest_f)
            i_xa = -0.5 * np.log(1 - xa * xa) + 0 * p
            i_yb = -0.5 * np.log(1 - yb * yb) + 0 * p
            i_xb, i_ya = -0.5 * np.log(1 - xb * xb), -0.5 * np.log(1 - ya * ya)
            i_xya, i_xyb = -0.5 * np.log(aa), -0.5 * np.log(bb)
            i_xab = 0.5 * (log_f - np.log(rest_f - (xa * xa - 2 * f * xa * xb + xb * xb)))
            i_yab = 0.5 * (log_f - np.log(rest_f - (ya * ya - 2 * f * ya * yb + yb * yb)))
            whole = 0.5 * (log_f - np.log(aa * bb - ab * ab))
        r_a, r_b = least(i_xa, i_ya), least(i_xb, i_yb)
        r_x, r_y = least(i_xa, i_xb), least(i_ya, i_yb)
        both = least(r_a, r_b)
        rtr[i, j] += weight * both
        sts[i, j] += weight * (whole - i_xya - i_xyb - i_xab - i_yab + i_xa + i_xb + i_ya + i_yb +
                               least(i_xab, i_yab) - r_a - r_b + least(i_xya, i_xyb) - r_x - r_y +
                               both)


def numpy_pairs(x):
    """sts and rtr, [2, pair], means over recordings; x [recording, series, time]."""
    out = np.zeros((2, x.shape[1], x.shape[1]))
    for one in x:
        numpy_mmi(one, out[0], out[1], 1 / len(x))
    return out[:, *np.triu_indices(x.shape[1], 1)]


SETS = [((0,), (2,)), ((0,), (3,)), ((1,), (2,)), ((1,), (3,)), ((0, 1), (2,)), ((0, 1), (3,)),
        ((0,), (2, 3)), ((1,), (2, 3)), ((0, 1), (2, 3))]


def numpy_ccs(x, y):
    """sts and rtr of one pair by common change in surprisal."""
    z = np.stack([x[:-1], y[:-1], x[1:], y[1:]])
    z -= z.mean(1, keepdims=True)
    z /= z.std(1, ddof=1, keepdims=True)
    s = z @ z.T / (z.shape[1] - 1)
    upper = np.triu_indices(4)
    products = z[upper[0]] * z[upper[1]]
    weights = np.where(upper[0] == upper[1], 0.5, 1.0)
    known = {}

    def entropy(members):
        if members not in known:
            part = s[np.ix_(members, members)]
            form = np.zeros((4, 4))
            form[np.ix_(members, members)] = np.linalg.inv(part)
            known[members] = 0.5 * np.linalg.slogdet(part)[1], form[upper] * weights
        return known[members]

    constant, form = np.empty((9, 1)), np.empty((9, 10))
    for k, (past, future) in enumerate(SETS):
        a, b, c = entropy(past), entropy(future), entropy(past + future)
        constant[k], form[k] = a[0] + b[0] - c[0], a[1] + b[1] - c[1]
    xa, xb, ya, yb, xya, xyb, xab, yab, whole = form @ products + constant

    def shared(i1, i2, i12):
        both = i1 + i2 - i12
        sign = i1 > 0
        return both * ((sign == (i2 > 0)) & (sign == (i12 > 0)) & (sign == (both > 0)))

    rest = (-xa - xb - ya - yb + xab + yab + xya + xyb - whole + shared(xa, ya, xya) +
            shared(xb, yb, xyb) - shared(xab, yab, whole) + shared(xa, xb, xab) +
            shared(ya, yb, yab) - shared(xya, xyb, whole))
    sign = xa > 0
    agree = (sign == (xb > 0)) & (sign == (ya > 0)) & (sign == (yb > 0)) & (sign == (rest > 0))
    both = (rest * agree).mean()
    return both - rest.mean(), both


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
    print(f"  {name:34s} {statistics.median(theirs) * 1e3:11.1f} ms  {middle:8.2f} x  "
          f"({low:.2f} .. {high:.2f})  {note}", flush=True)


def bench_mmi(args, rng, folder, recordings, times, goals):
    series = args.series
    x = head_norms(rng, recordings, times, series)
    program = loaded(args.program, x, folder)
    turned = np.ascontiguousarray(x.transpose(0, 2, 1))  # the layout that NumPy likes best
    expected = numpy_pairs(turned)
    found = np.array(program.ask("show-mmi", 1)).reshape(2, -1)
    narrow = np.array(program.ask("show-mmi-float", 1)).reshape(2, -1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    error = np.abs(narrow - found).max()
    assert error < 1e-6, error
    seconds = rounds(args.rounds, {
        "double": lambda: program.seconds("mmi"),
        "float": lambda: program.seconds("mmi-float"),
        "numpy": lambda: cpu_seconds(lambda: numpy_pairs(turned))[0],
        "peak": lambda: program.seconds("peak"),
        "peak-float": lambda: program.seconds("peak-float"),
    })
    pairs = series * (series - 1) // 2
    print(f"\nMMI, {recordings} x {times} steps, {series} series = {pairs} pairs "
          f"(largest difference to NumPy {np.abs(found - expected).max():.1e})")
    for kind, note in (("double", goals[0]), ("float", goals[1])):
        ours = seconds[kind]
        row(f"phiscope, {kind} products", ours, ours,
            f"{statistics.median(ours) / pairs * 1e9:.0f} ns a pair")
        row(f"numpy against {kind}", ours, seconds["numpy"], note)
        # Three products a pair and step: past with past, and both lagged ones; the products of the
        # futures are those of the pasts but for the first and last steps.
        flops = 2 * 3 * pairs * recordings * times
        limit = [flops / peak / s for peak, s in
                 zip(seconds["peak" if kind == "double" else "peak-float"], ours)]
        print(f"    {statistics.median(limit):.2f} of the FMA limit "
              f"({flops / 1e9:.1f} GFLOP)")
    print(f"    largest error of float products {error:.1e}")


def bench_ccs(args, rng, folder):
    series, times = 97, 6000
    x = head_norms(rng, 1, times, series)
    program = loaded(args.program, x, folder)
    found = np.array(program.ask("show-ccs", 1)).reshape(2, -1)
    columns = np.ascontiguousarray(x[0].T)
    np.testing.assert_allclose(found[:, 0], numpy_ccs(columns[0], columns[1]), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found[:, 5], numpy_ccs(columns[0], columns[6]), rtol=0, atol=1e-9)
    pairs = series * (series - 1) // 2
    some = 200
    seconds = rounds(args.rounds, {
        "ours": lambda: program.seconds("ccs"),
        "numpy": lambda: pairs / some * cpu_seconds(
            lambda: [numpy_ccs(columns[0], columns[1 + k % 96]) for k in range(some)])[0],
    })
    ours = seconds["ours"]
    print(f"\nCCS, {times} steps, {pairs} pairs (NumPy: {some} of them, multiplied)")
    row("phiscope", ours, ours,
        f"{statistics.median(ours) / pairs / times * 1e9:.2f} ns a pair and step")
    row("numpy pair", ours, seconds["numpy"], "goal 25")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", required=True, help="the built phiid_bench")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of A, B, A, B (default 5)")
    parser.add_argument("--series", type=int, default=1152, help="series (default 1152)")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    print("                                     median CPU time  theirs / ours "
          "(smallest .. largest of the rounds)")
    with tempfile.TemporaryDirectory() as folder:
        bench_mmi(args, rng, folder, 1, 6000, ("goal 1.1, never below 0.9", "goal 2"))
        bench_mmi(args, rng, folder, 60, 100, ("goal 3", ""))
        bench_ccs(args, rng, folder)


if __name__ == "__main__":
    main()
