#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How CPU time and memory of programs grow with a run: heads, shards, layers, prompts. One thread.

    python3 bench/scaling.py --bin build/release/bin [--only heads,shards,layers,prompts]

Prints a table. The exponent is that of the last step: 1 is time in proportion to the size. Peak memory is at least
that of the Python that starts a program."""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import programs

WORDS = programs.WORDS


def made(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def heads(tools, work, size):
    """Heads of a phiid run of 60 prompts and 100 steps."""
    run = work / "run"
    made(tools / "analyze_runs", "phiid", run, str(size))
    yield "`analyze-phiid`", ["analyze-phiid", run, "--out", work / "report"]


def shards(tools, work, size):
    """Prompts of a phiid run of 12 steps, each a shard."""
    run = work / "run"
    words = ["extract", "phiid", "--model", WORDS, "--prompts", some_prompts(work, size), "--generate", "12", "--ignore-eos",
             "--prompts-per-shard", "1", "--out", run]
    yield "`extract phiid`", words
    yield "the same again, all shards there", words
    yield "`extract verify`", ["extract", "verify", run]
    yield "`analyze-phiid`", ["analyze-phiid", run, "--out", work / "report"]


def layers(tools, work, size):
    """Layers: of a loo run of 50 contexts; of a model of width 128, 400 prompts."""
    run = work / "run"
    made(tools / "analyze_runs", "loo", run, str(size))
    yield "`analyze-loo`", ["analyze-loo", run, "--out", work / "report"]
    yield "`extract activations`", ["extract", "activations", "--model", deep_model(tools, work, size), "--prompts", some_prompts(
        work, 400), "--capture", "hook_resid_post,head_norm", "--out", work / "states"]


def prompts(tools, work, size):
    """Short prompts, 1,000 a shard."""
    file, run = some_prompts(work, size), work / "run"
    yield "`extract tokens`", ["extract", "tokens", "--model", WORDS, "--prompts", file]
    yield "`extract activations`", ["extract", "activations", "--model", WORDS, "--prompts", file, "--capture", "hook_resid_post",
                                    "--layers", "3", "--positions", "last", "--prompts-per-shard", "1000", "--out", run]
    yield "`extract verify`", ["extract", "verify", run]


SIZES = {heads: (252, 1152, 4104), shards: (10, 1000, 10000), layers: (4, 28, 64), prompts: (1000, 10000, 100000)}


def some_prompts(work, count):
    file = work / "prompts.jsonl"
    with file.open("w") as out:
        for number in range(count):
            out.write(json.dumps({"id": f"p{number}", "text": f"Adam has {number % 50} forks and {number % 37} photos."}) + "\n")
    return file


def deep_model(tools, work, count):
    source, drawn = work / "source", work / "model"
    source.mkdir()
    for file in WORDS.iterdir():
        if file.suffix != ".safetensors":
            (source / file.name).write_bytes(file.read_bytes())
    config = json.loads((source / "config.json").read_text())
    (source / "config.json").write_text(json.dumps({**config, "num_hidden_layers": count}))
    made(tools / "extract", "random-model", source, "--out", drawn)
    return drawn


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the programs")
    parser.add_argument("--only", default="", help="some of heads,shards,layers,prompts")
    options = parser.parse_args()
    tools = options.bin.resolve()
    print("| what grows | program | sizes | CPU s | exponent | peak MB |\n|---|---|---|---|---|---|")
    for grow, sizes in SIZES.items():
        if options.only and grow.__name__ not in options.only.split(","):
            continue
        spent = {}  # of a program: seconds and bytes at each size
        for size in sizes:
            with tempfile.TemporaryDirectory(prefix="phiscope-scaling-") as folder:
                for name, words in grow(tools, pathlib.Path(folder), size):
                    more = [] if words[1] in ("verify", "tokens") else ["--threads", "1"]
                    spent.setdefault(name, []).append(programs.spent([tools / words[0], *words[1:], *more]))
        for name, each in spent.items():
            (_, (before, _), (last, _)) = each
            exponent = math.log(last / before) / math.log(sizes[-1] / sizes[-2])
            print(f"| {grow.__doc__} | {name} | {', '.join(f'{size:,}' for size in sizes)} | "
                  f"{', '.join(f'{seconds:.2f}' for seconds, _ in each)} | {exponent:.2f} | "
                  f"{', '.join(f'{peak / 1e6:.0f}' for _, peak in each)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
