# SPDX-License-Identifier: MIT
"""Makes the golden data of tests/metrics: a small walk and every metric of it, by definition.

    python3 tests/golden/metrics/make.py

Writes walk.npy and walk_without.npy [token, unit] (float32) and metrics.json beside itself. Needs
NumPy only and shares no code with the library: every number is the plain loop of its definition.
"""

import json
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent
POSITION = 8  # removed in the second matrix; its word occurs once, so the pairs change
UNITS = 20


def pairs(words, cross):
    """Cross and within pairs of distinct words; word w is in cluster w // 4 and group w % 4."""
    found = {"cross": [], "within": []}
    for a in words:
        for b in words:
            if a >= b:
                continue
            if a // 4 == b // 4:
                found["within"].append((a, b))
            elif cross == "all" or a % 4 == b % 4:
                found["cross"].append((a, b))
    return found


def word_means(rows, nodes):
    return {w: rows[[i for i, n in enumerate(nodes) if n == w]].mean(0) for w in sorted(set(nodes))}


def structure(means, words, cross="groups"):
    p = pairs(words, cross)
    gap = lambda pair: np.linalg.norm(means[pair[0]] - means[pair[1]])
    c = np.mean([gap(x) for x in p["cross"]])
    w = np.mean([gap(x) for x in p["within"]])
    return {
        "ratio": c / max(w, 1e-3 * c, 1e-10),
        "cross": c,
        "within": w,
        "energy": np.mean([gap(x) ** 2 for x in p["within"]]),
    }


def influence(full, without):
    return {k: (without[k] - full[k] if k == "energy" else full[k] - without[k]) for k in full}


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def further(x, nodes, clusters, adjacency):
    t = len(x)
    token_pairs = [(i, j) for i in range(t) for j in range(i + 1, t)]
    l2 = np.array([np.linalg.norm(x[i] - x[j]) for i, j in token_pairs])
    cos = np.array([cosine(x[i], x[j]) for i, j in token_pairs])
    same = np.array([clusters[i] == clusters[j] for i, j in token_pairs])
    edge = np.array([adjacency[nodes[i]][nodes[j]] > 0 for i, j in token_pairs])
    ids = sorted(set(clusters))
    members = [x[[i for i in range(t) if clusters[i] == k]] for k in ids]
    mu = [m.mean(0) for m in members]
    centre_pairs = [(mu[a], mu[b]) for a in range(len(mu)) for b in range(a + 1, len(mu))]
    between = np.mean([np.sum((a - b) ** 2) for a, b in centre_pairs])
    per_unit = np.mean([m.var(0, ddof=1).mean() for m in members if len(m) > 1])
    trace = np.mean([m.var(0, ddof=1).sum() for m in members if len(m) > 1])
    steps = np.sum((x[1:] - x[:-1]) ** 2)
    means = word_means(x, nodes)
    words = sorted(means)
    a = np.array([[adjacency[i][j] for j in words] for i in words], float)
    r = np.array([means[w] for w in words])
    laplacian = np.diag(a.sum(1)) - a
    energy = np.trace(r.T @ laplacian @ r)
    centred = r - r.mean(0)
    overlap = []
    for i in range(t):
        others = [j for j in range(t) if j != i]
        joined = {j for j in others if adjacency[nodes[i]][nodes[j]] > 0}
        if joined:
            nearest = sorted(others, key=lambda j: -cosine(x[i], x[j]))[:5]
            overlap.append(len(joined & set(nearest)) / min(5, len(joined)))
    gaps = [[np.linalg.norm(x[i] - x[j]) for j in range(t) if j != i] for i in range(t)]
    near = np.sort(gaps, axis=1)
    eigenvalues = np.linalg.eigvalsh(np.cov(x.T))
    return {
        "between_cluster_phi": np.mean([np.sum((m - np.mean(mu, 0)) ** 2) for m in mu]),
        "separation_per_unit": between / max(per_unit, 1e-3 * between, 1e-10),
        "separation_trace": between / max(trace, 1e-3 * between, 1e-10),
        "representation_coherence": np.mean(np.where(same, 1.0, -0.5) * cos),
        "consecutive_energy": steps,
        "normalized_consecutive_energy": steps / np.trace(np.cov(x.T)),
        "graph_energy_sum": energy,
        "graph_energy_per_edge": energy / (a.sum() / 2),
        "graph_energy_rayleigh": energy / np.sum(centred**2),
        "edge_energy_l2": np.mean(l2[edge] ** 2),
        "edge_energy_cosine": np.mean((1 - cos[edge]) ** 2),
        "centroid_separation_l2": np.mean([np.linalg.norm(p - q) for p, q in centre_pairs])
        / np.mean(l2[same]),
        "centroid_separation_cosine": np.mean([1 - cosine(p, q) for p, q in centre_pairs])
        / np.mean(1 - cos[same]),
        "neighbor_consistency": np.mean(overlap),
        "mean_cosine": cos.mean(),
        "mean_distance": l2.mean(),
        "smallest_distance": l2.min(),
        "largest_distance": l2.max(),
        "spread": np.mean(np.sum((x - x.mean(0)) ** 2, 1)),
        "centroid_norm": np.linalg.norm(x.mean(0)),
        "participation_ratio": eigenvalues.sum() ** 2 / np.sum(eigenvalues**2),
        "intrinsic_dimension": t / np.sum(np.log(near[:, 1] / near[:, 0])),
    }


