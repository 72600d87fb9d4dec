# SPDX-License-Identifier: MIT
"""Runs the programs and reads what they say."""

import csv
import json
import shutil
import subprocess
from pathlib import Path


class Failed(Exception):
    pass


def run_program(command):
    """Standard output. Throws Failed with what the program said."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit {done.returncode}: "
                     f"{done.stderr.strip()[-500:]}")
    return done.stdout


class Report:
    """A report that an analysis wrote: its claims and its tables."""

    def __init__(self, bin_dir, program, folder, *options):
        self.folder = Path(folder) / "report"
        shutil.rmtree(self.folder, ignore_errors=True)
        line = run_program([bin_dir / program, Path(folder) / "run", "--out", self.folder,
                            "--no-figures", "--threads", 1, *options])
        told = json.loads(line.splitlines()[-1])
        self.claims, self.warnings = told["claims"], told["warnings"]
        self.files = told["files"]

    def table(self, name):
        with open(self.folder / name, newline="") as file:
            return list(csv.DictReader(file))

    def claims_about(self, *words):
        """Claims whose sentence holds all of the words."""
        return [claim for claim in self.claims if all(word in claim["claim"] for word in words)]


def shown(claims):
    return any(claim["verdict"] == "shown" for claim in claims)


def fresh(folder):
    """An empty folder for one seed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
