# SPDX-License-Identifier: MIT
"""Counts of seeds, and what is told of them."""

import math


def tail(count, total, chance):
    """P(at least `count` of `total`), summed in logarithms."""
    if count <= 0:
        return 1.0
    if not 0.0 < chance < 1.0:
        return float(chance >= 1.0)
    ways = math.lgamma(total + 1)
    terms = [ways - math.lgamma(k + 1) - math.lgamma(total - k + 1)
             + k * math.log(chance) + (total - k) * math.log1p(-chance)
             for k in range(count, total + 1)]
    most = max(terms)
    return min(1.0, math.exp(most) * sum(math.exp(term - most) for term in terms))


def binomial_interval(count, total, confidence=0.95):
    """Clopper and Pearson's: the chances under which neither this count nor a more extreme one is
    rarer than half of what the confidence leaves."""
    half = 0.5 * (1.0 - confidence)

    def solve(is_low_enough):
        low, high = 0.0, 1.0
        for _ in range(40):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if is_low_enough(middle) else (low, middle)
        return 0.5 * (low + high)

    low = 0.0 if count == 0 else solve(lambda chance: tail(count, total, chance) < half)
    high = 1.0 if count == total else solve(
        lambda chance: 1.0 - tail(count + 1, total, chance) > half)
    return low, high


class Rate:
    """How many of how many."""

    def __init__(self, count=0, total=0):
        self.count, self.total = count, total

    def add(self, count, total):
        self.count += count
        self.total += total

    def value(self):
        return self.count / self.total

    def text(self):
        """".048 [.034, .065]", or "-" without a seed."""
        if self.total == 0:
            return "-"
        low, high = binomial_interval(self.count, self.total)
        return f"{short(self.value())} [{short(low)}, {short(high)}]"


def short(rate):
    """".048", "1.000"."""
    text = f"{rate:.3f}"
    return text[1:] if text.startswith("0") else text
