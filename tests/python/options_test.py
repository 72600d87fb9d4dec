#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every function of phiscope.metrics that metrics_test.py does not call, and every option: that it arrives, by its
effect. The oracles are NumPy, closed forms and small examples by hand.

options_test.py SOURCE_DIR [unittest arguments]
"""
import fractions
import json
import pathlib
import re
import sys
import unittest

import numpy as np
import phiscope.metrics as m

SOURCE = pathlib.Path(sys.argv[1])
RNG = np.random.default_rng(5)
X = RNG.normal(size=(24, 6))
LABELS = np.arange(24) % 3


def same(found, expected, **options):
    np.testing.assert_allclose(found, expected, **{"rtol": 1e-10, "atol": 1e-12, **options})


class Structure(unittest.TestCase):
    def test_floors(self):
        self.assertEqual(m.phi_ratio(2.0, 0.0), 1000)
        self.assertEqual(m.phi_ratio(2.0, 0.0, relative_floor=0.1), 10)
        self.assertEqual(m.phi_ratio(1e-3, 0.0, absolute_floor=0.5), 2e-3)
        self.assertEqual([m.phi_floor(*pair) for pair in ((2.0, 1.0), (2.0, 0.0), (1e-9, 0.0))],
                         ["none", "relative", "absolute"])
        self.assertEqual(m.phi_floor(2.0, 0.0, absolute_floor=1.0), "absolute")
        self.assertEqual(m.phi_floor(2.0, 0.1, relative_floor=0.5), "relative")
        rows = np.array([[0.0], [0.0], [4.0], [4.0]])
        pairs = m.pair_set_of_labels([0, 0, 1, 1])
        self.assertEqual((pairs.cross.tolist(), pairs.within.tolist()),
                         ([[0, 2], [0, 3], [1, 2], [1, 3]], [[0, 1], [2, 3]]))
        self.assertEqual(m.cluster_structure(rows, pairs, relative_floor=0.25).ratio, 4)
        self.assertEqual(m.cluster_structure(rows, pairs, absolute_floor=8.0).ratio, 0.5)
        self.assertTrue(m.cluster_structure(rows, pairs, absolute_floor=8.0).floored)
        mine = m.PairSet(cross=[[0, 2]], within=np.array([[0, 1]]))
        self.assertEqual(m.cross_distance(rows, mine), 4)
        same(m.squared_distances(rows, [[0, 2], [0, 1]]), [16, 0])
        for how in ({"relative_floor": 0.25}, {"absolute_floor": 8.0}):
            full = m.cluster_structure(rows, pairs, **how)
            kept = m.cluster_structure(rows[1:], m.pair_set_of_labels([0, 1, 1]), **how)
            expected = float(full.ratio) - float(kept.ratio)
            self.assertAlmostEqual(float(m.influence(full, kept).ratio), expected)
            self.assertAlmostEqual(float(m.row_deletions(rows, pairs, **how)[0].ratio), expected)
            found = m.leave_one_out(rows, [0, 1, 2, 3], rows[1:], [1, 2, 3], [0, 0, 1, 1], cross="all", **how)
            self.assertAlmostEqual(float(found.own_pairs.ratio), expected)

    def test_neighbors(self):
        cosine = X @ X.T / np.outer(np.linalg.norm(X, axis=1), np.linalg.norm(X, axis=1))
        np.fill_diagonal(cosine, -2)
        graph = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], float)
        nearest = cosine.argmax(axis=1)
        expected = np.mean([graph[LABELS[i], LABELS[nearest[i]]] for i in range(24)])
        same(float(m.neighbor_consistency(X, LABELS, graph, k=1)), expected)


class Variation(unittest.TestCase):
    def test_spectrum(self):
        centred = X - X.mean(0)
        same(m.scatter_matrix(X), centred.T @ centred)
        same(m.smaller_gram(X[:4]), (X[:4] - X[:4].mean(0)) @ (X[:4] - X[:4].mean(0)).T)
        eigenvalues = np.linalg.eigvalsh(centred.T @ centred)
        shares = eigenvalues / eigenvalues.sum()
        same(m.spectrum_shares(m.scatter_matrix(X)), shares)
        same(float(m.effective_rank(X)), np.exp(-(shares * np.log(shares)).sum()))
        same(m.mean_row(X), X.mean(0))
        same(m.scatter(X), (centred ** 2).sum())
        same([m.dot(X[0], X[1]), m.norm(X[0]), m.distance(X[0], X[1]), m.squared_distance(X[0], X[1])],
             [X[0] @ X[1], np.linalg.norm(X[0]), np.linalg.norm(X[0] - X[1]), ((X[0] - X[1]) ** 2).sum()])
        means = m.label_means(X, LABELS)
        same(means.means[2], X[2::3].mean(0))
        self.assertEqual(means.rows[1].tolist(), list(range(1, 24, 3)))

    def test_pooling(self):
        same(m.strided_mean_pooling(X, stride=5).mean, X[[4, 9, 14, 19]].mean(0))
        same(m.strided_mean_pooling(X, stride=5, window=2).mean, X[[14, 19]].mean(0))
        self.assertEqual(m.strided_mean_pooling(X).status, "too_few_rows")  # the default stride is 32


class Clusters(unittest.TestCase):
    def test_options(self):
        self.assertEqual(m.k_means(X, max_iterations=1, restarts=1).iterations, 1)
        self.assertEqual(m.k_means(X).clusters, 8)
        seeds = [float(m.k_means(X, 5, restarts=1, seed=seed).inertia) for seed in range(6)]
        self.assertGreater(len(set(seeds)), 1)
        self.assertLessEqual(float(m.k_means(X, 5, restarts=200).inertia), min(seeds))
        gap = m.gap_statistic(X, most_clusters=3, references=4, restarts=1, seed=1)
        self.assertEqual((len(gap.gaps), len(gap.errors)), (3, 3))
        self.assertNotEqual(gap.gaps[0], m.gap_statistic(X, most_clusters=3, references=5, restarts=1, seed=1).gaps[0])
        self.assertNotEqual(gap.gaps[0], m.gap_statistic(X, most_clusters=3, references=4, restarts=1, seed=2).gaps[0])
        self.assertEqual(gap.gaps[0], m.gap_statistic(X, most_clusters=3, references=4, restarts=9, seed=1).gaps[0])
        stable = m.cluster_stability(X, 4, resamples=3, restarts=1, seed=1)
        self.assertEqual((len(stable.indices), len(set(stable.labels))), (3, 4))
        other = m.cluster_stability(X, 4, resamples=3, restarts=1, seed=2)
        self.assertNotEqual(stable.indices.values, other.indices.values)
        same(stable.labels, m.k_means(X, 4, restarts=1).labels)
        same(m.cluster_stability(X, 4, resamples=1, clustering_seed=3, restarts=1, max_iterations=2).labels,
             m.k_means(X, 4, seed=3, restarts=1, max_iterations=2).labels)
        told = [m.nearest_centroid(X, LABELS, permutations=7, seed=seed) for seed in (0, 0, 1)]
        self.assertEqual(told[0].p.draws, 7)
        self.assertEqual(told[0].permuted, told[1].permuted)
        self.assertNotEqual(told[0].permuted, told[2].permuted)


class Output(unittest.TestCase):
    def test_logits(self):
        logits = X[0]
        same(float(m.mean_token_logit(logits, [0, 2, 2])), (logits[0] + 2 * logits[2]) / 3)
        found = m.answer_logit_difference(logits, [1], [3, 4])
        same([float(found.clean_score), float(found.corrupted_score), float(found.difference)],
             [logits[1], logits[3:5].mean(), logits[1] - logits[3:5].mean()])
        divergence = m.kl_divergence(X[0].astype("f4"), X[1])
        same(float(divergence.l2), np.linalg.norm(X[0].astype("f4") - X[1]))
        same(float(divergence.rms), float(divergence.l2) / np.sqrt(6))
        self.assertEqual(divergence.prediction_changed, X[0].argmax() != X[1].argmax())
        same(float(m.auc([0, 1, 3], [1, 3, 1])), 2 + 4)
        self.assertEqual(m.interpolate([0, 1, 3], [1, 3, 1], [0.5, 2, 4]).values, [2, 2, None])

    def test_attribution(self):
        direction, weight, bias = X[20], 1 + X[21] ** 2, X[22]
        residuals = X[:4]
        steps = np.diff(residuals, axis=0, prepend=0)
        last = residuals[-1]
        rms = np.sqrt((last ** 2).mean() + 0.1)
        found = m.logit_attribution(residuals, direction, weight, bias, epsilon=0.1)
        same(found.contributions, steps / rms * weight @ direction)
        same([found.bias, float(found.total)], [direction @ bias, direction @ (last / rms * weight + bias)])
        layer = m.logit_attribution(residuals, direction, weight, norm="layer", epsilon=0.1)
        same(float(layer.total), direction @ ((last - last.mean()) / np.sqrt(last.var() + 0.1) * weight))
        same(m.logit_attribution(residuals, direction, weight, how="raw").contributions, steps @ direction)
        same(m.logit_attribution(residuals, direction, weight, how="published").contributions[:-1],
             (steps @ direction)[:-1])


class Heads(unittest.TestCase):
    def test_pairs(self):
        pairs = np.array([[np.nan, 1, 3], [1, np.nan, np.inf], [3, np.inf, np.nan]])
        found = m.head_means(pairs)
        self.assertEqual((found.mean.values, found.n_pairs.tolist()), ([2, 1, 3], [2, 1, 1]))
        self.assertEqual(m.head_means(np.nan_to_num(pairs), counts=pairs == 3).mean.values, [3, None, 3])
        same(m.per_tdmi([[1.0, 2], [2, 1]], [[2.0, 4], [0, 1]]), [[0.5, 0.5], [np.nan, 1]])
        scores = [0.5, m.Value.undefined("constant"), 2.0]
        self.assertEqual(m.descending_order(scores).tolist(), [2, 0, 1])
        self.assertEqual(m.ordinal_ranks(scores).tolist(), [1, 0, 2])

    def test_series(self):
        series = X[:, 0]
        centred = series - series.mean()
        for lag in (1, 3):
            expected = centred[lag:] @ centred[:-lag] / (centred @ centred)
            same(float(m.autocorrelation(series, lag)), expected)
            same(m.autocorrelations(X, lag)[0].value, expected)
        t = np.arange(24.0)
        expected = {"none": series, "difference": np.diff(series), "log": np.log(series + 5) - 5,
                    "poly2": series - np.polyval(np.polyfit(t, series, 2), t),
                    "linear": series - np.polyval(np.polyfit(t, series, 1), t)}
        for mode, numbers in expected.items():
            given = series + 5 if mode == "log" else series
            same(m.detrended(given, mode).values, numbers + 5 if mode == "log" else numbers, atol=1e-9)
        shifted = m.circular_shift(series, 3)
        self.assertIn(shifted.tolist(), [np.roll(series, k).tolist() for k in range(1, 24)])
        self.assertGreater(len({m.circular_shift(series, seed)[0] for seed in range(9)}), 1)
        random = m.phase_randomised(series, seed=3)
        same(np.abs(np.fft.rfft(random)), np.abs(np.fft.rfft(series)))
        self.assertFalse(np.allclose(random, m.phase_randomised(series, seed=4)))
        test = m.surrogate_test(1.0, [0.0, 2.0, 0.5])
        same([float(test.z), float(test.p), test.n], [(1 - 2.5 / 3) / np.std([0, 2, 0.5], ddof=1), 0.5, 3])

    def test_network(self):
        fit = m.quadratic_fit([0, 1, 2, 4], [1, 0, 1, 9])
        same(np.polyval(np.polyfit([0, 1, 2, 4], [1, 0, 1, 9], 2), 3), fit.at(3))
        same([fit.curvature, fit.explained], [1, 1])
        weights = np.array([[0, 2.0, 0], [2, 0, 0.5], [0, 0.5, 0]])
        lengths = np.where(weights > 0, 1 / np.where(weights > 0, weights, 1), np.inf)
        same(m.shortest_paths(lengths), [[0, 0.5, 2.5], [0.5, 0, 2], [2.5, 2, 0]])
        same(float(m.global_efficiency(weights)), (2 + 0.5 + 1 / 2.5) / 3)
        same(float(m.modularity(weights, [0, 0, 1])), 4 / 5 - (4.5 / 5) ** 2 - (0.5 / 5) ** 2)
        blocks = np.kron(np.eye(2), np.ones((3, 3))) + 0.01
        found = m.communities(blocks)
        self.assertEqual((found.community.tolist(), found.count), ([0, 0, 0, 1, 1, 1], 2))
        same(float(found.modularity), float(m.modularity(blocks, [4, 4, 4, 2, 2, 2])))
        depth = np.linspace(0, 1, 8)
        numbers = np.repeat(1 - (2 * depth - 1) ** 2, 3) + 0.01 * RNG.normal(size=24)
        tests = [m.depth_shape_test([numbers], depth, permutations=19, seed=seed) for seed in (0, 1)]
        same(tests[0].least_p, 1 / 20)
        self.assertEqual(tests[0].numbers[0].p_inverted_u, 1 / 20)
        self.assertEqual(tests[0].numbers[0].p_u, 1)
        self.assertGreater(float(tests[0].numbers[0].inverted_u), 3)


class Phiid(unittest.TestCase):
    def test_options(self):
        x, y = X[:, :2].cumsum(axis=0).T
        for call in (m.gaussian_phiid, m.discrete_phiid):
            plain = call(x, y, lag=2)
            self.assertEqual(plain.transitions, 22)
            corrected = call(x, y, lag=2, bias_correction=True)
            bias = m.gaussian_bias(22) if call is m.gaussian_phiid else m.binary_bias(22)
            self.assertAlmostEqual(plain.information.xytab - corrected.information.xytab, bias.xytab)
            self.assertNotEqual(plain.atoms["rtr"], call(x, y, lag=2, redundancy="ccs").atoms["rtr"])
            same(sum(plain.atoms.values()), plain.information.xytab)
        same(m.gaussian_bias(10).xytab, 4 / 20)
        same(m.information_bias_nats(4, 10), 4 / 20)
        same(m.binary_bias(10).xta, 1 / 20 / np.log(2))
        self.assertEqual(m.gaussian_phiid(x, y, singular_ratio=1.0).status, "singular")
        loose = m.gaussian_phiid(x, y, redundancy="ccs", sign_tolerance=1e6)
        self.assertNotEqual(loose.atoms["rtr"], m.gaussian_phiid(x, y, redundancy="ccs").atoms["rtr"])
        loose = m.discrete_phiid(x, y, redundancy="ccs", sign_tolerance=1e6)
        self.assertNotEqual(loose.atoms["rtr"], m.discrete_phiid(x, y, redundancy="ccs").atoms["rtr"])

    def test_parts(self):
        x, y = X[:, :2].T
        whole = m.gaussian_phiid(x, y)
        r = np.corrcoef([x[:-1], y[:-1], x[1:], y[1:]])
        lagged = m.LaggedCorrelations(past=r[0, 1], future=r[2, 3], xa=r[0, 2], xb=r[0, 3], ya=r[1, 2], yb=r[1, 3])
        information = m.gaussian_information(lagged)
        same(list(information._asdict().values()), list(whole.information._asdict().values()))
        self.assertEqual((m.is_singular(lagged), m.is_singular(lagged, ratio=1.0)), (False, True))
        again = m.PhiidInformation(**information._asdict())
        redundancy = m.mmi_redundancy(again)
        same(redundancy.rtr, min(again.xta, again.xtb, again.yta, again.ytb))
        same(list(m.phiid_atoms(again, redundancy).values()), list(whole.atoms.values()))
        local = m.PhiidInformation(**{name: float(i) for i, name in enumerate(again._fields)})
        self.assertIn(m.mmi_redundancy(again, local).rtr, (0, 1, 2, 3))
        self.assertEqual(m.ccs_redundancy(again, sign_tolerance=1e9).rtr, 0)
        bits = [m.above_mean(part) for part in (x[:-1], y[:-1], x[1:], y[1:])]
        same(bits[2], x[1:] > x[1:].mean())
        counts = np.bincount(bits[0] + 2 * bits[1] + 4 * bits[2] + 8 * bits[3], minlength=16)
        for options in ({}, {"redundancy": "ccs"}, {"bias_correction": True},
                        {"redundancy": "ccs", "sign_tolerance": 9.0}):
            expected = m.discrete_phiid(x, y, **options).atoms
            same(list(m.binary_phiid(counts, **options).mean.atoms.values()), list(expected.values()))

    def test_all_pairs_options(self):
        parts = [X[:12, :4].cumsum(0), X[12:, :4].cumsum(0)]
        def sts(**options):
            return m.phiid(parts, **options).values[0, 0]
        x, y = parts[0][:, 0], parts[0][:, 1]
        one = m.phiid(parts[0], lag=2, redundancy="ccs", output="sts_rtr_tdmi", bias_correction=True)
        expected = m.gaussian_phiid(x, y, lag=2, redundancy="ccs", bias_correction=True)
        same(one.values[:, 0], [expected.atoms["sts"], expected.atoms["rtr"], expected.information.xytab])
        binary = m.phiid(parts[0], kind="discrete", redundancy="ccs", sign_tolerance=9.0).values[:, 0]
        expected = m.discrete_phiid(x, y, redundancy="ccs", sign_tolerance=9.0)
        same(binary, [expected.atoms["sts"], expected.atoms["rtr"]])
        borders = m.gaussian_phiid(*np.concatenate(parts)[:, :2].T).atoms["sts"]
        same(sts(join="borders"), borders)
        self.assertEqual(len({sts(join=join) for join in ("mean", "concat", "borders")}), 3)
        self.assertEqual(set(m.phiid(parts, singular_ratio=1.0).status), {"singular"})
        same(sts(float_products=True), sts(), atol=1e-5)
        same(m.phiid([part.astype("f4") for part in parts]).values, m.phiid(parts).values, atol=1e-4)


class Certainty(unittest.TestCase):
    def test_summaries(self):
        numbers = X[:, 1]
        found = m.describe(numbers)
        same([found.count, float(found.mean), float(found.standard_deviation), float(found.median)],
             [24, numbers.mean(), numbers.std(ddof=1), np.median(numbers)])
        same([float(m.median(numbers)), float(m.standard_deviation(numbers)), float(m.quantile(np.sort(numbers), 0.3))],
             [np.median(numbers), numbers.std(ddof=1), np.quantile(numbers, 0.3)])

    def test_bootstrap_options(self):
        numbers, ones = np.exp(X[:, 2]), np.ones(24)
        others = numbers[6:].reshape(-1, 6)[[0, 1, 2, 0, 1, 2]]
        calls = {"mean": lambda **o: m.bootstrap_mean(numbers, **o),
                 "units": lambda **o: m.bootstrap_mean(numbers, np.arange(24) // 2, **o),
                 "ratio": lambda **o: m.bootstrap_ratio(numbers, ones, **o),
                 "own": lambda **o: m.bootstrap(24, lambda drawn: numbers[drawn].mean(), **o),
                 "others": lambda **o: m.ratio_to_others(numbers[:6], others, **o)}
        for name, call in calls.items():
            with self.subTest(name):
                found = call(resamples=50, covers="prompts")
                self.assertEqual((found.covers, found.confidence, found.draws), ("prompts", 0.95, 50))
                self.assertNotEqual(found.low, call(resamples=50, seed=1).low)
                self.assertEqual(found.low, call(resamples=50, seed=0).low)
                self.assertGreater(float(call(resamples=50, confidence=0.5).low), float(found.low))
        same(float(calls["own"](value=7.0, resamples=50).value), 7)
        self.assertEqual(calls["units"]().units, 12)
        for call in (lambda **o: m.percentile_estimate(1.0, X[:, 0], 9, **o),
                     lambda **o: m.bca_estimate(0.0, X[:, 0], X[:9, 1], 9, **o),
                     lambda **o: m.wilson_interval(3, 9, **o)):
            self.assertEqual(call(confidence=0.5, covers="a").confidence, 0.5)
            self.assertEqual(call(covers="a").covers, "a")
            self.assertLess(float(call().low), float(call(confidence=0.5).low))


class Chance(unittest.TestCase):
    def test_options(self):
        null = [1.0, 2, 3, 4]
        self.assertEqual([m.permutation_p(3.5, null, side=side).p_value for side in ("greater", "less", "two_sided")],
                         [2 / 5, 4 / 5, 4 / 5])
        self.assertEqual((m.draws_needed(0.05), m.draws_needed(0.05, 3)), (19, 59))
        for call in (lambda **o: m.sign_flip_test(X[:, 0], **o), lambda **o: m.trend_permutation(X[:, 0], X[:, 1], **o),
                     lambda **o: m.sign_flip_max_test(X[:, :3].tolist(), **o)):
            found = call(resamples=99)
            self.assertFalse(found.exact)
            self.assertIn(round(found.least_p * 100), (1, 2))
            pick = lambda test: (test.p_values[0] if hasattr(test, "p_values") else test.p_value).value
            self.assertEqual(pick(found), pick(call(resamples=99, seed=0)))
            self.assertGreater(len({pick(call(resamples=99, seed=seed)) for seed in range(6)}), 1)
        same(float(m.trend_permutation(X[:, 0], X[:, 1]).slope), np.polyfit(X[:, 1], X[:, 0], 1)[0])

    def test_rates(self):
        rates = json.loads((SOURCE / "tests/golden/metrics/rates.json").read_text())
        for first, second, p in rates["mcnemar"]:
            same(float(m.mcnemar(first, second).p_value), p)
        self.assertEqual(m.mcnemar(3, 1).discordant, 4)

    def test_families(self):
        observed, draws = np.array([2.5, 0.0]), np.array([[1.0, 3], [0, 0.5], [5, 0]])
        same(m.max_statistic_p(observed, draws), [3 / 4, 4 / 4])
        one, many = m.studentise_draws(observed, draws)
        everything = np.concatenate([observed[None], draws])
        scale = np.concatenate([one[None], many])
        same(scale.mean(0), 0)
        same(scale / scale[0], (everything - everything.mean(0)) / (everything[0] - everything.mean(0)))


class Answers(unittest.TestCase):
    def test_texts(self):
        half = fractions.Fraction(1, 2)
        self.assertEqual((m.last_number_of("1 of 2,000"), m.gold_number("x #### 0.5"), m.strict_number("a #### 7"),
                          m.flexible_number("7 then 8"), m.parse_decimal("-1,234.50"),
                          m.published_step_number("the answer is 4")),
                         (2000, half, 7, 8, fractions.Fraction(-2469, 2), 4))
        self.assertEqual((m.gold_text("a #### b "), m.given_text(r"\boxed{c} 3"), m.published_sampling_answer("-5")),
                         ("b", "c", "5"))
        self.assertTrue(m.is_right_answer("it is 1/2", "#### 0.5"))
        self.assertTrue(m.is_right_number(half, fractions.Fraction(505, 1000)))
        self.assertFalse(m.is_right_number(half, 1))
        self.assertEqual([m.stratum_of(steps) for steps in (0, 2, 3, 4, 9)], ["2", "2", "3", "4", "5+"])
        self.assertEqual(m.loop_period([1, 2] * 4, tail=8, max_period=4), 2)
        self.assertIsNone(m.loop_period([1, 2, 3] * 3, tail=6, max_period=2))
        self.assertIsNone(m.loop_period([1, 2] * 4))


class Complete(unittest.TestCase):
    def test_every_function_is_called(self):
        text = "".join(path.read_text() for path in (SOURCE / "tests/python").glob("*_test.py"))
        called = set(re.findall(r"\bm\.(\w+)", text))
        functions = {name for name, thing in vars(m).items()
                     if not name.startswith("_") and callable(thing) and not isinstance(thing, type)}
        self.assertGreater(len(functions), 110)
        self.assertEqual(functions - called, set())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
