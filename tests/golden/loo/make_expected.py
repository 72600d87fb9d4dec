#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Expected tables of the golden run, recomputed with NumPy alone: python3 make_expected.py

Reads ./run (written by tests/analyze/loo/synthetic_run.hpp) and shares no code with the C++ sources. It
writes expected_loo.csv, expected_levels.csv, expected_correlations.csv and expected_zero.csv beside
itself. Bootstrap intervals are left out: their random numbers are tested elsewhere.
"""
import csv
import itertools
import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
RUN = HERE / "run"
METRICS = ["ratio", "energy", "cross_dist", "within_dist"]
REASONS = ["no_cross_pairs", "no_within_pairs", "no_edges", "too_few_rows", "constant", "nonfinite"]


class Missing(str):
    """The reason why a number is undefined."""


def first_reason(*values):
    found = [v for v in values if isinstance(v, Missing)]
    return min(found, key=REASONS.index) if found else None


def structure(x, words, cluster, group):
    """ratio, energy, cross and within distance of word rows x [word, unit]."""
    cross, within = [], []
    for i, j in itertools.combinations(range(len(words)), 2):
        d = np.linalg.norm(x[i] - x[j])
        if cluster[words[i]] == cluster[words[j]]:
            within.append(d)
        elif group[words[i]] == group[words[j]]:
            cross.append(d)
    c = np.mean(cross) if cross else Missing("no_cross_pairs")
    w = np.mean(within) if within else Missing("no_within_pairs")
    e = np.mean(np.square(within)) if within else Missing("no_within_pairs")
    reason = first_reason(c, w)
    ratio = reason if reason else c / max(w, 1e-3 * c, 1e-10)
    return {"ratio": ratio, "energy": e, "cross_dist": c, "within_dist": w}


def graph(x, words, adjacency):
    a = adjacency[np.ix_(words, words)]
    laplacian = np.diag(a.sum(0)) - a
    energy = np.trace(x.T @ laplacian @ x)
    edges = a.sum() / 2
    centred = x - x.mean(0)
    total = np.sum(centred * centred)
    return {"graph_energy": energy,
            "graph_energy_per_edge": energy / edges if edges else Missing("no_edges"),
            "graph_rayleigh": energy / total if total else Missing("constant")}


def difference(a, b):
    return first_reason(a, b) or a - b


def quotient(a, b):
    reason = first_reason(a, b)
    return reason if reason else Missing("constant") if b == 0 else a / b


def influence(full, without, metric):
    return difference(without[metric], full[metric]) if metric == "energy" else \
        difference(full[metric], without[metric])


def divided(layer, embedding):
    return {m: quotient(layer[m], embedding[m]) for m in layer}


def summary(values):
    ok = [v for v in values if not isinstance(v, Missing)]
    row = {"mean": np.mean(ok) if ok else "",
           "sd": np.std(ok, ddof=1) if len(ok) > 1 else "",
           "median": np.median(ok) if ok else "",
           "n_events": len(values), "n_ok": len(ok)}
    for reason in REASONS:
        row[reason] = sum(v == reason for v in values if isinstance(v, Missing))
    return row


def ranks(values):
    values = np.asarray(values)
    return np.array([np.mean(np.flatnonzero(np.sort(values) == v)) for v in values])


def load():
    plan = json.loads((RUN / "plan.json").read_text())
    prompts = [json.loads(line) for line in (RUN / "prompts.jsonl").read_text().splitlines()]
    keys = np.concatenate([np.load(f) for f in sorted((RUN / "rows/word").glob("*.npy"))])
    reps = np.concatenate([np.load(f) for f in sorted((RUN / "word_rep").glob("*.npy"))])
    layers = next(a for a in plan["arrays"] if a["name"] == "word_rep")["layers"]
    return plan, prompts, keys, reps.astype(float), layers


def measure():
    plan, prompts, keys, reps, layers = load()
    conditions = plan["loo"]["conditions"]
    contexts = []
    for prompt in prompts:
        meta = prompt["meta"]
        index = [c["name"] for c in conditions].index(meta["condition"])
        cluster, group = conditions[index]["cluster"], conditions[index]["group"]
        adjacency = np.array(meta["adjacency"], float)

        def rows(removed, kept=None):
            mask = (keys[:, 0] == index) & (keys[:, 1] == meta["n"]) & \
                (keys[:, 2] == meta["trial"]) & (keys[:, 3] == removed)
            if kept is not None:
                mask &= np.isin(keys[:, 4], list(kept))
            return keys[mask][:, 4], reps[mask]

        def layerwise(words, x):
            return [structure(x[:, k], words, cluster, group) for k in range(len(layers))]

        words, x = rows(-1)
        context = {"condition": meta["condition"], "n": meta["n"], "words": words,
                   "full": layerwise(words, x), "meta": meta, "cluster": cluster, "group": group,
                   "graph": [graph(x[:, k], words, adjacency) for k in range(len(layers))],
                   "events": []}
        for removed in meta["removed"]:
            less, y = rows(removed)
            common = set(words) & set(less)
            context["events"].append({
                "position": removed,
                "type": "bridge" if removed in meta["bridge"] else "anchor",
                "own": (context["full"], layerwise(less, y)),
                "common": (layerwise(*rows(-1, common)), layerwise(*rows(removed, common)))})
        contexts.append(context)
    return contexts, layers


def cells(contexts):
    for condition in dict.fromkeys(c["condition"] for c in contexts):
        for n in sorted({c["n"] for c in contexts}):
            yield condition, n, [c for c in contexts if (c["condition"], c["n"]) == (condition, n)]


def write(name, rows):
    with open(HERE / name, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def event_value(event, pairs, scale, metric, k):
    full, without = event[pairs]
    if scale == "absolute":
        return influence(full[k], without[k], metric)
    return influence(divided(full[k], full[0]), divided(without[k], without[0]), metric)


def influence_rows(contexts, layers):
    for condition, n, chosen in cells(contexts):
        for k, layer in enumerate(layers):
            for kind in ["bridge", "anchor", "all"]:
                for pairs in ["own", "common"]:
                    for scale in ["absolute", "relative_to_embedding"]:
                        for metric in METRICS:
                            values = [event_value(e, pairs, scale, metric, k) for c in chosen
                                      for e in c["events"] if kind in ("all", e["type"])]
                            yield {"condition": condition, "n": n, "layer": layer,
                                   "position_type": kind, "pairs": pairs, "scale": scale,
                                   "metric": metric + "_influence", **summary(values)}


def level_rows(contexts, layers):
    for condition, n, chosen in cells(contexts):
        for k, layer in enumerate(layers):
            for scale in ["absolute", "relative_to_embedding"]:
                for metric in [*METRICS, "graph_energy", "graph_energy_per_edge", "graph_rayleigh"]:
                    values = []
                    for c in chosen:
                        levels = [{**s, **g}[metric] for s, g in zip(c["full"], c["graph"])]
                        values.append(levels[k] if scale == "absolute" else
                                      quotient(levels[k], levels[0]))
                    yield {"condition": condition, "n": n, "layer": layer, "scale": scale,
                           "metric": metric, **summary(values)}


def correlation_rows(contexts, layers):
    for condition in dict.fromkeys(c["condition"] for c in contexts):
        events = [e for c in contexts if c["condition"] == condition for e in c["events"]]
        for k, layer in enumerate(layers):
            for a, b in itertools.combinations(METRICS, 2):
                pairs = [(event_value(e, "own", "absolute", a, k),
                          event_value(e, "own", "absolute", b, k)) for e in events]
                pairs = [p for p in pairs if not first_reason(*p)]
                x, y = ranks([p[0] for p in pairs]), ranks([p[1] for p in pairs])
                yield {"condition": condition, "layer": layer, "metric_a": a + "_influence",
                       "metric_b": b + "_influence", "rank_correlation": np.corrcoef(x, y)[0, 1],
                       "n_events": len(pairs)}


def zero_ratio(context, removed, scale):
    nodes = list(context["meta"]["nodes"])
    if removed >= 0:
        del nodes[removed]
    far = max(1.0, scale / nodes.count(nodes[0]))
    words = sorted(set(nodes[1:]))  # sink "drop": position 0 is no occurrence
    cross, within = [], []
    for i, j in itertools.combinations(words, 2):
        d = far if nodes[0] in (i, j) else 1.0
        if context["cluster"][i] == context["cluster"][j]:
            within.append(d)
        elif context["group"][i] == context["group"][j]:
            cross.append(d)
    if not cross or not within:
        return None
    return np.mean(cross) / max(np.mean(within), 1e-3 * np.mean(cross))


def zero_rows(contexts, layers):
    for condition in dict.fromkeys(c["condition"] for c in contexts):
        for k, layer in enumerate(layers):
            groups = {}
            for c in [c for c in contexts if c["condition"] == condition]:
                for e in c["events"]:
                    groups.setdefault((c["n"], e["type"]), []).append((c, e))
            best = (-np.inf, 0.0)
            for scale in np.logspace(0, 6, 6001):
                observed, predicted = [], []
                for members in groups.values():
                    seen = [event_value(e, "own", "absolute", "ratio", k) for _, e in members]
                    seen = [v for v in seen if not isinstance(v, Missing)]
                    model = [(zero_ratio(c, -1, scale), zero_ratio(c, e["position"], scale))
                             for c, e in members]
                    model = [a - b for a, b in model if a is not None and b is not None]
                    if seen and model:
                        observed.append(np.mean(seen))
                        predicted.append(np.mean(model))
                if len(observed) < 3:
                    break
                o, p = np.array(observed), np.array(predicted)
                best = max(best, (1 - np.sum((o - p) ** 2) / np.sum((o - o.mean()) ** 2), scale))
            yield {"condition": condition, "layer": layer, "position_zero_means": len(observed),
                   "position_zero_r2": best[0] if np.isfinite(best[0]) else ""}


def main():
    contexts, layers = measure()
    write("expected_loo.csv", list(influence_rows(contexts, layers)))
    write("expected_levels.csv", list(level_rows(contexts, layers)))
    write("expected_correlations.csv", list(correlation_rows(contexts, layers)))
    write("expected_zero.csv", list(zero_rows(contexts, layers)))


if __name__ == "__main__":
    main()
