# SPDX-License-Identifier: MIT
"""The page docs/trust.md, from the rates that were counted."""

from pathlib import Path

import tables
from rates import Rate, binomial_interval, short

ALL = (tables.METRIC_COVERAGE, tables.PROGRAM_COVERAGE, tables.METRIC_P, tables.PROGRAM_P,
       tables.CLAIMS)


def rate_text(rate, bound):
    mark = "" if rate.total == 0 or bound.holds(rate) else " **out of bounds**"
    return rate.text() + mark


def bounds_text(row):
    """The bound that all rates of the row have, or each one's."""
    texts = [bound.text() for bound in row.bounds]
    return texts[0] if len(set(texts)) == 1 else "; ".join(texts)


def seeds_text(found):
    totals = sorted({rate.total for rate in found})
    return str(totals[0]) if len(totals) == 1 else f"{totals[0]} to {totals[-1]}"


def markdown(table, rates):
    heads = [*table.names, *table.rates, "of", "bound"]
    lines = ["| " + " | ".join(heads) + " |",
             "|" + "---|" * len(table.names) + "---:|" * (len(table.rates) + 1) + "---|"]
    for row in table.rows:
        found = [rates.get(table.cell(row.name, rate), Rate()) for rate in table.rates]
        cells = [rate_text(rate, bound) for rate, bound in zip(found, row.bounds)]
        lines.append("| " + " | ".join([*row.name, *cells, seeds_text(found), bounds_text(row)])
                     + " |")
    return "\n".join(lines)


def page(rates):
    """The text around the tables is trust.md.in; a line `@table KEY@` becomes the table."""
    text = "<!-- Made by ./dev calibrate from tests/calibrate/trust.md.in. -->\n" + (Path(__file__).parent / "trust.md.in").read_text()
    for table in ALL:
        text = text.replace(f"@table {table.key}@", markdown(table, rates))
    return text


def is_broken(rate, bound, quick):
    """A rate that was not counted breaks a full run. A few seeds break a bound only where they
    contradict it: all that the binomial interval of 99.9 % holds is outside."""
    if rate.total == 0:
        return not quick
    if not quick:
        return not bound.holds(rate)
    low, high = binomial_interval(rate.count, rate.total, 0.999)
    return low > bound.most or high < bound.least


def broken(rates, quick):
    """One line for each rate that breaks its bound."""
    lines = []
    for table in ALL:
        for row in table.rows:
            for name, bound in zip(table.rates, row.bounds):
                rate = rates.get(table.cell(row.name, name), Rate())
                if is_broken(rate, bound, quick):
                    lines.append(f"{table.key}: {', '.join(row.name)}: {name}: found "
                                 f"{rate.count} of {rate.total}, expected {bound.text()}")
    return lines
