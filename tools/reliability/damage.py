#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs that were damaged after they were made. Single bits flipped anywhere, files that are gone, cut, exchanged, turned
into links, pipes and folders, and numbers in the JSON files that no run has: `extract verify` finds each, and an
analysis, which compares what it reads, ends with one line and without a report, or had no need of that file.

damage.py BIN_DIR [--flips N] [--seed N]      rows on standard output; exit 1 on failure
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

from found import Found, run, says_why, small_runs, tree


def edit_json(file, change):
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content, indent=1) + "\n")


def replace(path, make):
    """Puts something else in the place of a file."""
    path.unlink()
    make(path)


def damages(run_folder):
    """What is done to a copy of a run, by name; arrays is the first shard of its first array."""
    plan = json.loads((run_folder / "plan.json").read_text())
    array = f"{plan['arrays'][0]['name']}/shard-00000.npy"
    second = f"{plan['arrays'][0]['name']}/shard-00001.npy"
    commit = "commit/shard-00000.json"
    deep = "[" * 100000 + "]" * 100000

    def swap(folder):
        one, other = (folder / array).read_bytes(), (folder / second).read_bytes()
        (folder / array).write_bytes(other)
        (folder / second).write_bytes(one)

    made = {
        "an array cut by a byte": lambda r: os.truncate(r / array, (r / array).stat().st_size - 1),
        "an array of 1 TB, sparse": lambda r: os.truncate(r / array, 10**12),
        "an empty array": lambda r: (r / array).write_bytes(b""),
        "two shards exchanged": swap,
        "an array gone": lambda r: (r / array).unlink(),
        "a record of a shard gone": lambda r: (r / commit).unlink(),
        "the rows gone": lambda r: shutil.rmtree(r / "rows"),
        "the prompts gone": lambda r: (r / "prompts.jsonl").unlink(),
        "a prompt less": lambda r: (r / "prompts.jsonl").write_text(
            "".join((r / "prompts.jsonl").read_text().splitlines(True)[:-1])),
        "an array that is a link to /etc/passwd": lambda r: replace(r / array, lambda p: p.symlink_to("/etc/passwd")),
        "an array that is a link to itself": lambda r: replace(r / array, lambda p: p.symlink_to(p.name)),
        "1,000,000 shards": lambda r: edit_json(r / "plan.json", lambda j: j.update(shards=10**6)),
        "2^63 shards": lambda r: edit_json(r / "plan.json", lambda j: j.update(shards=2**63)),
        "no shards": lambda r: edit_json(r / "plan.json", lambda j: j.update(shards=0)),
        "an array named ../../x": lambda r: edit_json(r / "plan.json", lambda j: j["arrays"][0].update(name="../../x")),
        "rows of 2^40": lambda r: edit_json(r / "plan.json", lambda j: j["arrays"][0].update(
            row_shape=[2**40] * max(1, len(j["arrays"][0]["row_shape"])))),
        "an option in the plan": lambda r: edit_json(r / "plan.json", lambda j: j["options"].update(seed=99)),
        "2^63 rows in a record": lambda r: edit_json(r / commit, lambda j: [f.update(rows=2**63) for f in j["files"]]),
        "a record that names ../x": lambda r: edit_json(r / commit, lambda j: j["files"][0].update(file="../x.npy")),
        "a record of a shard that is not there": lambda r: shutil.copy(r / commit, r / "commit/shard-99999.json"),
    }
    for name in ("plan.json", commit, "manifest.json"):
        made[f"{name} 100,000 deep"] = lambda r, name=name: (r / name).write_text(deep)
        made[f"{name} empty"] = lambda r, name=name: (r / name).write_text("")
        made[f"{name} that is /dev/zero"] = lambda r, name=name: replace(r / name, lambda p: p.symlink_to("/dev/zero"))
        made[f"{name} that is a pipe"] = lambda r, name=name: replace(r / name, os.mkfifo)
        made[f"{name} that is a folder"] = lambda r, name=name: replace(r / name, lambda p: p.mkdir())
    made["prompts.jsonl that is a pipe"] = lambda r: replace(r / "prompts.jsonl", os.mkfifo)
    made["an array that is a pipe"] = lambda r: replace(r / array, os.mkfifo)
    return made


def numbers(report):
    """Tables and results; other files have the run's address."""
    return {name: digest for name, digest in tree(report).items() if name.endswith((".csv", ".npy"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--flips", type=int, default=100, help="bits, per subcommand")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="some of loo,phiid,patching,steps")
    options = parser.parse_args()
    binaries = options.binaries.resolve()
    found = Found("damage")
    drawn = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="phiscope-damage-") as folder:
        work = pathlib.Path(folder)
        for word, arguments in small_runs(work, options.only).items():
            whole, copy, report = work / word, work / "damaged" / word, work / "report"  # tables name runs
            status, error = run(binaries / "extract", *arguments, "--out", whole)
            assert status == 0, error
            shutil.rmtree(report, ignore_errors=True)
            status, error = run(binaries / f"analyze-{word}", whole, "--out", report, "--no-figures")
            assert status == 0, error
            wanted = numbers(report)

            def judge(kind, what):
                status, error = run(binaries / "extract", "verify", copy)
                found.check(f"{kind}: `extract verify` ends with 1", status == 1, f"{word}, {what}: {status}: {error}")
                shutil.rmtree(report, ignore_errors=True)
                status, error = run(binaries / f"analyze-{word}", copy, "--out", report, "--no-figures")
                if status == 0:  # of a file that it does not read
                    found.check(f"{kind}: else its numbers are those of the run", numbers(report) == wanted,
                                f"{word}, {what}: other numbers")
                    return
                found.check(f"{kind}: the analysis ends with 1 and without a report",
                            status == 1 and not report.exists() and says_why(error),
                            f"{word}, {what}: {status}: {error}")

            # generated_texts.jsonl follows from the ids in the arrays, and has no hash of its own.
            files = sorted(path for path in whole.rglob("*") if path.is_file() and path.suffix not in (".log", ".lock") and
                           path.name != "generated_texts.jsonl")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(whole, copy)
            for _ in range(options.flips):
                # Every file as often as any other: the small ones are what is read first.
                file = copy / drawn.choice(files).relative_to(whole)
                data = file.read_bytes()
                if not data:
                    continue
                at, bit = drawn.randrange(len(data)), drawn.randrange(8)
                changed = bytearray(data)
                changed[at] ^= 1 << bit
                file.write_bytes(changed)
                judge("one bit", f"bit {bit} of byte {at} of {file.relative_to(copy)}")
                file.write_bytes(data)
            for what, damage in damages(whole).items():
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(whole, copy)
                damage(copy)
                judge("damage", what)
    return found.end()


if __name__ == "__main__":
    sys.exit(main())
