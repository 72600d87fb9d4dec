#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every subcommand of extract on a device against the CPU, on the small models of this project.

    tools/device_runs.py --device cuda:0 [--extract build/release/bin/extract]

In float32 every array has to be that of the CPU: integers equal, numbers to four times what rounding
to float32 makes of them there (the difference from a run in float64, in units of the largest number,
at least 1), or 2e-5. In bfloat16 and float16, runs of given tokens have to be near those of the CPU in
float32, and the others to end. Each run is made twice on the device, with the same bytes. Exit
status 1 if anything is not so. Needs numpy.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TOLERANCES = {"float16": 0.01, "bfloat16": 0.08}
LEAST_TOLERANCE = 2e-5  # in float32
ROUNDINGS = 4           # that a device may be away from the CPU: two are each one's own
HOOKS = ("hook_embed,hook_resid_pre,hook_resid_mid,hook_resid_post,hook_attn_out,hook_mlp_out,"
         "hook_z,head_norm,hook_q,hook_k,hook_v,hook_pattern,mlp.hook_pre,mlp.hook_post,"
         "ln_final.hook_out,logits")
PROMPTS = 6
WORDS = ("--model", "datasets/models/words", "--prompts", "{prompts}")
LATENT = ("--model", "datasets/models/week", "--batch-size", "16")
SAMPLING = ("--model", "datasets/models/words", "--problems", "datasets/words/problems.jsonl",
            "--limit", "3", "--prompt-template", "datasets/words/prompt.txt", "--oracle",
            "datasets/words/problems.jsonl", "--solution-prefix", "\n", "--temperatures", "0.5,1",
            "--samples", "4", "--checkpoints", "8,16", "--stride", "4", "--max-new-tokens", "24",
            "--interval", "8", "--lookahead", "8", "--window-stride", "4", "--batch-size", "16")
# Name, subcommand and flags, and whether its tokens are given: then 16 bits can be compared.
RUNS = (
    ("every hook", ("activations", *WORDS, "--capture", HOOKS), True),
    ("loo", ("loo", "--model", "datasets/models/walk", "--context-lengths", "8,24", "--n-trials",
             "2", "--positions", "all"), True),
    ("phiid", ("phiid", *WORDS, "--generate", "12", "--batch-size", "4", "--prompts-per-shard",
               "4"), False),
    ("drawn", ("activations", *WORDS, "--generate", "10", "--samples", "3", "--temperature", "0.8",
               "--top-p", "0.9", "--positions", "all", "--capture", "head_norm"), False),
    ("pooled", ("activations", *WORDS, "--generate", "20", "--positions", "pooled", "--stride",
                "3", "--checkpoints", "6,18", "--capture", "hook_resid_post", "--ignore-eos"),
     False),
    ("ablate", ("ablate", "--model", "datasets/models/words", "--texts", "{phiid}", "--orders",
                "random:0-1", "--removals-per-shard", "4"), False),
    ("heads alone", ("ablate", "--model", "datasets/models/words", "--texts", "{phiid}",
                     "--heads-alone", "--dump-logits"), False),
    ("patching", ("patching", *LATENT, "--pairs", "datasets/week/pairs.json", "--mode",
                  "rerun,frozen", "--sets", "single,layer,prefix", "--max-new-tokens", "8", "--limit",
                  "12"), False),
    ("steps", ("steps", *LATENT, "--problems", "datasets/week/problems.jsonl", "--per-stratum", "3",
               "--max-new-tokens", "8"), False),
    ("sampling", ("sampling", *SAMPLING), False),
)


def arrays_of(folder):
    return {str(file.relative_to(folder)): np.load(file) for file in folder.rglob("*.npy")}


def as_numbers(array, dtype):
    """bfloat16 is stored as its bits."""
    if array.dtype == np.uint16 and dtype == "bfloat16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array


