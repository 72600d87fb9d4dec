# SPDX-License-Identifier: MIT
"""What the scripts of this folder have in common: small runs, digests of folders, and a count of broken promises."""
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS, DATA = ROOT / "datasets/models", ROOT / "datasets"


class Found:
    """Rows of a table: what was tried, how often, and how often it was not as promised."""

    def __init__(self, script):
        self.script, self.rows = script, {}

    def check(self, what, good, told):
        row = self.rows.setdefault(what, {"what": what, "tried": 0, "failures": 0})
        row["tried"] += 1
        if not good:
            row["failures"] += 1
            print(f"{self.script}: {what}: {told}", file=sys.stderr, flush=True)
        return good

    def end(self):
        for row in self.rows.values():
            print(json.dumps(row))
        return 1 if any(row["failures"] for row in self.rows.values()) else 0


def tree(folder):
    """Digests of what a folder consists of: not logs, which differ, nor locks."""
    folder = pathlib.Path(folder)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".log", ".lock")}


def run(*words, wait=120, **more):
    """Status (negative: a signal; None: not ended in time) and the last line of standard error."""
    words = [word if isinstance(word, bytes) else str(word) for word in words]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=more.pop("stdout", subprocess.DEVNULL),
                               stderr=subprocess.PIPE, start_new_session=True, **more)
    try:
        error = process.communicate(timeout=wait)[1].decode("utf8", "replace")
        return process.returncode, (error.strip().splitlines() or [""])[-1]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None, "does not end"


def says_why(error):
    """Is this a program's own line on what is wrong?"""
    return error.startswith(("error: ", "extract: ")) or re.match(r"analyze-\w+: error: ", error) is not None


def first_prompts(file, count):
    """The first prompts of the demo, as a file of their own."""
    file.write_text("".join((DATA / "phiid/words.jsonl").read_text().splitlines(True)[:count]))
    return file


def small_runs(work, only=""):
    """Arguments of `extract` by name, each for a run of some shards in a second; without --out.
    only: names, separated by commas; empty: all"""
    prompts = first_prompts(work / "prompts.jsonl", 6)
    runs = {
        "loo": ["loo", "--model", MODELS / "walk", "--context-lengths", "6,10", "--n-trials", "6", "--conditions",
                "semantic,unrelated"],
        "phiid": ["phiid", "--model", MODELS / "words", "--prompts", prompts, "--generate", "30", "--ignore-eos",
                  "--prompts-per-shard", "2"],
        "patching": ["patching", "--model", MODELS / "week", "--batch-size", "8", "--max-new-tokens", "4", "--pairs",
                     DATA / "week/pairs.json", "--limit", "12", "--pairs-per-shard", "3"],
        "steps": ["steps", "--model", MODELS / "week", "--batch-size", "8", "--max-new-tokens", "4", "--problems",
                  DATA / "week/problems.jsonl", "--per-stratum", "4", "--problems-per-shard", "4"],
    }
    return {name: runs[name] for name in (only.split(",") if only else runs)}
