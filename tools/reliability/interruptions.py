#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every subcommand of `extract` that makes a run, interrupted: killed and stopped at random moments, out of room, started
twice at once, and robbed of files. What is there must be whole at any moment, and the same command must complete it
to the bytes of a run that nothing happened to.

interruptions.py BIN_DIR [--points N] [--seed N] [--only WORD,...]     lines of a table on standard output; exit 1 on failure
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIGNALS = [signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1, signal.SIGINT]
STOPPED = 75


def commands(work):
    """Arguments by name; {out} is the run directory."""
    models, data = ROOT / "datasets/models", ROOT / "datasets"
    prompts = work / "prompts.jsonl"
    prompts.write_text("".join((data / "phiid/words.jsonl").read_text().splitlines(True)[:8]))
    generate = f"--model {models}/words --prompts {prompts} --prompts-per-shard 1 --ignore-eos --out {{out}}"
    latent = f"--model {models}/week --batch-size 8 --max-new-tokens 4 --out {{out}}"
    problems = f"--model {models}/words --problems {data}/words/problems.jsonl"
    return {
        "activations": f"activations {generate} --generate 30 --positions gen --capture head_norm,hook_resid_post",
        "samples": f"activations {generate} --generate 20 --capture head_norm --samples 2 --temperature 0.8",
        "loo": f"loo --model {models}/walk --context-lengths 20,40 --n-trials 4 --positions all --batch-size 4 --out {{out}}",
        "phiid": f"phiid {generate} --generate 40",
        "ablate": f"ablate --model {models}/words --texts {work}/texts --orders random:0-3 --step-size 2 "
                  "--removals-per-shard 2 --out {out}",
        "patching": f"patching {latent} --pairs {data}/week/pairs.json --limit 12 --pairs-per-shard 1",
        "steps": f"steps {latent} --problems {data}/week/problems.jsonl --per-stratum 4 --problems-per-shard 1",
        "sampling": f"sampling {problems} --limit 4 --steps variance,sensitivity,attribution --temperatures 0.5,1 "
                    "--samples 3 --checkpoints 8,16 --stride 4 --max-new-tokens 16 --interval 4 --lookahead 8 "
                    "--window-stride 2 --problems-per-shard 1 --out {out}",
    }


def tree(run):
    """Digests of what a run consists of: not logs, which differ, nor locks."""
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(run.rglob("*")) if path.is_file() and path.suffix not in (".log", ".lock")}


