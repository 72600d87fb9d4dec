#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Models under a run: how fast it stops while it hashes, loads and reads a batch of one of 1.1 G parameters, how soon a
second task of an array begins, and what a run does when the model is replaced, written to or cut in between.

model.py BIN_DIR [--hidden 2048] [--layers 16]     lines of a table on standard output; exit 1 on failure
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 10.0  # seconds that `extract` promises
BEFORE_LOADING = r"runs in \d+ shards"
BEFORE_A_BATCH = r"about .* for \d+ shards"


def make_model(program, folder, hidden, layers):
    """A Llama of random weights beside the tokenizer of a demo model."""
    shape = folder / "shape"
    shutil.copytree(ROOT / "datasets/models/words", shape, ignore=shutil.ignore_patterns("*.safetensors"))
    config = json.loads((shape / "config.json").read_text())
    config.update(hidden_size=hidden, intermediate_size=4 * hidden, num_hidden_layers=layers,
                  num_attention_heads=hidden // 64, num_key_value_heads=hidden // 64, head_dim=64,
                  max_position_embeddings=2048)
    (shape / "config.json").write_text(json.dumps(config))
    subprocess.run([program, "random-model", str(shape), "--seed", "1", "--out", str(folder / "model")],
                   check=True, capture_output=True)
    return folder / "model"


class Run:
    """A run of many tokens, whose stages can be seen on standard error."""

    def __init__(self, program, model, work, digests=("--no-digest-cache",)):
        self.out = work / "run"
        shutil.rmtree(self.out, ignore_errors=True)
        prompts = work / "prompts.jsonl"
        prompts.write_text("".join(json.dumps({"id": str(i), "input_ids": [3 + (i + j) % 40 for j in range(400)]}) + "\n"
                                   for i in range(8)))
        self.log = work / "stderr.txt"
        self.process = subprocess.Popen(
            [program, "activations", "--model", str(model), "--prompts", str(prompts), "--capture", "head_norm", "--out",
             str(self.out), "--prompts-per-shard", "4", *digests],
            env={**os.environ, "XDG_CACHE_HOME": str(work / "cache")}, stdout=subprocess.DEVNULL,
            stderr=self.log.open("w"))

    def said(self):
        return self.log.read_text()

    def wait_until(self, mark):
        while self.process.poll() is None and not re.search(mark, self.said()):
            time.sleep(0.01)

    def wait_until_open(self):
        """The model is mapped: it is being hashed."""
        maps = pathlib.Path(f"/proc/{self.process.pid}/maps")
        while self.process.poll() is None and "model.safetensors" not in maps.read_text():
            time.sleep(0.01)

    def commits(self):
        return len(list(self.out.glob("commit/*.json")))

    def end(self):
        self.process.wait()
        return self.process.returncode, (self.said().strip().splitlines() or [""])[-1]


def stops(program, model, work):
    """Seconds from each signal to the end, by stage."""
    for stage, reach in (("hashing", Run.wait_until_open), ("loading", lambda run: run.wait_until(BEFORE_LOADING)),
                         ("a batch", lambda run: run.wait_until(BEFORE_A_BATCH))):
        for which in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
            run = Run(program, model, work)
            reach(run)
            begin = time.monotonic()
            run.process.send_signal(which)
            status, last = run.end()
            seconds = time.monotonic() - begin
            good = status == 75 and seconds <= LIMIT and "stopping, at most 10 s" in run.said()
            yield {"what": f"{which.name} while {stage}", "seconds": round(seconds, 2), "good": good, "said": last}


def starts(program, model, work):
    """Seconds until the model is hashed, of two tasks one after the other."""
    time.sleep(3)  # digests of files that were just written are not kept
    seconds, reached = [], []
    for _ in range(2):
        begin = time.monotonic()
        run = Run(program, model, work, digests=())
        run.wait_until(BEFORE_LOADING)
        seconds.append(time.monotonic() - begin)
        reached.append(re.search(BEFORE_LOADING, run.said()) is not None)
        run.process.kill()
        run.end()
    yield {"what": "start of a task, all files hashed", "seconds": round(seconds[0], 2), "good": reached[0]}
    yield {"what": "start of a second task, digests cached", "seconds": round(seconds[1], 2),
           "good": reached[1] and seconds[1] < seconds[0]}


def changes(program, model, work):
    """The file is another, or has other bytes, between hashing and the end."""
    original = work / "original.safetensors"
    weights = model / "model.safetensors"
    shutil.copyfile(weights, original)

    def replaced():
        shutil.copyfile(original, work / "new.safetensors")
        os.replace(work / "new.safetensors", weights)

    def written():
        with weights.open("r+b") as file:
            file.seek(-4_000_000, 2)
            file.write(bytes(100_000))

    def cut():
        os.truncate(weights, 4096)

    for name, change in (("replaced", replaced), ("written to", written), ("cut", cut)):
        for stage, mark in (("before it is loaded", BEFORE_LOADING), ("while a batch is read", BEFORE_A_BATCH)):
            run = Run(program, model, work)
            run.wait_until(mark)
            change()
            status, last = run.end()
            good = status == 1 and str(weights) in last and run.commits() == 0
            yield {"what": f"model {name} {stage}", "good": good, "status": status, "said": last}
            shutil.copyfile(original, weights)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--hidden", type=int, default=2048, help="width of the large model (2048)")
    parser.add_argument("--layers", type=int, default=16, help="its layers (16)")
    options = parser.parse_args()
    program = str(options.binaries.resolve() / "extract")
    failures = 0
    for tried, hidden, layers in (((starts, stops), options.hidden, options.layers), ((changes,), 1024, 12)):
        with tempfile.TemporaryDirectory(prefix="phiscope-reliability-") as folder:
            work = pathlib.Path(folder)
            model = make_model(program, work, hidden, layers)
            size = (model / "model.safetensors").stat().st_size
            for found in (row for trial in tried for row in trial(program, model, work)):
                failures += not found["good"]
                print(json.dumps({"model_bytes": size, **found}), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