def deletions(x, nodes):
    """Every row deleted in turn; here each token is an item of its own, with its word's labels."""
    def of(kept):
        pair = lambda same: [
            (i, j) for i in kept for j in kept if i < j
            and (nodes[i] // 4 == nodes[j] // 4) == same
            and (same or nodes[i] % 4 == nodes[j] % 4)
        ]
        c = np.mean([np.linalg.norm(x[i] - x[j]) for i, j in pair(False)])
        w = np.mean([np.linalg.norm(x[i] - x[j]) for i, j in pair(True)])
        e = np.mean([np.sum((x[i] - x[j]) ** 2) for i, j in pair(True)])
        return {"ratio": c / max(w, 1e-3 * c, 1e-10), "cross": c, "within": w, "energy": e}
    all_rows = list(range(len(x)))
    full = of(all_rows)
    return [influence(full, of(all_rows[:p] + all_rows[p + 1:])) for p in all_rows]


def main():
    rng = np.random.default_rng(20)
    nodes = [0, 3, 1, 0, 1, 5, 4, 7, 6, 5, 7, 9, 8, 10, 9, 11, 8, 3, 0, 4, 5, 1]
    clusters = [n // 4 for n in nodes]
    upper = np.triu(rng.random((12, 12)) < 0.4, 1)
    adjacency = (upper | upper.T).astype(int).tolist()
    words = rng.normal(size=(12, UNITS)) + 1.5 * rng.normal(size=(3, UNITS))[np.arange(12) // 4]
    x = (words[nodes] + 0.6 * rng.normal(size=(len(nodes), UNITS))).astype(np.float32)
    rest = np.delete(np.arange(len(nodes)), POSITION)
    y = (x[rest] + 0.2 * rng.normal(size=(len(rest), UNITS))).astype(np.float32)
    rest_nodes = [nodes[i] for i in rest]
    np.save(FOLDER / "walk.npy", x)
    np.save(FOLDER / "walk_without.npy", y)

    x, y = x.astype(float), y.astype(float)
    full, without = word_means(x, nodes), word_means(y, rest_nodes)
    common = sorted(set(full) & set(without))
    expected = {
        "nodes": nodes,
        "position": POSITION,
        "adjacency": adjacency,
        "full": structure(full, sorted(full)),
        "full_all_cross": structure(full, sorted(full), "all"),
        "without": structure(without, sorted(without)),
        "own_pairs": influence(structure(full, sorted(full)), structure(without, sorted(without))),
        "common_pairs": influence(structure(full, common), structure(without, common)),
        "deletions": deletions(x, nodes),
        "further": further(x, nodes, clusters, adjacency),
    }
    text = json.dumps(expected, indent=1, default=float)
    (FOLDER / "metrics.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
