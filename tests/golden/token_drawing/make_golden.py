#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes logits, options and what Hugging Face's logits processors make of them (README.md).

    python3 -m venv v && v/bin/pip install torch==2.11.0 transformers==5.23.0 numpy
    v/bin/python tests/golden/token_drawing/make_golden.py
"""

import functools
from pathlib import Path

import numpy as np
import torch
from transformers.generation import (
    LogitsProcessorList, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper,
    TopKLogitsWarper, TopPLogitsWarper)

HERE = Path(__file__).parent
torch.sort = functools.partial(torch.sort, stable=True)  # top-p leaves the order of equals open
VOCABULARY, EARLIER = 61, 8
# kind of logits, temperature, top_k, top_p, repetition_penalty
CASES = [
    ("random", 1.0, 0, 1.0, 1.0),
    ("random", 0.7, 0, 1.0, 1.0),
    ("random", 1.6, 0, 1.0, 1.3),
    ("random", 1.0, 5, 1.0, 1.0),
    ("random", 1.0, 1, 1.0, 1.0),
    ("random", 1.0, 500, 1.0, 1.0),
    ("random", 1.0, 0, 0.9, 1.0),
    ("random", 1.0, 0, 0.5, 0.8),
    ("random", 1.0, 0, 1e-6, 1.0),
    ("random", 1.0, 0, 0.999, 1.0),
    ("random", 0.8, 20, 0.9, 1.2),
    ("random", 2.5, 40, 0.7, 0.5),
    ("random", 0.05, 50, 0.95, 5.0),
    ("peaked", 1.0, 0, 0.9, 1.0),
    ("peaked", 0.9, 10, 0.9, 1.1),
    ("flat", 1.0, 7, 1.0, 1.0),  # all as good as the seventh
    ("flat", 1.0, 0, 0.37, 1.0),  # which of equal ones stay
    ("flat", 1.0, 0, 0.5, 1.4),
    ("steps", 1.0, 12, 1.0, 1.0),  # ties across the limit
    ("steps", 1.0, 0, 0.6, 1.0),
    ("steps", 0.6, 12, 0.8, 1.25),
    ("four", 1.0, 0, 0.5, 1.0),  # probabilities that add up to top_p exactly
    ("four", 1.0, 0, 0.75, 1.0),
    ("four", 1.0, 0, 0.51, 1.0),
    ("excluded", 1.0, 0, 1.0, 1.0),  # tokens at minus infinity
    ("excluded", 0.9, 30, 0.95, 1.2),
    ("excluded", 0.9, 60, 1.0, 1.0),
]


def logits_of(kind, rng):
    normal = rng.standard_normal(VOCABULARY)
    if kind == "random":
        return normal * 3
    if kind == "peaked":
        return normal * 3 + 25 * (np.arange(VOCABULARY) == 17)
    if kind == "flat":
        return np.full(VOCABULARY, -1.5)
    if kind == "steps":
        return np.round(normal * 1.5)
    if kind == "four":
        return np.where(np.isin(np.arange(VOCABULARY), [2, 9, 40, 60]), 0.0, -np.inf)
    if kind == "excluded":
        return np.where(np.arange(VOCABULARY) % 4 == 1, -np.inf, normal * 3)
    raise ValueError(kind)


def probabilities(logits, earlier, temperature, top_k, top_p, penalty):
    """In the order of generate() and with its conditions, in double precision."""
    steps = LogitsProcessorList()
    if penalty != 1.0:
        steps.append(RepetitionPenaltyLogitsProcessor(penalty))
    if temperature != 1.0:
        steps.append(TemperatureLogitsWarper(temperature))
    if top_k != 0:
        steps.append(TopKLogitsWarper(top_k))
    if top_p < 1.0:
        steps.append(TopPLogitsWarper(top_p))
    scores = steps(torch.tensor(earlier)[None], torch.tensor(logits, dtype=torch.float64)[None])
    return scores.softmax(-1)[0].numpy()


def main():
    rng = np.random.default_rng(11)
    logits = np.stack([logits_of(case[0], rng) for case in CASES]).astype(np.float32)
    # Some tokens come twice, and the last lies beyond the vocabulary, as padded embeddings allow.
    earlier = rng.integers(0, VOCABULARY, (len(CASES), EARLIER))
    earlier[:, 3] = earlier[:, 2]
    earlier[:, -1] = VOCABULARY + 3
    wanted = np.stack([probabilities(row, ids, *case[1:])
                       for row, ids, case in zip(logits, earlier, CASES)])
    np.save(HERE / "logits.npy", logits)
    np.save(HERE / "earlier.npy", earlier.astype(np.int64))
    np.save(HERE / "options.npy", np.array([case[1:] for case in CASES], dtype=np.float64))
    np.save(HERE / "probabilities.npy", wanted)
    for case, row in zip(CASES, wanted):
        print(case, "keeps", int((row > 0).sum()))


if __name__ == "__main__":
    main()
