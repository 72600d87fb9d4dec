#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes cases.json: rotary embeddings and what Hugging Face transformers computes of them.

    python3 -m venv v && v/bin/pip install torch==2.11.0 transformers==5.24.0
    v/bin/python tests/golden/rope/make_golden.py

Each case has the fields of a Llama configuration in the spelling of published files and in that of
transformers 5, the factor of cosine and sine, and per length of a pass the frequencies of a rotary
embedding that has seen no other pass. With transformers 4.57 (which reads the published spelling
alone) the script compares instead of writing.
"""

import json
from pathlib import Path

import torch
import transformers
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

FILE = Path(__file__).parent / "cases.json"
CONTEXT, HEAD = 64, 14
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
SHORT = [1.0, 1.05, 1.1, 1.2, 1.4, 1.7, 2.1]
LONG = [1.0, 1.3, 2.2, 4.1, 7.9, 15.0, 31.5]
LONGROPE = {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG}
ORIGINAL = {"original_max_position_embeddings": 24}
# name -> base, scaling, further fields, lengths of passes
CASES = {
    "yarn": (500.0, YARN, {}, [7]),
    "yarn with two weights": (1e4, YARN | {"mscale": 0.7, "mscale_all_dim": 1.3}, {}, [7]),
    "yarn with one weight alone": (1e4, YARN | {"mscale": 0.7}, {}, [7]),
    "yarn with turns": (1e3, YARN | {"beta_fast": 3, "beta_slow": 0.5}, {}, [7]),
    "yarn not truncated": (
        1e3, YARN | {"beta_fast": 3, "beta_slow": 0.5, "truncate": False}, {}, [7]),
    "yarn with a factor of its own": (1e4, YARN | {"attention_factor": 1.5}, {}, [7]),
    "yarn without a trained context": (1e3, {"rope_type": "yarn", "factor": 4.0}, {}, [7]),
    "yarn whose passage has no length": (
        68.0, YARN | {"beta_fast": 1, "beta_slow": 1, "truncate": False}, {}, [7]),
    "yarn with a small base": (2.0, YARN, {}, [7]),
    "dynamic": (1e4, {"rope_type": "dynamic", "factor": 3.0}, {}, [7, 64, 65, 70, 333]),
    "dynamic with a fraction": (5e5, {"rope_type": "dynamic", "factor": 1.1}, {}, [64, 65, 1000]),
    "longrope": (1e4, LONGROPE, ORIGINAL, [7, 24, 25, 64]),
    "longrope with a factor of its own": (
        1e4, LONGROPE | {"attention_factor": 1.25}, ORIGINAL, [25]),
    "linear": (1e4, {"rope_type": "linear", "factor": 3.0}, {}, [7]),
    "llama3": (1e4, {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                     "high_freq_factor": 4.0, "original_max_position_embeddings": 32}, {}, [7]),
}
# What transformers 4.57 reads otherwise.
NEW_CASES = {
    "longrope with a trained context inside": (
        1e4, LONGROPE | {"factor": 3.0, "original_max_position_embeddings": 16}, {}, [16, 17]),
    "longrope with a factor and contexts": (1e4, LONGROPE | {"factor": 3.0}, ORIGINAL, [7]),
    "llama3 without a trained context": (
        1e4, {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
              "high_freq_factor": 4.0}, {}, [7]),
}
SIZES = {"hidden_size": 28, "intermediate_size": 8, "num_attention_heads": 2, "head_dim": HEAD,
         "num_hidden_layers": 1, "vocab_size": 16, "max_position_embeddings": CONTEXT,
         "rms_norm_eps": 1e-5, "tie_word_embeddings": True}


def computed(published, lengths):
    """The configuration, the factor of cosine and sine, and the frequencies of each length."""
    found = []
    for length in lengths:
        config = transformers.LlamaConfig(**json.loads(json.dumps(published)))
        rotary = LlamaRotaryEmbedding(config)
        rotary(torch.zeros(1), torch.arange(length)[None])
        found.append(rotary.inv_freq.tolist())
    return config, rotary.attention_scaling, found


def main():
    old = transformers.__version__.startswith("4.")
    cases = []
    for name, (theta, scaling, further, lengths) in (CASES | ({} if old else NEW_CASES)).items():
        published = SIZES | further | {"rope_theta": theta, "rope_scaling": scaling}
        config, factor, frequencies = computed(published, lengths)
        case = {"name": name, "published": published, "factor": factor,
                "passes": [{"length": length, "frequencies": values}
                           for length, values in zip(lengths, frequencies)]}
        if not old:
            case["new"] = SIZES | further | {"rope_parameters": config.to_dict()["rope_parameters"]}
        cases.append(case)
    if not old:
        FILE.write_text(json.dumps({"transformers": transformers.__version__, "cases": cases},
                                   indent=1) + "\n")
        return
    for case, wanted in zip(cases, json.loads(FILE.read_text())["cases"]):
        assert case == {key: wanted[key] for key in case}, (case, wanted)
    print(f"{len(cases)} cases are the same with transformers {transformers.__version__}")


if __name__ == "__main__":
    main()
