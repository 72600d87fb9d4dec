#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Series of twelve heads and the tables they give, with NumPy alone: python3 make_heads.py

Writes heads.npy [prompt, time, head] (four layers of three heads) and expected_*.csv beside itself;
shares no code with the C++ sources. Head 5 is dead, head 2 never changes in prompt 1, head 7 holds a
NaN in prompt 2. Intervals and surrogates are left out: their random numbers are tested elsewhere.
"""
import csv
import itertools
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
LAYERS, HEADS = 4, 3


def series():
    rng = np.random.default_rng(20)
    prompts, steps, n = 4, 40, LAYERS * HEADS
    x = np.zeros((prompts, steps, n))
    mix = np.where(rng.random((n, n)) < 0.2, 0.25, 0.0) + np.diag(np.linspace(0.2, 0.5, n))
    for p in range(prompts):
        state = np.zeros(n)
        for t in range(steps + 20):
            common = rng.standard_normal()
            state = mix @ state + rng.standard_normal(n) + 0.5 * common * (np.arange(n) % 3 == 0)
            if t >= 20:
                x[p, t - 20] = 20 + state
    x[:, :, 5] = 0.0
    x[1, :, 2] = 13.5
    x[2, 7, 7] = np.nan
    return x.astype("<f4")


def decompose(past, future, i, j):
    """sts, rtr and TDMI in nats of one pair, or None."""
    segments = np.stack([past[:, i], past[:, j], future[:, i], future[:, j]])
    if not np.isfinite(segments).all() or (np.ptp(segments, axis=1) == 0).any():
        return None
    r = np.corrcoef(segments)

    def information(a, b):
        logdet = [np.linalg.slogdet(r[np.ix_(s, s)])[1] for s in (a, b, a + b)]
        return 0.5 * (logdet[0] + logdet[1] - logdet[2])

    x, y, a, b = [0], [1], [2], [3]
    xa, xb, ya, yb = (information(s, t) for s in (x, y) for t in (a, b))
    xya, xyb = information(x + y, a), information(x + y, b)
    xab, yab = information(x, a + b), information(y, a + b)
    tdmi = information(x + y, a + b)
    rtr = min(xa, xb, ya, yb)
    # The lattice, solved atom by atom from below; the redundancy of two sources is the smaller one.
    rtx, rty = min(xa, ya) - rtr, min(xb, yb) - rtr
    rts = min(xab, yab) - rtr - rtx - rty
    xtr, ytr = min(xa, xb) - rtr, min(ya, yb) - rtr
    str_ = min(xya, xyb) - rtr - xtr - ytr
    xtx, xty = xa - rtr - rtx - xtr, xb - rtr - rty - xtr
    ytx, yty = ya - rtr - rtx - ytr, yb - rtr - rty - ytr
    stx = xya - (rtr + rtx + xtr + xtx + ytr + ytx + str_)
    sty = xyb - (rtr + rty + xtr + xty + ytr + yty + str_)
    xts = xab - (rtr + rtx + rty + rts + xtr + xtx + xty)
    yts = yab - (rtr + rtx + rty + rts + ytr + ytx + yty)
    sts = tdmi - sum((rtr, rtx, rty, rts, xtr, xtx, xty, xts, ytr, ytx, yty, yts, str_, stx, sty))
    return sts, rtr, tdmi


def matrices(recordings):
    """Means over recordings (past, future) in which a pair is defined: sts, rtr, tdmi."""
    n = recordings[0][0].shape[1]
    result = np.full((3, n, n), np.nan)
    for i, j in itertools.combinations(range(n), 2):
        found = [d for past, future in recordings if (d := decompose(past, future, i, j))]
        if found:
            result[:, i, j] = result[:, j, i] = np.mean(found, axis=0)
    return result


def scaled(values):
    return (values - np.nanmin(values)) / (np.nanmax(values) - np.nanmin(values))


def ranks(values):
    """Ordinal ranks from 1, ties by index; NaN where undefined."""
    result = np.full(len(values), np.nan)
    defined = np.flatnonzero(~np.isnan(values))
    result[defined[np.argsort(values[defined], kind="stable")]] = np.arange(len(defined)) + 1.0
    return result


def mean_rows(matrix):
    return np.array([np.nan if np.isnan(row).all() else np.nanmean(row) for row in matrix])


def rankings(sts, rtr, tdmi, x):
    synergy, redundancy, balance = mean_rows(sts), mean_rows(rtr), mean_rows(sts / (sts + rtr))
    syn_rank, red_rank = ranks(synergy), ranks(redundancy)
    share = ranks(mean_rows(sts / tdmi)) - ranks(mean_rows(rtr / tdmi))
    correlations, trends = [], []
    for h in range(x.shape[2]):
        own, lines = [], []
        for series_ in x[:, :, h].astype(float):
            d = series_ - series_.mean()
            if np.isfinite(d).all() and np.ptp(series_) > 0:
                own.append(d[1:] @ d[:-1] / (d @ d))
                lines.append(np.corrcoef(np.arange(len(d)), d)[0, 1] ** 2)
        correlations.append(np.mean(own) if own else np.nan)
        trends.append(np.mean(lines) if lines else np.nan)
    return {
        "head_idx": np.arange(len(synergy)),
        "layer": np.arange(len(synergy)) // HEADS,
        "head_in_layer": np.arange(len(synergy)) % HEADS,
        "avg_synergy": synergy,
        "avg_redundancy": redundancy,
        "syn_rank": syn_rank,
        "red_rank": red_rank,
        "syn_balance": balance,
        "balance_score": scaled(balance),
        "rank_difference_score": scaled(syn_rank - red_rank),
        "tdmi_score": scaled(share),
        "autocorrelation": np.array(correlations),
        "head_norm": np.nanmean(x.astype(float), axis=(0, 1)),
        "trend_share": np.array(trends),
        "n_pairs_ok": (~np.isnan(sts)).sum(axis=1),
    }


def text(value):
    if np.isnan(value):
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e9 else repr(float(value))


def write(name, columns):
    with open(HERE / name, "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows([text(v) if not isinstance(v, str) else v for v in row]
                       for row in zip(*columns.values()))


def profile_rows(table):
    """measure, part, name, value as in profile.csv."""
    depth = np.arange(LAYERS) / (LAYERS - 1)
    rows = []
    for measure in ("balance_score", "rank_difference_score", "tdmi_score", "syn_balance",
                    "avg_synergy", "avg_redundancy", "autocorrelation"):
        by_layer = table[measure].reshape(LAYERS, HEADS)
        layers = np.nanmean(by_layer, axis=1)
        rows += [(measure, "layer", str(l), layers[l]) for l in range(LAYERS)]
        third = 3 * np.arange(LAYERS) // LAYERS
        first, middle, last = (np.nanmean(by_layer[third == k]) for k in range(3))
        c, b, a = np.polyfit(depth, layers, 2)
        residual = layers - (a + b * depth + c * depth**2)
        spread = layers - layers.mean()
        rows += [(measure, "third", "first", first), (measure, "third", "middle", middle),
                 (measure, "third", "last", last),
                 (measure, "third", "middle_minus_outer", middle - (first + last) / 2),
                 (measure, "quadratic", "curvature", c), (measure, "quadratic", "first_slope", b),
                 (measure, "quadratic", "last_slope", b + 2 * c),
                 (measure, "quadratic", "vertex", -b / (2 * c)),
                 (measure, "quadratic", "r_squared", 1 - residual @ residual / (spread @ spread))]
    return dict(zip(("measure", "part", "name", "value"), zip(*rows)))


def shared_ranks(v):
    """Ranks, equal ones shared: two pairs of one head may have its own information as their rtr."""
    v = np.round(v, 12)
    return (v[:, None] > v).sum(axis=1) + (v[:, None] == v).sum(axis=1) / 2


def partial(table):
    """Spearman of synergy and redundancy, given two more: by the inverse of the covariance."""
    names = ("avg_synergy", "avg_redundancy", "autocorrelation", "head_norm")
    rows = np.array([table[name] for name in names])
    rows = rows[:, ~np.isnan(rows).any(axis=0)]
    inverse = np.linalg.inv(np.cov([shared_ranks(row) for row in rows]))
    return -inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1])


def correlations(table, sts, rtr):
    """over, first, second, given, n, spearman, pearson, in the order of correlations.csv."""
    def row(over, first, second, x, y):
        ok = ~(np.isnan(x) | np.isnan(y))
        x, y = x[ok], y[ok]
        return (over, first, second, "", len(x), np.corrcoef(shared_ranks(x), shared_ranks(y))[0, 1],
                np.corrcoef(x, y)[0, 1])

    rows = [("head", "avg_synergy", "avg_redundancy")]
    rows += [("head", first, second) for second in ("autocorrelation", "head_norm")
             for first in ("avg_synergy", "avg_redundancy", "syn_balance")]
    result = [row(*r, table[r[1]], table[r[2]]) for r in rows]
    first = result[0]
    result.insert(1, first[:3] + ("autocorrelation and head_norm", first[4], partial(table), np.nan))
    pairs = np.triu_indices(len(sts), 1)
    own = (table["autocorrelation"][pairs[0]] + table["autocorrelation"][pairs[1]]) / 2
    own = np.where(np.isnan(sts[pairs]), np.nan, own)
    numbers = {"sts": sts[pairs], "rtr": rtr[pairs], "autocorrelation": own}
    result += [row("pair", a, b, numbers[a], numbers[b]) for a, b in
               (("sts", "rtr"), ("sts", "autocorrelation"), ("rtr", "autocorrelation"))]
    return dict(zip(("over", "first", "second", "given", "n", "spearman", "pearson"), zip(*result)))


def graph(weights):
    """Mean weight, global efficiency (plain and relative), modularity of the layers."""
    w = np.where(np.nan_to_num(weights) > 0, np.nan_to_num(weights), 0.0)
    n = len(w)
    with np.errstate(divide="ignore"):
        d = 1 / w
    np.fill_diagonal(d, 0.0)
    for k in range(n):
        d = np.minimum(d, d[:, [k]] + d[[k], :])
    with np.errstate(divide="ignore"):
        inverse = 1 / d
    np.fill_diagonal(inverse, 0.0)
    efficiency = inverse.sum() / (n * (n - 1))
    layer = np.arange(n) // HEADS
    strength = w.sum(axis=0)
    total = w.sum()
    same = layer[:, None] == layer[None, :]
    q = ((w - np.outer(strength, strength) / total) * same).sum() / total
    upper = w[np.triu_indices(n, 1)]
    return [np.count_nonzero(upper), upper[upper > 0].mean(), efficiency,
            efficiency / upper.max(), q]


def main():
    x = series()
    np.save(HERE / "heads.npy", x)
    values = x.astype(float)
    by_prompt = [(p[:-1], p[1:]) for p in values]
    found = matrices(by_prompt)
    table = rankings(*found, x)
    write("expected_rankings.csv", table)
    write("expected_profile.csv", profile_rows(table))
    write("expected_correlations.csv", correlations(table, *found[:2]))
    columns = list(zip(*(graph(m) for m in found[:2])))
    names = ("n_edges", "mean_weight", "global_efficiency", "relative_efficiency",
             "layer_modularity")
    write("expected_graph.csv", {"edges": ("sts", "rtr"), **dict(zip(names, columns))})
    one = [tuple(np.concatenate([s[k] for s in by_prompt]) for k in range(2))]
    write("expected_rankings_concat.csv", rankings(*matrices(one), x))
    whole = np.concatenate(list(values))
    write("expected_rankings_borders.csv", rankings(*matrices([(whole[:-1], whole[1:])]), x))


if __name__ == "__main__":
    main()
