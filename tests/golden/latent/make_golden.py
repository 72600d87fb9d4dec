#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what the demo model of latent thoughts `week` computes, by a forward pass of its own.

    pip install torch numpy safetensors tokenizers
    python3 tests/golden/latent/make_golden.py --out tests/golden/latent/week.json

The bf16 weights are widened to float32 (and to float64, to see what rounding does) and every step
recomputes the whole sequence without a cache. Nothing of datasets/week is used but pairs.json.
"""

import argparse
import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

SOURCE = Path(__file__).resolve().parents[3]
MODEL = SOURCE / "datasets/models/week"
PAIRS = (7, 31, 55)  # of 2, 4 and 6 steps
BASE = "codi.base_model.model.model."
TOP, MOST_TOKENS = 8, 4  # logits that are kept; tokens of a greedy answer


class Week:
    """The directory in one floating-point type."""

    def __init__(self, dtype):
        self.dtype = dtype
        stored = load_file(MODEL / "model.safetensors")
        self.tensors = {name: value.to(dtype) for name, value in stored.items()}
        self.config = json.loads((MODEL / "config.json").read_text(encoding="utf-8"))
        self.codi = json.loads((MODEL / "codi.json").read_text(encoding="utf-8"))

    def embed(self, ids):
        return self.tensors[BASE + "embed_tokens.weight"][torch.tensor(ids)]

    def norm(self, x, name):
        scale = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.config["rms_norm_eps"])
        return x * scale * self.tensors[BASE + name]

    def rotated(self, x):
        """x [head, position, unit], unit i with unit i + half."""
        half = x.shape[-1] // 2
        rate = self.config["rope_theta"] ** (
            -torch.arange(half, dtype=torch.float64) / half)
        angle = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * rate
        cos, sin = angle.cos().to(self.dtype), angle.sin().to(self.dtype)
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)

    def attention(self, x, prefix):
        heads, groups = (self.config[key] for key in ("num_attention_heads", "num_key_value_heads"))

        def split(name, count):
            weight = self.tensors[f"{prefix}{name}_proj.weight"]
            return (x @ weight.T).reshape(len(x), count, -1).transpose(0, 1)

        q, k, v = split("q", heads), split("k", groups), split("v", groups)
        q, k = self.rotated(q), self.rotated(k).repeat_interleave(heads // groups, 0)
        v = v.repeat_interleave(heads // groups, 0)
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
        later = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(later, -math.inf).softmax(-1) @ v
        return mixed.transpose(0, 1).reshape(len(x), -1) @ self.tensors[prefix + "o_proj.weight"].T

    def hidden(self, x, edits):
        """The final-normed states and the residual stream after every layer, for inputs
        [position, unit]; edits: {(layer, position): what the stream is replaced by there}."""
        streams = []
        for layer in range(self.config["num_hidden_layers"]):
            place = f"layers.{layer}."
            x = x + self.attention(self.norm(x, place + "input_layernorm.weight"),
                                   BASE + place + "self_attn.")
            y = self.norm(x, place + "post_attention_layernorm.weight")
            gate, up, down = (self.tensors[f"{BASE}{place}mlp.{name}_proj.weight"]
                              for name in ("gate", "up", "down"))
            x = x + (torch.nn.functional.silu(y @ gate.T) * (y @ up.T)) @ down.T
            for (where, position), value in edits.items():
                if where == layer and position < len(x):
                    x = x.clone()
                    x[position] = value
            streams.append(x)
        return self.norm(x, "norm.weight"), streams

    def projected(self, h):
        y = h @ self.tensors["prj.1.weight"].T + self.tensors["prj.1.bias"]
        y = 0.5 * y * (1 + torch.erf(y / math.sqrt(2)))
        y = y @ self.tensors["prj.3.weight"].T + self.tensors["prj.3.bias"]
        y = (y - y.mean()) / torch.sqrt(y.var(unbiased=False) + 1e-5)
        return y * self.tensors["prj.ln.weight"] + self.tensors["prj.ln.bias"]

    def run(self, question, edits=None):
        """The question with its latents and EOT: latent inputs, streams [layer][latent] of the
        latents, and logits at EOT. Edits count positions from the first latent."""
        ids = question + [self.codi["bot_id"]]
        edits = {(layer, len(ids) + step): value for (layer, step), value in (edits or {}).items()}
        x, fed = self.embed(ids), []
        for _ in range(self.codi["num_latent"]):
            states, _ = self.hidden(x, edits)
            fed.append(self.projected(states[-1]))
            x = torch.cat([x, fed[-1][None]])
        x = torch.cat([x, self.embed([self.codi["eot_id"]])])
        states, streams = self.hidden(x, edits)
        latents = [stream[len(ids):len(ids) + len(fed)] for stream in streams]
        return {"fed": fed, "streams": latents, "inputs": x, "logits": self.logits(states[-1])}

    def logits(self, state):
        return self.tensors[BASE + "embed_tokens.weight"] @ state

    def greedy(self, inputs, logits):
        """Up to and with the end of text."""
        made = []
        while len(made) < MOST_TOKENS and self.codi["eos_id"] not in made:
            made.append(int(logits[:self.codi["logits_slice"]].argmax()))
            inputs = torch.cat([inputs, self.embed(made[-1:])])
            logits = self.logits(self.hidden(inputs, {})[0][-1])
        return made


def rounded(values, digits=6):
    return [round(float(v), digits) for v in values]


def kl(changed, intact):
    """KL(changed || intact) in nats."""
    p, q = changed.log_softmax(-1), intact.log_softmax(-1)
    return float((p.exp() * (p - q)).sum())


def question_entry(model, precise, half, tokenizer):
    ids = tokenizer.encode(half["question"]).ids
    run, exact = model.run(ids), precise.run(ids)
    best = torch.topk(run["logits"], TOP)
    fed = torch.stack(run["fed"])
    return {
        "question": half["question"], "answer": half["answer"], "ids": ids,
        "greedy": model.greedy(run["inputs"], run["logits"]),
        "top_ids": best.indices.tolist(), "top_logits": rounded(best.values),
        "latent_norms": rounded(fed.norm(dim=-1)),
        "latent_first_units": [rounded(row[:4]) for row in fed],
        "rounding": {"logits": float((run["logits"] - exact["logits"]).abs().max()),
                     "latents": float((fed - torch.stack(exact["fed"])).abs().max())}}


def patch_entry(model, pair, tokenizer):
    """KL and recovery of the answer at EOT, [layer][latent]: the corrupted run with one value of
    the clean run; later latents are recomputed."""
    ids = {half: tokenizer.encode(pair[half]["question"]).ids for half in ("clean", "corrupted")}
    token = {half: tokenizer.token_to_id(str(pair[half]["answer"])) for half in ids}
    runs = {half: model.run(ids[half]) for half in ids}

    def difference(run):
        scores = run["logits"].log_softmax(-1)
        return float(scores[token["clean"]] - scores[token["corrupted"]])

    clean, corrupted = difference(runs["clean"]), difference(runs["corrupted"])
    table = {"kl": [], "recovery": []}
    for layer, donors in enumerate(runs["clean"]["streams"]):
        patched = [model.run(ids["corrupted"], {(layer, step): donor})
                   for step, donor in enumerate(donors)]
        table["kl"].append([round(kl(p["logits"], runs["corrupted"]["logits"]), 6)
                            for p in patched])
        table["recovery"].append(rounded((difference(p) - corrupted) / (clean - corrupted)
                                         for p in patched))
    return {"answer_diff": {"clean": round(clean, 6), "corrupted": round(corrupted, 6)}, **table}


def right_answers(model, tokenizer):
    """How many of the problems in datasets/week/problems.jsonl the greedy answer solves, and of how
    many, by number of steps."""
    counts = {}
    lines = (SOURCE / "datasets/week/problems.jsonl").read_text(encoding="ascii").splitlines()
    for problem in map(json.loads, lines):
        number = problem["answer"].split("#### ")[1]
        run = model.run(tokenizer.encode(problem["question"]).ids)
        count = counts.setdefault(str(problem["meta"]["steps"]), {"right": 0, "of": 0})
        wanted = [tokenizer.token_to_id(number), model.codi["eos_id"]]
        count["right"] += model.greedy(run["inputs"], run["logits"]) == wanted
        count["of"] += 1
    return counts


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    pairs = json.loads((SOURCE / "datasets/week/pairs.json").read_text(encoding="utf-8"))
    model, precise = Week(torch.float32), Week(torch.float64)
    made = []
    for pair in (pairs[n] for n in PAIRS):
        made.append({"pair_id": pair["pair_id"],
                     "clean": question_entry(model, precise, pair["clean"], tokenizer),
                     "patched": patch_entry(precise, pair, tokenizer)})
    golden = {"dtype": "float32, patched: float64", "problems": right_answers(model, tokenizer),
              "pairs": made}
    options.out.write_text(json.dumps(golden, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
