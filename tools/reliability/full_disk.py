#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A disk that becomes full under a run, in a file system of its own: one line with status 1, nothing half under a final
name, and once there is room the same command completes the run to the same bytes.

full_disk.py BIN_DIR [--fills N] [--only NAME,...]      rows on standard output; exit 1 on failure, 77 without the right to
                                                        mount a file system
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from found import DATA, MODELS, Found, run, says_why, small_runs, tree

INSIDE = "PHISCOPE_OWN_MOUNTS"  # set once this process has mounts of its own


def runs(work, only):
    named = [name for name in only.split(",") if name != "sampling"]
    result = small_runs(work, ",".join(named)) if named else {}
    if not only or "sampling" in only:
        result["sampling"] = ["sampling", "--model", MODELS / "words", "--problems", DATA / "words/problems.jsonl", "--limit", "4",
                              "--steps", "variance,sensitivity,attribution", "--temperatures", "0.5", "--samples", "3",
                              "--checkpoints", "8,16", "--stride", "4", "--max-new-tokens", "24", "--interval", "4",
                              "--lookahead", "8", "--window-stride", "2", "--problems-per-shard", "1"]
    return result


def fill(file):
    """Takes all the room that there is."""
    with open(file, "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(1 << 16))
        except OSError:
            pass


def is_part_of(there, whole):
    """Is every file under its final name one of the whole run's?"""
    return {name: digest for name, digest in there.items() if ".part-" not in name}.items() <= whole.items()


def try_command(found, extract, name, words, disk, fills):
    whole = disk.parent / f"whole-{name}"
    begin = time.monotonic()
    status, error = run(extract, *words, "--out", whole)
    took = time.monotonic() - begin
    if not found.check("runs with room", status == 0, f"{name}: {error}"):
        return
    wanted = tree(whole)
    for number in range(fills):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=True)
        out, ballast = disk / "run", disk / "ballast"
        process = subprocess.Popen([str(word) for word in [extract, *words, "--out", out]], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(took * (0.3 + 0.6 * number / fills))
        fill(ballast)
        error = (process.communicate()[1].strip().splitlines() or [""])[-1]
        told = f"{name}, fill {number}: status {process.returncode}: {error}"
        if process.returncode != 0:
            found.check("a full disk: one line with status 1", process.returncode == 1 and says_why(error), told)
        found.check("what is there is whole", is_part_of(tree(out) if out.exists() else {}, wanted), told)
        ballast.unlink()
        status, error = run(extract, *words, "--out", out)
        found.check("with room again the same command completes it", status == 0 and tree(out) == wanted,
                    f"{name}, fill {number}: status {status}: {error}")
        subprocess.run(["umount", str(disk)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--fills", type=int, default=8, help="moments at which the disk fills, for each command (8)")
    parser.add_argument("--only", default="", help="some of loo,phiid,patching,steps,sampling")
    options = parser.parse_args()
    if INSIDE not in os.environ:
        with tempfile.TemporaryDirectory(prefix="phiscope-full-") as place:
            mount = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", place]
            if subprocess.run(mount, capture_output=True).returncode != 0:
                print("full_disk: no right to mount a file system", file=sys.stderr)
                return 77
        os.execvpe("unshare", ["unshare", "--mount", sys.executable, "-B", *sys.argv], {**os.environ, INSIDE: "1"})
    found = Found("full_disk")
    with tempfile.TemporaryDirectory(prefix="phiscope-full-") as folder:
        work = pathlib.Path(folder)
        disk = work / "disk"
        disk.mkdir()
        for name, words in runs(work, options.only).items():
            try_command(found, options.binaries.resolve() / "extract", name, words, disk, options.fills)
    return found.end()


if __name__ == "__main__":
    sys.exit(main())
