# SPDX-License-Identifier: MIT
"""The rows of docs/trust.md, and what each rate must keep: all bounds are here."""

from dataclasses import dataclass

FALSE_POSITIVES = 0.07  # of what has a level of .05, with the error of the simulation
POWER = 0.9


@dataclass(frozen=True)
class Bound:
    least: float = 0.0
    most: float = 1.0

    def holds(self, rate):
        return self.least <= rate.value() <= self.most

    def text(self):
        if self.least > 0.0 and self.most < 1.0:
            return f"{hundredths(self.least)} to {hundredths(self.most)}"
        if self.least > 0.0:
            return f"at least {hundredths(self.least)}"
        return f"at most {hundredths(self.most)}" if self.most < 1.0 else "none"


def hundredths(rate):
    return f"{rate:.2f}".removeprefix("0") if rate > 0.0 else "0"


NONE = Bound()
RARE = Bound(most=FALSE_POSITIVES)
RARE_TENTH = Bound(most=0.13)  # the same of a level of .1
FOUND = Bound(least=POWER)
ALWAYS = Bound(least=1.0)
NEVER = Bound(most=0.0)
NORMAL = Bound(0.93, 0.97)    # coverage of 95 % intervals of symmetric units
SKEWED = Bound(least=0.88)    # of lognormal units
