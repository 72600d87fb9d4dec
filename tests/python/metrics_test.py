#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""phiscope.metrics against the golden values of tests/golden (made by NumPy, SciPy, scikit-learn and 50 digits) and,
where they are installed, against SciPy and scikit-learn themselves.

metrics_test.py SOURCE_DIR [unittest arguments]
"""
import contextlib
import fractions
import importlib.util
import inspect
import io
import json
import linecache
import math
import os
import pathlib
import re
import sys
import tempfile
import threading
import tracemalloc
import unittest

import numpy as np
import phiscope.metrics as m

GOLDEN = pathlib.Path(sys.argv[1]) / "tests/golden"


def golden(name):
    return json.loads((GOLDEN / name).read_text())


def needs(*modules):
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return unittest.skipIf(missing, f"skipped: no {' or '.join(missing)}")


class Case(unittest.TestCase):
    def same(self, found, expected, digits=1e-12):
        np.testing.assert_allclose(float(found), expected, rtol=digits, atol=digits)

    def undefined(self, value, status):
        self.assertFalse(value.ok)
        self.assertIsNone(value.value)
        self.assertEqual(value.status, status)
        with self.assertRaisesRegex(ValueError, status):
            float(value)


class GoldenWalk(Case):
    """Every structure metric of the walk against tests/golden/metrics/make.py."""

    def setUp(self):
        self.golden = golden("metrics/metrics.json")
        self.nodes = np.array(self.golden["nodes"])
        self.x = np.load(GOLDEN / "metrics/walk.npy")
        self.without = np.load(GOLDEN / "metrics/walk_without.npy")
        self.cluster, self.group = np.arange(12) // 4, np.arange(12) % 4

    def words(self, rows, nodes):
        means = m.label_means(rows, nodes)
        return means.means, means.labels

    def test_structure(self):
        rows, words = self.words(self.x, self.nodes)
        for cross, name in (("groups", "full"), ("all", "full_all_cross")):
            pairs = m.pair_set(words, self.cluster, self.group, cross=cross)
            found = m.cluster_structure(rows, pairs)
            for field, expected in self.golden[name].items():
                self.same(getattr(found, field), expected)
            self.same(m.cross_distance(rows, pairs), self.golden[name]["cross"])
            self.same(m.within_distance(rows, pairs), self.golden[name]["within"])
            self.same(m.dirichlet_energy(rows, pairs), self.golden[name]["energy"])
            self.same(m.phi_ratio(found.cross, found.within), self.golden[name]["ratio"])

    def test_leave_one_out(self):
        rest = np.delete(self.nodes, self.golden["position"])
        found = m.leave_one_out(*self.words(self.x, self.nodes), *self.words(self.without, rest), self.cluster,
                                self.group)
        self.assertTrue(found.pairs_changed)
        for side in ("own_pairs", "common_pairs"):
            for field, expected in self.golden[side].items():
                self.same(getattr(getattr(found, side), field), expected, 1e-11)

    def test_row_deletions(self):
        pairs = m.pair_set_of_labels(self.nodes // 4, self.nodes % 4, cross="groups")
        found = m.row_deletions(self.x, pairs)
        for one, expected in zip(found, self.golden["deletions"], strict=True):
            for field, number in expected.items():
                self.same(getattr(one, field), number, 1e-9)

    def test_further(self):
        x, nodes, clusters = self.x, self.nodes, self.nodes // 4
        adjacency = np.array(self.golden["adjacency"], float)
        means, words = self.words(x, nodes)
        separation, collapse = m.cluster_separation(x, clusters), m.collapse(x)
        graph = m.graph_energy(means, adjacency[np.ix_(words, words)])
        edges, centroids = m.edge_energy(x, nodes, adjacency), m.centroid_separation(x, clusters)
        found = {
            "between_cluster_phi": m.between_cluster_phi(x, clusters), "separation_per_unit": separation.per_unit,
            "separation_trace": separation.trace, "representation_coherence": m.representation_coherence(x, clusters),
            "consecutive_energy": m.consecutive_energy(x),
            "normalized_consecutive_energy": m.normalized_consecutive_energy(x), "graph_energy_sum": graph.sum,
            "graph_energy_per_edge": graph.per_edge, "graph_energy_rayleigh": graph.rayleigh,
            "edge_energy_l2": edges.l2, "edge_energy_cosine": edges.cosine, "centroid_separation_l2": centroids.l2,
            "centroid_separation_cosine": centroids.cosine,
            "neighbor_consistency": m.neighbor_consistency(x, nodes, adjacency), "mean_cosine": m.mean_cosine(x),
            "mean_distance": collapse.mean_distance, "smallest_distance": collapse.smallest_distance,
            "largest_distance": collapse.largest_distance, "spread": collapse.spread,
            "centroid_norm": collapse.centroid_norm, "participation_ratio": m.participation_ratio(x),
            "intrinsic_dimension": m.intrinsic_dimension(x)}
        self.assertEqual(set(found), set(self.golden["further"]))
        for name, expected in self.golden["further"].items():
            with self.subTest(name):
                self.same(found[name], expected, 1e-11)


class GoldenClusters(Case):
    def test_cases(self):
        for case in golden("metrics/clusters.json")["cases"]:
            rows, labels = np.array(case["rows"]), np.array(case["labels"], "i4")
            self.same(m.adjusted_rand_index(labels, case["other"]), case["adjusted_rand"])
            silhouette = m.silhouette(rows, labels)
            self.same(silhouette.mean, case["silhouette"])
            np.testing.assert_allclose(silhouette.of_rows, case["silhouettes"], rtol=1e-10, atol=1e-12)
            variance = m.label_variance(rows, labels)
            for found, expected in zip((variance.total, variance.within, variance.between), case["variance"]):
                self.same(found, expected)
            centroid = m.nearest_centroid(rows, labels)
            right, tried = case["told_right"]
            self.assertEqual(centroid.tried, tried)
            self.same(centroid.accuracy, right / tried)

    def test_k_means_finds_a_minimum(self):
        rows = np.concatenate([np.random.default_rng(k).normal(8 * k, 1, (30, 5)) for k in range(3)])
        found = m.KMeans(3, random_state=4).fit(rows)
        again = m.k_means(rows, 3, seed=4)
        np.testing.assert_array_equal(found.labels_, again.labels)
        np.testing.assert_array_equal(found.predict(rows), found.labels_)
        centres = np.array([rows[found.labels_ == k].mean(0) for k in range(3)])
        np.testing.assert_allclose(found.cluster_centers_, centres)
        self.assertAlmostEqual(found.inertia_, ((rows - centres[found.labels_]) ** 2).sum())
        self.same(m.adjusted_rand_index(found.labels_, np.repeat([2, 0, 1], 30)), 1)
        self.assertTrue(again.converged)
        self.same(m.cluster_stability(rows, 3, resamples=5).mean, 1)
        self.assertEqual(float(m.gap_statistic(rows, most_clusters=4, references=10).clusters), 3)
        with self.assertRaisesRegex(ValueError, "too_few_rows"):
            m.KMeans(4).fit(rows[:3])

    @needs("sklearn")
    def test_scikit_learn(self):
        import sklearn.cluster
        import sklearn.metrics
        rows = np.random.default_rng(7).normal(size=(60, 4))
        ours = m.KMeans(4, n_init=20).fit(rows)
        theirs = sklearn.cluster.KMeans(4, n_init=50, random_state=0).fit(rows)
        self.assertLessEqual(ours.inertia_, theirs.inertia_ * (1 + 1e-9))
        self.same(m.silhouette(rows, ours.labels_).mean, sklearn.metrics.silhouette_score(rows, ours.labels_))


class GoldenInference(Case):
    def setUp(self):
        self.golden = golden("metrics/inference.json")

    def ends(self, estimate, expected):
        for found, end in zip(estimate.interval, expected):
            self.same(found, end, 1e-9)

    def test_estimates(self):
        one, two, three = (self.golden[name] for name in ("mean", "ratio", "correlation"))
        mean = m.bootstrap_mean(one["numbers"], covers="prompts")
        self.same(mean.value, one["value"])
        self.ends(mean, one["interval"])
        self.ends(m.bootstrap_mean(one["numbers"], confidence=0.8), one["interval_80"])
        self.assertEqual((mean.units, mean.method, mean.covers, mean.confidence), (7, "t", "prompts", 0.95))
        ratio = m.bootstrap_ratio(two["numerators"], two["denominators"])
        self.same(ratio.value, two["value"])
        self.ends(ratio, two["interval"])
        self.ends(m.percentile_estimate(three["value"], three["draws"], three["units"]), three["percentile"])
        bca = m.bca_estimate(three["value"], three["draws"], three["jackknife"], three["units"])
        self.ends(bca, three["bca"])
        self.assertEqual(bca.method, "BCa")

    def test_tests(self):
        flip = self.golden["sign_flip"]
        found = m.sign_flip_test(flip["differences"])
        self.assertTrue(found.exact)
        self.same(found.p_value, flip["p_value"])
        table = [[math.nan if number is None else number for number in row]
                 for row in self.golden["max_t"]["differences"]]
        for p, expected in zip(m.sign_flip_max_test(table).p_values, self.golden["max_t"]["p_values"], strict=True):
            self.same(p, expected)
        np.testing.assert_allclose(m.holm(self.golden["holm"]["p_values"]), self.golden["holm"]["adjusted"])

    def test_rates(self):
        rates = golden("metrics/rates.json")
        for successes, units, confidence, low, high in rates["wilson"]:
            self.ends(m.wilson_interval(successes, units, confidence=confidence), (low, high))
        for case in golden("metrics/partial_rank.json"):
            self.same(m.partial_rank_correlation(case["x"], case["y"], case["covariates"]), case["spearman"], 1e-10)
            self.same(m.partial_correlation(case["x"], case["y"], case["covariates"]), case["pearson"], 1e-10)

    def test_bootstrap_calls_python(self):
        x = np.random.default_rng(3).normal(size=30)
        found = m.bootstrap(30, lambda drawn: np.median(x[drawn]), resamples=200, seed=5)
        self.same(found.value, np.median(x))
        self.assertLess(float(found.low), np.median(x))
        self.assertEqual((found.draws, found.units), (200, 30))
        self.assertEqual(float(found.low), float(m.bootstrap(30, lambda d: np.median(x[d]), resamples=200, seed=5).low))
        with self.assertRaisesRegex(ZeroDivisionError, "division"):
            m.bootstrap(30, lambda drawn: 1 / 0)

    @needs("scipy")
    def test_scipy(self):
        import scipy.signal
        import scipy.special
        import scipy.stats
        rng = np.random.default_rng(11)
        x, y = rng.normal(size=40), rng.integers(0, 9, 40).astype(float)
        self.same(m.pearson(x, y), scipy.stats.pearsonr(x, y).statistic)
        self.same(m.rank_correlation(x, y), scipy.stats.spearmanr(x, y).statistic)
        np.testing.assert_array_equal(m.average_ranks(y), scipy.stats.rankdata(y))
        np.testing.assert_allclose(m.detrended(x, "linear").values, scipy.signal.detrend(x), atol=1e-12)
        p, q = scipy.special.softmax(x), scipy.special.softmax(y)
        divergence = m.kl_divergence(x, y)
        self.same(divergence.kl, scipy.special.rel_entr(p, q).sum())
        self.same(divergence.reverse_kl, scipy.special.rel_entr(q, p).sum())
        self.same(m.log_sum_exp(x), scipy.special.logsumexp(x))
        self.same(m.trend_share(x), scipy.stats.linregress(np.arange(40), x).rvalue ** 2)


class GoldenPhiid(Case):
    def test_fifty_digits(self):
        for case in golden("phiid/gaussian.json")["cases"]:
            found = m.gaussian_phiid(case["x"], case["y"], lag=case["lag"])
            self.assertEqual(tuple(found.atoms), m.ATOMS)
            np.testing.assert_allclose(list(found.atoms.values()), case["atoms"], atol=1e-13, rtol=1e-12)
            self.same(found.information.xytab, case["tdmi"])
            self.same(found.at("sts"), case["atoms"][15])

    def test_all_pairs(self):
        series = np.random.default_rng(2).normal(size=(3, 50, 7)).cumsum(axis=1)
        table = m.phiid(series, output="atoms", threads=2)
        one = m.phiid(list(series), output="atoms")
        np.testing.assert_array_equal(table.values, one.values)
        self.assertEqual(table.counts.ok, 3 * 21)
        for i, j in ((0, 6), (5, 2)):
            for atom in ("xty", "sts"):
                expected = np.mean([m.gaussian_phiid(x[:, i], x[:, j]).atoms[atom] for x in series])
                self.same(table.at(atom, i, j), expected, 1e-11)
                self.same(table.matrix(atom)[i, j], expected, 1e-11)
        self.assertTrue(np.isnan(table.matrix("sts")[3, 3]))
        sts, rtr = table.matrix("sts"), table.matrix("rtr")
        balance = m.pair_balance(sts, rtr)
        share = sts / (sts + rtr)
        np.testing.assert_allclose(balance.balance.numbers(), np.nanmean(share, axis=1))
        np.testing.assert_array_equal(m.rank_difference(sts, rtr).synergy_rank,
                                      1 + np.argsort(np.argsort(np.nanmean(sts, axis=1))))
        broken = series.copy()
        broken[:, :, 4] = 1
        status = m.phiid(broken).status
        self.assertEqual(status.count("constant_series"), 6)

    def test_discrete(self):
        rng = np.random.default_rng(8)
        x, y = rng.normal(size=200), rng.normal(size=200)
        found = m.discrete_phiid(x, y, local=True)
        np.testing.assert_allclose(found.local.mean(axis=1), list(found.atoms.values()), atol=1e-12)
        a, b = (x[:-1] > x[:-1].mean()), (x[1:] > x[1:].mean())
        joint = np.histogram2d(a, b, bins=2)[0] / len(a)
        expected = (joint * np.log2(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()
        self.same(found.information.xta, expected)


class Layouts(Case):
    """What goes in: the same numbers for every layout, in place where that is possible."""

    def test_layouts_agree(self):
        whole = np.random.default_rng(0).normal(size=(20, 3, 6)).astype("f4")
        layer = whole[:, 1, :]
        expected = float(m.trace_covariance(np.ascontiguousarray(layer, "f8")))
        self.same(expected, np.cov(layer.T.astype("f8")).trace())
        read_only = layer.copy()
        read_only.flags.writeable = False
        for rows in (layer, np.asfortranarray(layer), layer.astype("f8"), layer.astype(">f4"), layer[::-1], read_only,
                     layer.tolist()):
            self.same(m.trace_covariance(rows), expected)
        self.same(m.trace_covariance(layer[:, ::2]), np.cov(layer[:, ::2].T.astype("f8")).trace())
        self.same(m.norm(whole[0, :, 2]), np.linalg.norm(whole[0, :, 2].astype("f8")))
        self.same(m.trace_covariance(np.arange(12).reshape(4, 3)), 45)
        self.same(m.trace_covariance(np.broadcast_to([1.0, 2.0], (5, 2))), 0)

    def test_in_place(self):
        rows = np.ones((100, 3, 20000), "f4")
        for given, copied in ((rows[:, 1, :], False), (np.asfortranarray(rows[:, 1, :]), True)):
            tracemalloc.start()
            m.scatter(given)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self.assertEqual(peak > given.nbytes // 2, copied, peak)

    def test_labels(self):
        x = np.random.default_rng(1).normal(size=(6, 2))
        for dtype in ("i1", "u1", "i4", ">i8", "u8", "?"):
            labels = np.array([0, 1, 1, 0, 1, 0]).astype(dtype)
            self.same(m.label_variance(x, labels).share, float(m.label_variance(x, [0, 1, 1, 0, 1, 0]).share))

    def test_wrong_arguments(self):
        x = np.ones((4, 3))
        for call, words in ((lambda: m.trace_covariance(x[0]), r"rows: shape \(3,\), expected two axes"),
                            (lambda: m.trace_covariance(x.astype(complex)), "complex128, expected real numbers"),
                            (lambda: m.label_means(x, [0.5] * 4), "labels: dtype float64, expected integers"),
                            (lambda: m.label_means(x, [0, 1]), "label"),
                            (lambda: m.label_means(x, np.full(4, 2**63, "u8")), "above"),
                            (lambda: m.detrended(x[0], "cubic"), "mode: 'cubic', expected one of none, linear"),
                            (lambda: m.phi_ratio(-1.0, 1.0), "a distance is negative"),
                            (lambda: m.squared_distances(x, [[1, 0]]), "pair 0"),
                            (lambda: m.gaussian_phiid(x[0], x[0][:2]), "3"),
                            (lambda: m.holm([2.0]), "2")):
            with self.assertRaisesRegex(ValueError, words):
                call()

    def test_threads_do_not_disturb_each_other(self):
        x = np.random.default_rng(0).normal(size=(200, 50))
        expected, found = float(m.collapse(x).mean_distance), []
        threads = [threading.Thread(target=lambda: found.append(float(m.collapse(x).mean_distance))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [expected] * 4)


class Results(Case):
    def test_value(self):
        value = m.Value(0.25)
        self.assertEqual((value.value, value.status, value.ok, float(value)), (0.25, "ok", True, 0.25))
        self.assertEqual((repr(value), f"{value:.1f}", value), ("Value(0.25)", "0.2", 0.25))
        none = m.trace_covariance([[1.0, 2.0]])
        self.undefined(none, "too_few_rows")
        self.assertEqual((repr(none), f"{none:.3f}"), ("Value(undefined: too_few_rows)", "too_few_rows"))
        self.assertEqual(none, m.Value.undefined("too_few_rows"))
        self.assertNotEqual(none, m.Value.undefined("constant"))
        self.undefined(m.Value(math.nan), "nonfinite")
        with self.assertRaises(TypeError):
            bool(none)
        for status in m.STATUSES[1:]:
            self.assertEqual(m.Value.undefined(status).status, status)

    def test_values(self):
        values = m.autocorrelations(np.array([[1.0, 1], [2, 1], [4, 1], [3, 1]]))
        self.assertEqual((len(values), values.status), (2, ["ok", "constant_series"]))
        self.assertEqual(values.masked().mask.tolist(), [False, True])
        self.assertEqual(values.numbers(undefined=-9.0)[1], -9)
        self.assertIsNone(values.values[1])
        self.assertEqual(values[-1].status, "constant_series")
        self.assertEqual([value.ok for value in values], [True, False])
        with self.assertRaisesRegex(ValueError, "item 1 is undefined .constant_series"):
            values.numbers()
        self.assertEqual(m.min_max([3.0, m.Value.undefined("no_pairs"), 1.0]).values, [1.0, None, 0.0])

    def test_repr_and_dict(self):
        found = m.strided_mean_pooling(np.ones((5, 2)), stride=2)
        self.assertEqual(repr(found), "PooledLatent(mean=array(2,), tokens=2, status='ok')")
        self.assertEqual(list(found._asdict()), ["mean", "tokens", "status"])

    def test_answers(self):
        self.assertEqual(m.whole_number("1/2"), fractions.Fraction(1, 2))
        self.assertEqual(m.whole_number("50%", percent="hundredths"), fractions.Fraction(1, 2))
        self.assertIsNone(m.whole_number("none"))
        self.assertTrue(m.is_right("boxed", r"so \boxed{12.0}", "#### 12"))
        self.assertFalse(m.is_right("strict", "12", "#### 12"))
        self.assertEqual((m.boxed_text("x"), m.answer_key("it is 0.50"), m.count_steps("<<1+1=2>> <<2*2=4>>")),
                         (None, "1/2", 2))
        self.assertEqual(m.loop_period(np.arange(60) % 3), 3)

    def test_everything_is_documented(self):
        """Each function and type has the comment of its header, and no header was left out."""
        missing = []
        for name, thing in vars(m).items():
            if not name.startswith("_") and callable(thing):
                text = (thing.__doc__ or "").strip()
                if not inspect.isclass(thing):  # the first line is the signature
                    text = text.partition("\n")[2].strip()
                if len(text) < 20:
                    missing.append(name)
        self.assertEqual(missing, [])

    def test_every_header_is_bound(self):
        headers = {path.stem for path in (GOLDEN.parents[1] / "metrics/phiscope").glob("*.hpp")}
        of_other_names = {"all", "arrays", "matrix_view", "random", "sum", "rational", "value", "estimate", "summary",
                          "pairs", "pair_distances", "head_scores", "detrend", "surrogates", "answer_grade",
                          "answer_number", "published_answer", "problem_difficulty", "information_bias",
                          "phiid_options", "phiid_pairs", "phiid_table", "phiid_redundancy", "graph_adherence",
                          "permutation_test", "max_statistic", "covariance_spectrum"}
        self.assertEqual({name for name in headers - of_other_names if not hasattr(m, name)}, set())
        for name in ("sign_flip_test", "sign_flip_max_test", "max_statistic_p", "quantile", "median", "phiid",
                     "scatter_matrix", "information_bias_nats", "circular_shift", "count_steps", "head_means"):
            self.assertTrue(hasattr(m, name), name)


class Documentation(unittest.TestCase):
    """The examples of docs/python.md run; those of other libraries where these are installed."""

    def test_examples(self):
        source = GOLDEN.parents[1]
        text = (source / "docs/python.md").read_text()
        blocks = re.findall(r"```python\n(.*?)```", text, re.S)
        self.assertEqual(len(blocks), 6)
        run = 0
        for block in blocks:
            need = re.match(r"# needs (\w+)", block)
            if need and importlib.util.find_spec(need[1]) is None:
                continue
            with self.subTest(block.splitlines()[0]), tempfile.TemporaryDirectory() as folder:
                (pathlib.Path(folder) / "datasets").symlink_to(source / "datasets")
                here = os.getcwd()
                os.chdir(folder)
                try:
                    with contextlib.redirect_stdout(io.StringIO()) as out:
                        linecache.cache["block"] = len(block), None, block.splitlines(True), "block"  # for nnsight
                        exec(compile(block, "block", "exec"), {})
                finally:
                    os.chdir(here)
                run += 1
                self.assertEqual(block.count("print(") > 0, bool(out.getvalue()))
        self.assertGreaterEqual(run, 3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
