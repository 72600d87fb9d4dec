#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every notebook on the runs of the demo and compares the number it shows with the table of the analyze program.

notebooks_test.py SOURCE_DIR DEMO_DIR

Each notebook has a cell tagged `choice`, one assignment, and a cell tagged `number` that prints one number. It runs as
it is and again with another choice: both times the number must be that of the table, to the digits shown, so that a
reader's change has the effect that the text says. DEMO_DIR is what ./dev demo wrote.
"""
import csv
import json
import math
import pathlib
import re
import sys
import tempfile

import nbclient
import nbformat

SOURCE, DEMO = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()


def cell(file, column, **wanted):
    """The number in the one row of a table of the demo that has these fields."""
    with open(DEMO / file, newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if all(row[name] == value for name, value in wanted.items())]
    if len(rows) != 1:
        raise AssertionError(f"{file}: {len(rows)} rows with {wanted}, expected 1")
    return float(rows[0][column])


def loo(sink):
    return cell("report/loo.csv", "mean", run=f"sink-{sink}", condition="semantic", n="20", layer="2",
                position_type="all", pairs="own", scale="absolute", metric="ratio_influence")


def phiid(redundancy):
    """The largest mean balance over the partners of a head; the table of the demo is that of mmi."""
    if redundancy != "mmi":
        return None
    with open(DEMO / "phiid-report/rankings.csv", newline="") as opened:
        return max(float(row["syn_balance"]) for row in csv.DictReader(opened))


def sampling(checkpoint):
    return cell("sampling-report/variance_means.csv", "mean", temperature="1", layer="3", checkpoint=str(checkpoint),
                measure="trace_covariance")


def patching(mode):
    return cell("patching-report/patching.csv", "mean", mode=mode, set="single", layer="1", step="0", difficulty="all",
                measure="recovery")


def steps(step_set):
    return cell("steps-report/steps.csv", "importance", step_set=step_set, stratum="all",
                step="2" if step_set == "cumulative" else "1")


# Name, what its choice is called, the value that it has and another one, and what the table says of either.
NOTEBOOKS = [("loo", "sink", "drop", "keep", loo), ("phiid", "redundancy", "mmi", "ccs", phiid),
             ("sampling", "checkpoint", 64, 16, sampling), ("patching", "mode", "rerun", "frozen", patching),
             ("steps", "step_set", "single", "cumulative", steps)]


def tagged(book, tag):
    found = [each for each in book.cells if tag in each.metadata.get("tags", [])]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} cells tagged {tag}, expected 1")
    return found[0]


def shown_number(book):
    """The number that the reader sees: its text and its value."""
    text = "".join(output.get("text", "") for output in tagged(book, "number").outputs)
    match = re.search(r": (-?\d\S*)\s*$", text)
    if match is None:
        raise AssertionError(f"the cell tagged number shows {text!r}, expected a number at its end")
    return match[1], float(match[1])


def execute(client, book):
    """All cells from the first on; the kernel stays."""
    for number, each in enumerate(book.cells):
        client.execute_cell(each, number)


def checked_number(book, chosen, expected):
    """The text of the number that is shown, which must be that of the table."""
    text, shown = shown_number(book)
    wanted = expected(chosen)
    if wanted is not None and not math.isclose(shown, wanted, rel_tol=2e-11, abs_tol=1e-14):
        raise AssertionError(f"with {chosen!r}: shows {text}, the table has {wanted!r}")
    figures = sum("image/png" in output.get("data", {}) for each in book.cells for output in each.get("outputs", []))
    if figures < 2:
        raise AssertionError(f"with {chosen!r}: {figures} figures, expected at least 2")
    return text


def check(name, variable, value, other, expected, folder):
    book = nbformat.read(SOURCE / "notebooks" / f"{name}.ipynb", as_version=4)
    nbformat.validate(book)
    choice = tagged(book, "choice")
    if choice.source != f"{variable} = {json.dumps(value)}":
        raise AssertionError(f"the choice is {choice.source!r}, expected {variable} = {json.dumps(value)}")
    client = nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(folder)}},
                                     extra_arguments=["--IPKernelApp.log_level=40"])
    with client.setup_kernel():
        execute(client, book)
        before = checked_number(book, value, expected)
        choice.source = f"{variable} = {json.dumps(other)}"
        execute(client, book)
        after = checked_number(book, other, expected)
    if before == after:
        raise AssertionError(f"shows {before} for either {variable}")
    print(f"notebooks: {name}: {variable} {value}: {before}, {other}: {after}", flush=True)


def main():
    names = {path.stem for path in (SOURCE / "notebooks").glob("*.ipynb")}
    faults = [f"{name}: no test" for name in names ^ {each[0] for each in NOTEBOOKS}]
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder, "notebooks")
        here.mkdir()
        pathlib.Path(folder, "demo").symlink_to(DEMO)
        for notebook in NOTEBOOKS:
            try:
                check(*notebook, here)
            except (AssertionError, OSError, KeyError, nbclient.exceptions.CellExecutionError) as error:
                faults.append(f"{notebook[0]}: {error}")
    for fault in faults:
        print("notebooks: " + fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
