# SPDX-License-Identifier: MIT
"""Runs of `extract sampling` whose latents are drawn: without an effect, and with a planted one."""

import json
import random
from array import array
from pathlib import Path

from run_directory import write_run

LAYERS = 3
TARGET = 1
UNITS = 8
ANSWERS = 3  # that samples of a problem give


def latent_plan(layers, units):
    return {"name": "latent", "hook": "blocks.{l}.hook_resid_post", "formula": "simulated",
            "axes": ["row", "layer", "unit"], "dtype": "<f4", "row_shape": [layers, units],
            "layers": list(range(layers))}


def details(step, problems, primary, **more):
    return {"step": step, "model": {"name": "simulated", "layers": LAYERS},
            "numerics": {"dtype": "float32"}, "dropped": [], "layers": list(range(LAYERS)),
            "problems": [{"problem_id": f"problem{p}", "answer": "1", "positions": 3}
                         for p in range(problems)],
            "model_layers": LAYERS, "target_layer": TARGET, "stride": 1, "max_new_tokens": 64,
            "options": {"primary": primary}, **more}


def prompts(problems):
    return [{"id": f"problem{p}", "text": "", "input_ids": [1]} for p in range(problems)]


def write_samples(run, seed, primary, problems=20, samples=8, temperatures=(0.5, 0.7, 1.0),
                  checkpoints=(8, 16, 64), warmer=0.0, committed=0.0):
    """Samples around a centre of their problem, each problem with a spread of its own; a sample's
    answer is one of three, wherever its latents are.

    warmer     spread added per unit of temperature
    committed  distance, in spreads, between the latents of samples with different answers from
               the second checkpoint on
    """
    rng = random.Random(f"samples {seed}")
    latents, keys, lines = array("f"), [], []
    for problem in range(problems):
        centre = [rng.gauss(0.0, 3.0) for _ in range(LAYERS * UNITS)]
        spread = rng.lognormvariate(0.0, 0.5)
        side = [[rng.gauss(0.0, 1.0) for _ in range(LAYERS * UNITS)] for _ in range(ANSWERS)]
        for t, temperature in enumerate(temperatures):
            for sample in range(samples):
                answer = rng.randrange(ANSWERS)
                lines.append({"key": [problem, t, sample], "text": f"\\boxed{{{answer + 1}}}",
                              "tokens": checkpoints[-1]})
                # A text in progress: a later checkpoint is near the one before it.
                place = [rng.gauss(0.0, 1.0) for _ in centre]
                for c, tokens in enumerate(checkpoints):
                    place = [0.8 * one + 0.6 * rng.gauss(0.0, 1.0) for one in place]
                    pull = committed if c > 0 else 0.0
                    latents.extend(middle + spread * (1.0 + warmer * temperature) *
                                   (one + pull * own)
                                   for middle, one, own in zip(centre, place, side[answer]))
                    keys += (problem, t, sample, tokens)
    write_run(run, "sampling", ("pooled", ["problem", "temperature", "sample", "checkpoint"]), keys,
              [(latent_plan(LAYERS, UNITS), latents)], prompts(problems),
              details("variance", problems, primary, temperatures=list(temperatures),
                      samples=samples, checkpoints=list(checkpoints), texts="solutions.jsonl"))
    with open(Path(run) / "texts.jsonl", "w") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def write_paths(run, seed, problems=20, nearer=0.0):
    """The model's solution, the oracle's, and the one forced after a prefix of the oracle's: the
    second and third are drawn around the same centre. nearer: how much of the way to the oracle's
    solution the forced one goes."""
    rng = random.Random(f"paths {seed}")
    latents, keys = array("f"), []

    def add(problem, path, window, place):
        latents.extend(place)
        keys.extend((problem, path, window))

    for problem in range(problems):
        centre = [rng.gauss(0.0, 3.0) for _ in range(LAYERS * UNITS)]
        spread = rng.lognormvariate(0.0, 0.5)
        oracle, own = ([one + spread * rng.gauss(0.0, 1.0) for one in centre] for _ in range(2))
        add(problem, 0, 0, oracle)
        add(problem, 1, 0, own)
        for window in range(2):
            forced = [one + spread * rng.gauss(0.0, 1.0) for one in centre]
            add(problem, 2, window,
                [one + nearer * (to - one) for one, to in zip(forced, oracle)])
    write_run(run, "sampling", ("pooled", ["problem", "path", "window"]), keys,
              [(latent_plan(LAYERS, UNITS), latents)], prompts(problems),
              details("manifold", problems, "drift",
                      prefix={"share": 0.3, "tokens": [3] * problems},
                      oracle_tokens=[12] * problems))