class Trial:
    """One subcommand and what was found of it."""

    def __init__(self, program, arguments, work, seed):
        self.program, self.arguments, self.work = program, arguments, work
        self.random = random.Random(seed)
        self.problems, self.runs, self.points, self.slowest = [], 0, 0, 0.0
        begin = time.monotonic()
        self.whole = work / "whole"
        done = self.finish(self.start(self.whole))
        if done[0] != 0:
            raise SystemExit(f"interruptions: {arguments}: {done[1]}")
        self.seconds = time.monotonic() - begin
        self.wanted = tree(self.whole)

    def start(self, out, before=None):
        self.runs += 1
        words = [word.replace("{out}", str(out)) for word in self.arguments.split()]
        return subprocess.Popen([self.program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                preexec_fn=before)

    @staticmethod
    def finish(process):
        error = process.communicate()[1]
        return process.returncode, (error.strip().splitlines() or [""])[-1]

    def fresh(self, name):
        out = self.work / name
        shutil.rmtree(out, ignore_errors=True)
        return out

    def check(self, good, what):
        if not good:
            self.problems.append(what)

    def check_parts(self, out, what):
        """What has its final name has its final bytes."""
        for name, digest in (tree(out) if out.exists() else {}).items():
            if ".part-" not in name:
                self.check(self.wanted.get(name) == digest, f"{what}: {name} is not what it will be")

    def complete(self, out, what):
        status, error = self.finish(self.start(out))
        self.check(status == 0, f"{what}: resuming ended with {status}: {error}")
        found = tree(out) if out.exists() else {}
        differ = sorted(name for name in found.keys() | self.wanted.keys() if found.get(name) != self.wanted.get(name))
        self.check(not differ, f"{what}: after resuming {len(differ)} files differ, as {differ[:1]}")

    def killed(self, points):
        """Ended at this many random moments, one to three of a run before it is completed."""
        while self.points < points:
            number, out, sent = self.points, self.fresh("killed"), []
            for _ in range(min(self.random.randint(1, 3), points - self.points)):
                self.points += 1
                process = self.start(out)
                time.sleep(self.random.uniform(0, self.seconds))
                which = self.random.choice(SIGNALS)
                sent.append(which.name)
                process.send_signal(which)
                begin = time.monotonic()
                status, error = self.finish(process)
                if which != signal.SIGKILL:
                    self.slowest = max(self.slowest, time.monotonic() - begin)
                    # Before it catches signals, and after all is done, they end it or change nothing.
                    self.check(status in (STOPPED, 0, -which), f"{which.name}: status {status}: {error}")
                self.check_parts(out, f"killed {number} {sent}")
            self.complete(out, f"killed {number} {sent}")

    def out_of_room(self, trials):
        largest = max(path.stat().st_size for path in self.whole.rglob("*.npy"))
        for number in range(trials):
            limit = int(largest * (number + 0.5) / trials)
            out = self.fresh("room")
            process = self.start(out, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            status, error = self.finish(process)
            self.check(status in (1, 0), f"room for files of {limit}: status {status}: {error}")
            self.check(status == 0 or "File too large" in error, f"room for files of {limit}: {error}")
            self.check_parts(out, f"room for files of {limit}")
            self.complete(out, f"room for files of {limit}")

    def twice_at_once(self, trials):
        for number in range(trials):
            out = self.fresh("twins")
            twins = []
            for _ in range(2):
                twins.append(self.start(out))
                time.sleep(self.random.uniform(0, 0.05))
            ended = [self.finish(twin) for twin in twins]
            self.check(any(status == 0 for status, _ in ended), f"twins {number}: {ended}")
            for status, error in ended:
                self.check(status == 0 or "another process" in error, f"twins {number}: {status}: {error}")
            self.check(tree(out) == self.wanted, f"twins {number}: other bytes")

    def robbed(self, trials):
        for number in range(trials):
            out = self.fresh("robbed")
            shutil.copytree(self.whole, out)
            files = sorted(out.rglob("shard-*.npy"))
            victim = self.random.choice(files)
            if self.random.random() < 0.5 or victim.stat().st_size < 2:
                victim.unlink()
            else:
                with victim.open("r+b") as file:
                    file.truncate(victim.stat().st_size // 2)
            self.complete(out, f"robbed {number} of {victim.relative_to(out)}")


def interrupt(program, name, arguments, place, points, seed):
    """All that is tried with one subcommand."""
    place.mkdir()
    trial = Trial(program, arguments, place, seed)
    trial.killed(points)
    others = max(1, points // 20)
    trial.out_of_room(others)
    trial.twice_at_once(others)
    trial.robbed(others)
    for problem in trial.problems:
        print(f"interruptions: {name}: {problem}", file=sys.stderr, flush=True)
    return {"command": name, "points": trial.points, "runs": trial.runs, "failures": len(trial.problems),
            "slowest_stop_s": round(trial.slowest, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--points", type=int, default=200, help="moments of each subcommand at which it is ended (200)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    program = str(options.binaries.resolve() / "extract")
    rows = []
    with tempfile.TemporaryDirectory(prefix="phiscope-reliability-") as folder:
        work = pathlib.Path(folder)
        named = commands(work)
        texts = named["phiid"].replace("{out}", str(work / "texts"))
        subprocess.run([program, *texts.split()], check=True, capture_output=True)
        # Much of the time of such short runs is their start, with one thread: a subcommand a core.
        with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
            waiting = [pool.submit(interrupt, program, name, named[name], work / name, options.points, options.seed)
                       for name in (options.only.split(",") if options.only else named)]
            for one in waiting:
                rows.append(one.result())
                print(json.dumps(rows[-1]), flush=True)
    return 1 if any(row["failures"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
