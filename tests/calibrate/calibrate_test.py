# SPDX-License-Identifier: MIT
"""Tests of the counting and of the run directories; those of the programs are the simulations."""

import tempfile
import unittest
from array import array
from fractions import Fraction
from math import comb
from pathlib import Path

import bounds
import noise
import tables
import trust
from rates import Rate, binomial_interval, tail
from run_directory import npy_bytes

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


class Rates(unittest.TestCase):
    def test_tail_is_the_sum_of_the_binomial_chances(self):
        chance = Fraction(3, 40)
        exact = sum(comb(50, k) * chance**k * (1 - chance)**(50 - k) for k in range(7, 51))
        self.assertAlmostEqual(tail(7, 50, 0.075), float(exact), places=13)
        self.assertEqual(tail(0, 50, 0.075), 1.0)

    def test_interval_is_that_of_scipy(self):
        # scipy.stats.binomtest(5, 100).proportion_ci(), (0, 20), (20, 20)
        for counted, expected in (((5, 100), (0.0164318, 0.1128349)), ((0, 20), (0.0, 0.1684335)),
                                  ((20, 20), (0.8315665, 1.0))):
            for found, end in zip(binomial_interval(*counted), expected):
                self.assertAlmostEqual(found, end, places=6)

    def test_text_has_rate_and_interval(self):
        self.assertEqual(Rate(5, 100).text(), ".050 [.016, .113]")
        self.assertEqual(Rate(20, 20).text(), "1.000 [.832, 1.000]")
        self.assertEqual(Rate().text(), "-")


class Bounds(unittest.TestCase):
    def test_a_rate_on_the_bound_keeps_it(self):
        self.assertTrue(bounds.RARE.holds(Rate(7, 100)))
        self.assertFalse(bounds.RARE.holds(Rate(8, 100)))
        self.assertFalse(bounds.NORMAL.holds(Rate(98, 100)))

    def test_a_full_run_is_broken_by_a_rate_and_a_quick_one_by_a_contradiction(self):
        some = Rate(12, 100)
        self.assertTrue(trust.is_broken(some, bounds.RARE, quick=False))
        self.assertFalse(trust.is_broken(some, bounds.RARE, quick=True))
        self.assertTrue(trust.is_broken(Rate(30, 100), bounds.RARE, quick=True))
        self.assertTrue(trust.is_broken(Rate(1, 30), bounds.FOUND, quick=True))

    def test_a_full_run_has_a_rate_in_every_cell(self):
        lines = trust.broken({}, quick=False)
        self.assertEqual(len(lines), sum(len(table.rows) * len(table.rates)
                                         for table in trust.ALL))
        self.assertEqual(trust.broken({}, quick=True), [])

    def test_the_page_marks_what_breaks_its_bound(self):
        row = tables.METRIC_P.rows[0]
        rates = {tables.METRIC_P.cell(row.name, rate): Rate(count, 100)
                 for rate, count in zip(tables.P, (8, 9, 50))}
        lines = trust.page(rates).splitlines()
        found = next(line for line in lines if line.startswith("| " + " | ".join(row.name)))
        self.assertEqual(found, "| sign-flip test | symmetric, heavy tails | 5 | "
                                ".080 [.035, .152] **out of bounds** | .090 [.042, .164] | "
                                ".500 [.398, .602] | 100 | at most .07; at most .13; none |")
        self.assertIn("metric p: sign-flip test, symmetric, heavy tails, 5: at most .05: found 8 of "
                      "100, expected at most .07", trust.broken(rates, quick=False))


class RunDirectories(unittest.TestCase):
    def test_npy_has_the_bytes_of_numpy(self):
        written = (GOLDEN / "loo/run/word_rep/shard-00000.npy").read_bytes()
        values = array("f")
        values.frombytes(written[-108 * 3 * 3 * 4:])
        self.assertEqual(npy_bytes(values, "<f4", [108, 3, 3]), written)

    def test_a_seed_gives_the_same_bytes_and_another_one_others(self):
        def bytes_of(seed):
            with tempfile.TemporaryDirectory() as folder:
                noise.write_phiid(Path(folder) / "run", seed, 3, 2, 2, 8, memory=0.5)
                return (Path(folder) / "run/head_norm/shard-00000.npy").read_bytes()

        self.assertEqual(bytes_of(1), bytes_of(1))
        self.assertNotEqual(bytes_of(1), bytes_of(2))


if __name__ == "__main__":
    unittest.main()
