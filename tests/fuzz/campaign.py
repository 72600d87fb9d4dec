#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs libFuzzer on every target for a while:  campaign.py --build build/fuzz --minutes 10 [--jobs N] [TARGET...]
or on each of some for a number of inputs:      campaign.py --build build/fuzz --runs 100000000 [--jobs N] npy safetensors

The time is divided between the targets. New inputs go to BUILD/corpus/TARGET, what breaks a target to
BUILD/findings/TARGET; a target ends with its first finding. Writes BUILD/figures.json and ends with 1 if anything was
found. With --runs the figures are in BUILD/long.json, and inputs that it already counts are not tried again: after
SIGINT the same command resumes. ASAN_OPTIONS are those of the environment where it sets them: a long campaign is
faster with detect_stack_use_after_return=0:malloc_context_size=0, and with a build whose CMAKE_CXX_FLAGS have -O2 and
-fno-sanitize-coverage=trace-cmp.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
TIME_LIMIT_S = 20  # of one input
MEMORY_MB = 2048


def targets():
    return sorted(path.name for path in (HERE / "seeds").iterdir())


def fuzz(name, build, limit):
    """Figures of one target; limit: libFuzzer's option that ends it, none where nothing is left to do."""
    corpus, findings = build / "corpus" / name, build / "findings" / name
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    if limit is None:
        found = sorted(str(path) for path in findings.iterdir())
        return {"target": name, "runs": 0, "seconds": 0, "features": 0, "findings": found, "status": 0}
    seeds = [folder / name for folder in (HERE / "seeds", HERE / "cases") if (folder / name).is_dir()]
    command = [build / "tests/fuzz_readers", limit, "-reload=0", f"-timeout={TIME_LIMIT_S}",
               f"-rss_limit_mb={MEMORY_MB}", "-print_funcs=0", f"-artifact_prefix={findings}/", "-print_final_stats=1", corpus, *seeds]
    environment = {"ASAN_OPTIONS": "detect_stack_use_after_return=1", **os.environ, "PHISCOPE_FUZZ_TARGET": name}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    log = done.stderr.decode(errors="replace")
    (build / "findings" / f"{name}.log").write_text(log)
    runs = re.findall(r"stat::number_of_executed_units:\s*(\d+)", log)
    rate = re.findall(r"stat::average_exec_per_sec:\s*(\d+)", log)
    features = re.findall(r" ft: (\d+)", log)
    found = sorted(str(path) for path in findings.iterdir())
    runs = int(runs[-1]) if runs else 0
    stopped = "libFuzzer: run interrupted" in log
    return {"target": name, "runs": runs, "seconds": runs / max(1, int(rate[-1])) if rate else 0,
            "features": int(features[-1]) if features else 0, "findings": found,
            "status": 0 if stopped else done.returncode}


def summed(row, earlier, build):
    """A row with what an earlier campaign did, the rate and the size of the corpus."""
    runs, seconds = row["runs"] + earlier.get("runs", 0), row["seconds"] + earlier.get("seconds", 0)
    return {**row, "runs": runs, "seconds": round(seconds), "runs_per_s": round(runs / max(1, seconds)),
            "features": max(row["features"], earlier.get("features", 0)),
            "corpus": sum(1 for _ in (build / "corpus" / row["target"]).iterdir())}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=10.0, help="of all targets together (10)")
    parser.add_argument("--runs", type=int, help="inputs of each target, instead of a time")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="targets at a time (all cores)")
    parser.add_argument("targets", nargs="*", default=targets())
    options = parser.parse_args()
    signal.signal(signal.SIGINT, lambda *_: None)  # a terminal sends it to the fuzzers too: they end, and are counted
    seconds = max(1, round(options.minutes * 60 * options.jobs / len(options.targets)))
    figures = options.build / ("long.json" if options.runs else "figures.json")
    earlier = {row["target"]: row for row in json.loads(figures.read_text())} if options.runs and figures.exists() else {}

    def limit(name):
        if not options.runs:
            return f"-max_total_time={seconds}"
        left = options.runs - earlier.get(name, {}).get("runs", 0)
        return f"-runs={left}" if left > 0 else None

    each = f"{options.runs:,} inputs" if options.runs else f"{seconds} s"
    print(f"{len(options.targets)} targets, {each} each, {options.jobs} at a time\n")
    print(f"{'target':<14} {'runs':>10} {'runs/s':>8} {'features':>8} {'corpus':>7}  findings")
    rows = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(lambda name: fuzz(name, options.build, limit(name)), options.targets):
            row = summed(row, earlier.get(row["target"], {}), options.build)
            rows.append(row)
            failed = row["status"] != 0 and not row["findings"]
            found = ", ".join(row["findings"]) or (f"ended with {row['status']}, see findings/{row['target']}.log" if failed else "-")
            print(f"{row['target']:<14} {row['runs']:>10} {row['runs_per_s']:>8} {row['features']:>8} {row['corpus']:>7}  {found}",
                  flush=True)
    others = [row for name, row in earlier.items() if name not in options.targets]
    figures.write_text(json.dumps(others + rows, indent=1) + "\n")
    print(f"{'all':<14} {sum(row['runs'] for row in rows):>10}")
    sys.exit(any(row["findings"] or row["status"] != 0 for row in rows))


if __name__ == "__main__":
    main()
