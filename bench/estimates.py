#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `extract` says of a run beforehand, and what the run then takes: time said by --dry-run after a smaller run of the
same model, and when the model is loaded; memory of weights and a batch. On an idle machine.

    python3 bench/estimates.py --bin build/release/bin"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODELS, DATA = ROOT / "datasets/models", ROOT / "datasets"
SHAPES = {  # layers, hidden, inner, heads; of Llama's kind, with the vocabulary of a demo model
    "57 M": (8, 768, 2048, 12),
    "340 M": (16, 1280, 4096, 20),
}


def drawn_model(extract, work, name, vocabulary):
    layers, hidden, inner, heads = SHAPES[name]
    source, made = work / f"{vocabulary}-{layers}-source", work / f"{vocabulary}-{layers}-layers"
    source.mkdir()
    for file in (MODELS / vocabulary).iterdir():
        if file.suffix != ".safetensors":
            (source / file.name).write_bytes(file.read_bytes())
    config = json.loads((source / "config.json").read_text())
    config.update(num_hidden_layers=layers, hidden_size=hidden, intermediate_size=inner, num_attention_heads=heads,
                  num_key_value_heads=heads, head_dim=hidden // heads, torch_dtype="float32")
    (source / "config.json").write_text(json.dumps(config))
    subprocess.run([extract, "random-model", source, "--out", made], check=True, capture_output=True)
    return made


def seconds_of(text):
    """"2 min 05 s", "3 h 07 min" or "4 s" in seconds."""
    units = {"h": 3600, "min": 60, "s": 1}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+) (h|min|s)\b", text))


def cases(extract, work):
    """Name, words, and what is changed for the smaller run before."""
    words, week = MODELS / "words", MODELS / "week"
    prompts = DATA / "phiid/words.jsonl"
    few = work / "few.jsonl"
    few.write_text("".join(prompts.read_text().splitlines(True)[:8]))
    small, large = (drawn_model(extract, work, name, "words") for name in SHAPES)
    small_walk = drawn_model(extract, work, "57 M", "walk")
    texts = work / "texts"
    latent = ["--model", week, "--batch-size", "80", "--max-new-tokens", "8"]
    return [
        ("`loo` walk", ["loo", "--model", MODELS / "walk"], ["--n-trials", "5"]),
        ("`loo` 57 M", ["loo", "--model", small_walk, "--context-lengths", "10,20", "--n-trials", "10"], ["--n-trials", "2"]),
        ("`phiid` words", ["phiid", "--model", words, "--prompts", prompts, "--ignore-eos"], ["--generate", "30"]),
        ("`phiid` 57 M", ["phiid", "--model", small, "--prompts", few, "--ignore-eos"], ["--generate", "30"]),
        ("`phiid` 340 M", ["phiid", "--model", large, "--prompts", few, "--ignore-eos", "--generate", "60"],
         ["--generate", "20"]),
        ("`activations` 340 M", ["activations", "--model", large, "--prompts", prompts, "--capture", "hook_resid_post"],
         ["--prompts", few]),
        ("`ablate` words", ["ablate", "--model", words, "--texts", texts, "--orders", "random:0-9"],
         ["--orders", "random:0-1"]),
        ("`patching` week", ["patching", *latent, "--pairs", DATA / "week/pairs.json"], ["--limit", "10"]),
        ("`steps` week", ["steps", *latent, "--problems", DATA / "week/problems.jsonl"], ["--per-stratum", "10"]),
        ("`sampling` words", ["sampling", "--model", words, "--problems", DATA / "words/problems.jsonl", "--steps", "variance",
                              "--limit", "40", "--samples", "8", "--temperatures", "0.5,1", "--checkpoints", "32,64",
                              "--max-new-tokens", "64"], ["--limit", "20"]),
    ]


def changed(words, change):
    words = list(words)
    for option, value in zip(change[::2], change[1::2]):
        if option in words:
            words[words.index(option) + 1] = value
        else:
            words += [option, value]
    return words


def dry_run(call, environment):
    line = subprocess.run([*call, "--dry-run"], check=True, capture_output=True, text=True, env=environment).stdout
    return json.loads(line.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    options = parser.parse_args()
    extract = (options.bin / "extract").resolve()
    print("| run | dry run: s | loaded: s | took: s | dry run / took | loaded / took | said: MB | peak: MB | said / peak |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="phiscope-estimates-") as folder:
        work = pathlib.Path(folder)
        environment = {**os.environ, "XDG_CACHE_HOME": str(work / "cache")}
        subprocess.run([extract, "phiid", "--model", MODELS / "words", "--prompts", DATA / "phiid/words.jsonl", "--out",
                        work / "texts"], check=True, capture_output=True, env=environment)
        for number, (name, words, change) in enumerate(cases(extract, work)):
            out = work / f"run{number}"
            subprocess.run([extract, *changed(words, change), "--out", work / f"before{number}"], check=True,
                           capture_output=True, env=environment)
            said = dry_run([extract, *words, "--out", out], environment)
            begin = time.monotonic()
            process = subprocess.Popen([extract, *words, "--out", out], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                       text=True, env=environment)
            told = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            assert status == 0, told
            log = [json.loads(line) for file in out.rglob("extract-*.log") for line in file.read_text().splitlines()]
            took = sum(line["seconds"] for line in log if line["event"] == "done")
            loaded = sum(seconds_of(text) for text in re.findall(r": about ([^;\n]*?) for \d+ shards", told))
            plan = said["plan"]
            memory = plan["peak_bytes"] / 1e6
            peak = usage.ru_maxrss * 1024 / 1e6
            dry = said["seconds"]
            print(f"| {name} | {'' if dry is None else format(dry, '.1f')} | {loaded} | {took:.1f} | "
                  f"{'' if dry is None else format(dry / took, '.2f')} | {loaded / took:.2f} | {memory:.0f} | {peak:.0f} | "
                  f"{memory / peak:.2f} |", flush=True)
            assert time.monotonic() - begin >= took


if __name__ == "__main__":
    main()
