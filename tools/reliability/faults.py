#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""System calls that fail: each of those by which a run touches its directory, at many moments, with EIO and ENOSPC. One
line names what failed, what is there is whole, and the same command completes the run.

faults.py BIN_DIR [--points N]      rows on standard output; exit 1 on failure, 77 without strace
"""
import argparse
import pathlib
import re
import shutil
import sys
import tempfile

from found import DATA, MODELS, Found, run, says_why, small_runs, tree

CALLS = ["write", "pwrite64", "openat", "fsync", "rename", "renameat2", "ftruncate", "mkdir", "close", "linkat"]
ERRORS = ["EIO", "ENOSPC"]


def calls_below(trace, out):
    """Ordinals of the calls of each name that concern the directory: strace counts per thread."""
    seen, found = {}, {}
    for line in trace.read_text(errors="replace").splitlines():
        matched = re.match(r"(\d+)\s+(\w+)\((.*)", line)
        if not matched:
            continue
        thread, name, rest = matched.groups()
        number = seen[thread, name] = seen.get((thread, name), 0) + 1
        if str(out) in rest and "O_RDONLY" not in rest:
            found.setdefault(name, []).append(number)
    return found


def runs(work, only):
    """As small_runs(), and a run of several directories, which the other scripts do not analyze."""
    named = [name for name in only.split(",") if name != "sampling"]
    result = small_runs(work, ",".join(named)) if named else {}
    if not only or "sampling" in only:
        result["sampling"] = ["sampling", "--model", MODELS / "words", "--problems", DATA / "words/problems.jsonl", "--limit", "2",
                              "--steps", "variance", "--temperatures", "0.5,1", "--samples", "2", "--checkpoints", "4,8",
                              "--stride", "4", "--max-new-tokens", "8"]
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--points", type=int, default=14, help="per call, error and command (14)")
    parser.add_argument("--only", default="", help="some of loo,phiid,patching,steps,sampling")
    options = parser.parse_args()
    if not shutil.which("strace"):
        print("faults: strace is not installed", file=sys.stderr)
        return 77
    found = Found("faults")
    extract = options.binaries.resolve() / "extract"
    with tempfile.TemporaryDirectory(prefix="phiscope-faults-") as folder:
        work = pathlib.Path(folder)
        for name, arguments in runs(work, options.only).items():
            call, out, trace = [extract, *arguments, "--out"], work / "out", work / "trace"
            whole = work / name
            status, error = run(*call, whole)
            assert status == 0, error
            wanted = tree(whole)
            run("strace", "-f", "-y", "-qq", "-s", "0", "-o", trace, "-e", "trace=" + ",".join(CALLS), *call, out)
            for system_call, ordinals in calls_below(trace, out).items():
                steps = min(options.points, len(set(ordinals)))
                chosen = sorted(set(ordinals))
                for when in {chosen[i * (len(chosen) - 1) // max(1, steps - 1)] for i in range(steps)}:
                    for error_name in ERRORS:
                        shutil.rmtree(out, ignore_errors=True)
                        where = f"{name}, {system_call} number {when} fails with {error_name}"
                        status, error = run("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={system_call}", "-e",
                                            f"inject={system_call}:error={error_name}:when={when}", *call, out)
                        if status == 127 and "error while loading shared libraries" in error:
                            found.check("left out: the call was one of the loader, before the program", True, where)
                            continue
                        found.check("a call fails: one line with status 1, or no matter", status in (0, 1) and
                                    (status == 0 or says_why(error)),
                                    f"{where}: status {status}: {error}")
                        if status == 1:  # else a thread made fewer calls this time
                            found.check("of these, runs that it ended", True, where)
                        parts = {file: digest for file, digest in (tree(out) if out.exists() else {}).items()
                                 if ".part-" not in file}
                        found.check("what is there is whole", parts.items() <= wanted.items(),
                                    f"{where}: {sorted(parts.keys() - wanted.keys())[:1]}")
                        status, error = run(*call, out)
                        found.check("the same command completes it", status == 0 and tree(out) == wanted,
                                    f"{where}: then status {status}: {error}")
    return found.end()


if __name__ == "__main__":
    sys.exit(main())
