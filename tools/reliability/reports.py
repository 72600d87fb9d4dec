#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Report folders: killed while they are written over an older report, without room, written twice at once, in places
where nothing can be written, over files of somebody else. What is there is the old report or the new one.

reports.py BIN_DIR [--kills N] [--seed N]      rows on standard output; exit 1 on failure
"""
import argparse
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from found import Found, run, says_why, small_runs, tree


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=20, help="per analysis")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="some of loo,phiid,patching,steps")
    options = parser.parse_args()
    binaries = options.binaries.resolve()
    found = Found("reports")
    drawn = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="phiscope-reports-") as folder:
        work = pathlib.Path(folder)
        for word, arguments in small_runs(work, options.only).items():
            whole, out = work / word, work / "report"
            status, error = run(binaries / "extract", *arguments, "--out", whole)
            assert status == 0, error
            call = [binaries / f"analyze-{word}", whole, "--no-figures", "--out"]
            reports = {}
            for seed in ("1", "2"):
                begin = time.monotonic()
                status, error = run(*call, work / f"{word}-{seed}", "--seed", seed)
                assert status == 0, error
                seconds = time.monotonic() - begin
                reports[seed] = tree(work / f"{word}-{seed}")
            for number in range(options.kills):
                shutil.rmtree(out, ignore_errors=True)
                shutil.copytree(work / f"{word}-1", out)
                process = subprocess.Popen([*map(str, call), str(out), "--seed", "2"], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                time.sleep(drawn.uniform(0.5, 1.05) * seconds)
                process.kill()
                process.wait()
                found.check("killed over an older report: the old one or the new one", tree(out) in reports.values(),
                            f"{word}, kill {number}: a mixture")
                status, error = run(*call, out, "--seed", "2")
                found.check("the same command after that: the new one, and nothing else", status == 0 and
                            tree(out) == reports["2"] and not [p.name for p in work.iterdir() if ".part" in p.name],
                            f"{word}, kill {number}: status {status}: {error}")
            for limit in (100, 5000, 50000):
                shutil.rmtree(out, ignore_errors=True)
                shutil.copytree(work / f"{word}-1", out)
                status, error = run(*call, out, "--seed", "2", preexec_fn=lambda limit=limit: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (limit, limit)))
                found.check("without room: one line, and the old report", status == 1 and tree(out) == reports["1"],
                            f"{word}, files of {limit} bytes: status {status}: {error}")
            shutil.rmtree(out, ignore_errors=True)
            twins = [subprocess.Popen([*map(str, call), str(out), "--seed", "1"], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, text=True) for _ in range(2)]
            errors = [twin.communicate()[1] for twin in twins]
            found.check("twice at once: one report", 0 in [twin.returncode for twin in twins] and
                        tree(out) == reports["1"], f"{word}: {[twin.returncode for twin in twins]} {errors}")
            for place in ("/etc/passwd/x", "/proc/x", "/dev/full", whole):
                status, error = run(*call, place)
                found.check("nowhere to write: one line with status 1", status == 1 and says_why(error),
                            f"{word}, {place}: status {status}: {error}")
            mine = work / "mine"
            shutil.rmtree(mine, ignore_errors=True)
            mine.mkdir()
            (mine / "notes.txt").write_text("mine")
            status, error = run(*call, mine)
            found.check("a folder of somebody else is refused", status == 1 and os.listdir(mine) == ["notes.txt"],
                        f"{word}: status {status}: {error}")
    return found.end()


if __name__ == "__main__":
    sys.exit(main())