def largest_difference(found, wanted, dtype):
    """Scaled, over all arrays, and of which; integers and shapes have to be equal."""
    worst = (0.0, "")
    if found.keys() != wanted.keys():
        raise ValueError(f"arrays {sorted(found.keys() ^ wanted.keys())} are on one side only")
    for name, theirs in wanted.items():
        mine = as_numbers(found[name], dtype)
        if mine.shape != theirs.shape:
            raise ValueError(f"{name}: shape {mine.shape}, expected {theirs.shape}")
        if theirs.dtype.kind in "iub":
            if not np.array_equal(mine, theirs):
                raise ValueError(f"{name}: other integers in {np.sum(mine != theirs)} places")
            continue
        if mine.size == 0:
            continue
        if not np.array_equal(np.isnan(mine), np.isnan(theirs)):
            raise ValueError(f"{name}: not a number in other places")
        difference = np.nanmax(np.abs(mine.astype(float) - theirs), initial=0.0)
        scale = max(1.0, np.nanmax(np.abs(theirs), initial=0.0))
        worst = max(worst, (float(difference / scale), name))
    return worst


class Runs:
    """Runs of extract in one folder."""

    def __init__(self, extract, device, folder):
        self.extract, self.device, self.folder = extract.resolve(), device, folder
        lines = (ROOT / "datasets/phiid/prompts.jsonl").read_text().splitlines()[:PROMPTS]
        (folder / "prompts.jsonl").write_text("\n".join(lines) + "\n")

    def run(self, flags, out, device, dtype):
        """The arrays of a run."""
        flags = [flag.format(phiid=self.folder / "phiid-cpu-float32",
                             prompts=self.folder / "prompts.jsonl") for flag in flags]
        done = subprocess.run(
            [self.extract, *flags, "--out", self.folder / out, "--device", device, "--dtype",
             dtype], cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise ValueError(done.stderr.strip() or "no message")
        return arrays_of(self.folder / out)

    def on_cpu(self, name, flags):
        return self.run(flags, f"{name.replace(' ', '-')}-cpu-float32", "cpu", "float32")

    def tolerance(self, name, flags, wanted):
        """How far a run in float32 may be from the CPU's."""
        wide = self.run(flags, f"{name.replace(' ', '-')}-cpu-float64", "cpu", "float64")
        rounding, _ = largest_difference(wanted, wide, "float32")
        return max(LEAST_TOLERANCE, ROUNDINGS * rounding)

    def compare(self, name, flags, given, dtype, wanted):
        """What is to be said of one subcommand in one dtype, and whether all is well."""
        word = name.replace(" ", "-")
        try:
            found = self.run(flags, f"{word}-{dtype}", self.device, dtype)
            again = self.run(flags, f"{word}-{dtype}-again", self.device, dtype)
            if any(found[a].tobytes() != again[a].tobytes() for a in found):
                raise ValueError("other bytes in a second run")
            said = "ends"
            if given or dtype == "float32":
                difference, array = largest_difference(found, wanted, dtype)
                limit = TOLERANCES.get(dtype) or self.tolerance(name, flags, wanted)
                said = f"difference {difference:.1e}, at most {limit:.1e}"
                said += f" ({array})" if difference > 0 else ""
                if not difference <= limit:
                    raise ValueError(said)
            return f"{name}, {dtype}: {len(found)} arrays, {said}", True
        except ValueError as error:
            return f"{name}, {dtype}: FAIL: {error}", False


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", required=True, help="cuda, cuda:1, ...; cpu tests this script")
    parser.add_argument("--extract", type=Path, default=ROOT / "build/release/bin/extract")
    options = parser.parse_args()
    bad = 0
    with (tempfile.TemporaryDirectory() as temporary,
          ThreadPoolExecutor(max(1, min(6, (os.cpu_count() or 1) // 2))) as pool):
        runs = Runs(options.extract, options.device, Path(temporary))
        in_order = sorted(RUNS, key=lambda run: run[0] != "phiid")  # others take its texts
        first = runs.on_cpu(*in_order[0][:2])
        on_cpu = {name: pool.submit(runs.on_cpu, name, flags) for name, flags, _ in in_order[1:]}
        waiting = []
        for name, flags, given in in_order:
            wanted = on_cpu[name].result() if name in on_cpu else first
            waiting += [pool.submit(runs.compare, name, flags, given, dtype, wanted)
                        for dtype in ("float32", *TOLERANCES)]
        for one in waiting:
            said, good = one.result()
            bad += not good
            print(said, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
