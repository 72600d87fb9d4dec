#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed of the reductions, of KL and of k-means against NumPy and scikit-learn: CPU-time ratios on
one thread.

    python3 bench/metrics.py --program build/release/bin/metrics_bench

The sides alternate in one run, and the ratio of each round is taken first; its median (smallest ..
largest) is printed. Results are compared before anything is timed. Needs NumPy; k-means needs
scikit-learn and threadpoolctl and is left out without them.
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
    file = pathlib.Path(folder) / "x.npy"
    np.save(file, data)
    return Program(path, file)


def row(name, ours, theirs, note=""):
    ratios = [b / a for a, b in zip(ours, theirs)]
    print(f"  {name:42s} {statistics.median(ours) * 1e3:10.2f} ms {statistics.median(theirs) * 1e3:10.2f} ms "
          f"{statistics.median(ratios):8.2f} x  ({min(ratios):.2f} .. {max(ratios):.2f})  {note}",
          flush=True)


def trace(x):
    return x.var(0, ddof=1, dtype=np.float64).sum()


def trace_of_16(x):
    return x.reshape(-1, 16, x.shape[1]).var(1, ddof=1, dtype=np.float64).sum()


def cosine(x):
    unit = x / np.sqrt(np.einsum("ij,ij->i", x, x))[:, None]
    total = unit.sum(0, dtype=np.float64)
    return (total @ total - len(x)) / (len(x) * (len(x) - 1))


def kl(x):
    total = 0.0
    for p, q in zip(x[:-1].astype(np.float64), x[1:].astype(np.float64)):
        p, q = p - p.max(), q - q.max()
        log_p, log_q = p - np.log(np.exp(p).sum()), q - np.log(np.exp(q).sum())
        total += np.exp(log_p) @ (log_p - log_q)
    return total


def bench_reductions(args, rng, folder):
    x = rng.standard_normal((8192, 4096)).astype(np.float32) + np.float32(0.5)
    program = loaded(args.program, x, folder)
    print(f"\nReductions of {x.shape[0]} x {x.shape[1]} float, ours and NumPy")
    for kernel, numpy_form in (("trace", trace), ("trace-16", trace_of_16),
                               ("cosine", cosine), ("pool", lambda x: x.mean(0, dtype=np.float64)[0])):
        np.testing.assert_allclose(program.ask(kernel)[1], numpy_form(x), rtol=1e-4)
        ours, theirs, read = [], [], []
        for _ in range(args.rounds):
            read.append(program.ask("read")[0])
            ours.append(program.ask(kernel)[0])
            theirs.append(cpu_seconds(lambda: numpy_form(x))[0])
        share = statistics.median(r / o for r, o in zip(read, ours))
        row(kernel, ours, theirs, f"{share:.2f} of read bandwidth")


def bench_kl(args, rng, folder):
    x = (3 * rng.standard_normal((33, 151936))).astype(np.float32)
    program = loaded(args.program, x, folder)
    print("\nKL of 32 pairs of rows of 151,936 logits, both directions and distances; NumPy: KL alone")
    np.testing.assert_allclose(program.ask("kl")[1], kl(x), rtol=1e-10)
    ours, theirs = [], []
    for _ in range(args.rounds):
        ours.append(program.ask("kl")[0])
        theirs.append(cpu_seconds(lambda: kl(x))[0])
    row("kl", ours, theirs)


def blobs(rng, rows, units, clusters, separation):
    centres = rng.standard_normal((clusters, units)) * separation
    labels = rng.integers(0, clusters, rows)
    return (centres[labels] + rng.standard_normal((rows, units))).astype(np.float32)


def bench_k_means(args, rng, folder):
    try:
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits
    except ImportError:
        print("\nk-means left out: needs scikit-learn and threadpoolctl")
        return
    for rows, units, clusters, separation, restarts in ((1000, 3584, 8, 0.05, 10),
                                                        (100000, 256, 64, 0.2, 1)):
        x = blobs(rng, rows, units, clusters, separation)
        program = loaded(args.program, x, folder)
        ours, theirs, steps, their_steps, inertia = [], [], [], [], []
        for seed in range(args.rounds_of_k_means):
            seconds, found, iterations = program.ask(f"k-means {clusters} {restarts} 300 {seed}")
            model = KMeans(clusters, n_init=restarts, random_state=seed)
            with threadpool_limits(1):
                their_seconds, _ = cpu_seconds(lambda: model.fit(x))
            ours.append(seconds)
            theirs.append(their_seconds)
            steps.append(seconds / iterations)
            their_steps.append(their_seconds / model.n_iter_)
            inertia.append(found / model.inertia_)
        print(f"\nk-means of {rows} x {units}, k = {clusters}, {restarts} restart(s), ours and "
              f"scikit-learn; inertia ours / theirs {statistics.median(inertia):.5f} "
              f"({min(inertia):.5f} .. {max(inertia):.5f})")
        row("fit", ours, theirs, "goal 10" if restarts > 1 else "")
        if restarts == 1:
            row("fit / iterations", steps, their_steps, "goal 1.5")
            one = lambda seed: program.ask(f"k-means {clusters} 1 1 {seed}")[0]
            ours_alone, theirs_alone = [], []
            for seed in range(args.rounds_of_k_means):
                seconds, _, iterations = program.ask(f"k-means {clusters} 1 300 {seed}")
                ours_alone.append((seconds - one(seed)) / (iterations - 1))
                with threadpool_limits(1):
                    model = KMeans(clusters, n_init=1, random_state=seed)
                    their_seconds, _ = cpu_seconds(lambda: model.fit(x))
                    first = KMeans(clusters, n_init=1, max_iter=1, random_state=seed)
                    first_seconds, _ = cpu_seconds(lambda: first.fit(x))
                theirs_alone.append((their_seconds - first_seconds) / (model.n_iter_ - 1))
            row("an iteration after the first", ours_alone, theirs_alone)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", required=True, help="the built metrics_bench")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of the reductions and KL")
    parser.add_argument("--rounds-of-k-means", type=int, default=3)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        bench_reductions(args, rng, folder)
        bench_kl(args, rng, folder)
        bench_k_means(args, rng, folder)


if __name__ == "__main__":
    main()
