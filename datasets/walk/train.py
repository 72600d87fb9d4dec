# SPDX-License-Identifier: MIT
"""Trains the demo model `walk` and writes it as a Hugging Face model directory.

    pip install torch numpy safetensors tokenizers
    python3 datasets/walk/train.py --out datasets/models/walk

The model is a small Llama that predicts the neighbours of the current word of a random walk from
the walk so far (walks.py). Seed and number of steps are fixed and one CPU thread is used, so that
the same machine and PyTorch give the same weights again. The evaluation is that of the bf16
weights as written; its figures go to training.json and into the model card.
"""

import argparse
import json
import math
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import nn
from torch.nn import functional as F

import walks

VOCABULARY, HIDDEN, HEADS, MLP, LAYERS = len(walks.VOCABULARY), 96, 2, 192, 3
THETA, NORM_EPS, POSITIONS = 10000.0, 1e-5, 256
BATCH_TOKENS, SHORT, LONG = 2048, 64, 128  # tokens of a step, of a sequence early and later
MUON_RATE, ADAM_RATE, DECAY, WARM_UP = 0.02, 0.004, 0.1, 20
SHORT_SHARE, CONSTANT_SHARE, LAST_RATE = 0.1, 0.25, 0.02  # of the steps, of the steps, of the rate
SCORED = slice(64, 127)  # positions of a sequence that the evaluation counts


class Norm(nn.Module):
    """RMS norm with a gain."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(HIDDEN))

    def forward(self, x):
        return F.rms_norm(x, (HIDDEN,), self.weight, NORM_EPS)


class Attention(nn.Module):
    """Causal self-attention with rotary positions in the half-split layout."""

    def __init__(self):
        super().__init__()
        for name in "qkvo":
            setattr(self, f"{name}_proj", nn.Linear(HIDDEN, HIDDEN, bias=False))

    def forward(self, x, cos, sin):
        count, length, _ = x.shape

        def heads(linear):  # [sequence, head, position, unit of the head]
            return linear(x).view(count, length, HEADS, -1).transpose(1, 2)

        q, k = (rotate(heads(linear), cos, sin) for linear in (self.q_proj, self.k_proj))
        mixed = F.scaled_dot_product_attention(q, k, heads(self.v_proj), is_causal=True)
        return self.o_proj(mixed.transpose(1, 2).reshape(count, length, HIDDEN))


class Mlp(nn.Module):
    """Gated MLP."""

    def __init__(self):
        super().__init__()
        self.gate_proj = nn.Linear(HIDDEN, MLP, bias=False)
        self.up_proj = nn.Linear(HIDDEN, MLP, bias=False)
        self.down_proj = nn.Linear(MLP, HIDDEN, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """One layer; the attributes carry the published tensor names."""

    def __init__(self):
        super().__init__()
        self.input_layernorm, self.self_attn = Norm(), Attention()
        self.post_attention_layernorm, self.mlp = Norm(), Mlp()

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """Embedding, layers and final norm."""

    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, HIDDEN)
        self.layers = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = Norm()

    def forward(self, ids, cos, sin):
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, cos, sin)
        return self.norm(x)


class Llama(nn.Module):
    """The whole model: token ids [sequence, position] to logits [sequence, position, word]."""

    def __init__(self):
        super().__init__()
        self.model, self.lm_head = Decoder(), nn.Linear(HIDDEN, VOCABULARY, bias=False)
        dim = HIDDEN // HEADS
        rate = THETA ** (-torch.arange(0, dim, 2, dtype=torch.float32) / dim)
        angle = torch.arange(POSITIONS, dtype=torch.float32)[:, None] * rate.repeat(2)
        self.cos, self.sin = angle.cos(), angle.sin()
        self.initialise()

    @torch.no_grad()
    def initialise(self):
        """Starts on the near side of the plateau of in-context learning.

        Queries equal keys, so that a head attends to equal words from the first step, and W_O has
        a part of W_V transposed, so that it writes a copy of what it read. All embeddings share
        one direction, which gives the norms a steady scale.
        """
        for matrix in (p for p in self.parameters() if p.ndim == 2):
            matrix.normal_(0, matrix.shape[1] ** -0.5)
        embedding, common = self.model.embed_tokens.weight, torch.randn(HIDDEN)
        embedding.normal_(0, 0.09).add_(0.09 * math.sqrt(HIDDEN) * common / common.norm())
        for layer in self.model.layers:
            attention = layer.self_attn
            attention.k_proj.weight.copy_(attention.q_proj.weight)
            attention.o_proj.weight.mul_(0.05 / math.sqrt(LAYERS))
            attention.o_proj.weight.add_(0.15 * attention.v_proj.weight.T)
            layer.mlp.down_proj.weight.mul_(0.05 / math.sqrt(LAYERS))

    def forward(self, ids):
        length = ids.shape[1]
        return self.lm_head(self.model(ids, self.cos[:length], self.sin[:length]))


def rotate(x, cos, sin):
    """Rotary positions; x [.., position, unit], unit i is paired with unit i + half."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


class Muon:
    """Momentum made orthogonal by Newton-Schulz steps (K. Jordan, 2024), for the matrices."""

    def __init__(self, matrices):
        by_shape = {}
        for matrix in matrices:
            by_shape.setdefault(tuple(matrix.shape), []).append(matrix)
        self.groups = [(group, torch.zeros(len(group), *s)) for s, group in by_shape.items()]

    @torch.no_grad()
    def step(self, rate):
        for group, momentum in self.groups:
            gradient = torch.stack([matrix.grad for matrix in group])
            momentum.lerp_(gradient, 0.05)
            x = gradient.lerp(momentum, 0.95)
            x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
            wide = x.shape[1] > x.shape[2]
            x = x.transpose(1, 2) if wide else x
            for _ in range(5):
                a = x @ x.transpose(1, 2)
                b = torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315)
                x = torch.baddbmm(x, b, x, beta=3.4445)
            x = x.transpose(1, 2) if wide else x
            scale = max(1.0, x.shape[1] / x.shape[2]) ** 0.5
            for matrix, update in zip(group, x):
                matrix.mul_(1 - rate * DECAY).add_(update, alpha=-rate * scale)


def schedule(step, steps):
    """Factor of the learning rates: warm-up, constant, then linear to LAST_RATE."""
    late = max(0.0, (step / steps - CONSTANT_SHARE) / (1 - CONSTANT_SHARE))
    return min(1.0, (step + 1) / WARM_UP) * (1 - (1 - LAST_RATE) * late)


def train(steps, seed):
    """The trained model; progress goes to the error stream."""
    torch.manual_seed(seed)
    rng, model = np.random.default_rng(seed), Llama()
    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    gains = [p for p in model.parameters() if p.ndim == 1]
    tables = [model.model.embed_tokens.weight, model.lm_head.weight]
    muon = Muon(matrices)
    groups = [{"params": gains, "weight_decay": 0.0}, {"params": tables, "weight_decay": DECAY}]
    adam = torch.optim.AdamW(groups, lr=ADAM_RATE, betas=(0.9, 0.95))
    began, mean = time.process_time(), 0.0
    for step in range(steps):
        length, factor = SHORT if step < SHORT_SHARE * steps else LONG, schedule(step, steps)
        ids, target = map(torch.from_numpy, walks.batch(rng, BATCH_TOKENS // length, length))
        loss = F.cross_entropy(model(ids).flatten(0, 1), target.flatten(0, 1))
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(gains + tables, 1.0)
        for group in adam.param_groups:
            group["lr"] = ADAM_RATE * factor
        adam.step()
        muon.step(MUON_RATE * factor)
        mean = loss.item() if step == 0 else 0.99 * mean + 0.01 * loss.item()
        if (step + 1) % 500 == 0 or step + 1 == steps:
            spent = time.process_time() - began
            print(f"step {step + 1}/{steps} loss {mean:.4f} {spent:.0f} s", file=sys.stderr)
    return model


@torch.no_grad()
def evaluate(model, rng, batches, words=None):
    """Mean over SCORED of `batches` batches: probability on the true neighbours, and loss in nats;
    of the model, the bigram baseline, and the exact distribution (the floor of the loss)."""
    sums = {name: np.zeros(2) for name in ("model", "bigram", "floor")}
    for _ in range(batches):
        count = BATCH_TOKENS // LONG
        fixed = None if words is None else np.tile(walks.token_ids(words), (count, 1))
        ids, target = walks.batch(rng, count, LONG, fixed)
        target = torch.from_numpy(target)
        logs = {"model": model(torch.from_numpy(ids)).log_softmax(-1),
                "bigram": torch.from_numpy(np.log(walks.bigram(ids))),
                "floor": target.clamp_min(1e-30).log()}
        target = target[:, SCORED]
        for name, log in logs.items():
            log = log[:, SCORED]
            mass = (log.exp() * (target > 0)).sum(-1).mean().item()
            sums[name] += mass, -(target * log).sum(-1).mean().item()
    means = {name: (total / batches).round(4).tolist() for name, total in sums.items()}
    return {name: {"mass": mass, "loss": loss} for name, (mass, loss) in means.items()}


def evaluations(model, seed):
    """The figures of training.json: fresh sequences as in training, and the experiment's words."""
    rng = np.random.default_rng(seed)
    return {"fresh": evaluate(model, rng, 128),
            "semantic": evaluate(model, rng, 32, sum(walks.SEMANTIC, [])),
            "unrelated": evaluate(model, rng, 32, sum(walks.UNRELATED, []))}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write(out, weights, training):
    """The model directory."""
    out.mkdir(parents=True, exist_ok=True)
    tokens = {"bos_token_id": walks.BOS, "eos_token_id": walks.EOS, "pad_token_id": walks.PAD}
    write_json(out / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN, "intermediate_size": MLP, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "num_key_value_heads": HEADS, "hidden_act": "silu",
        "max_position_embeddings": POSITIONS, "rms_norm_eps": NORM_EPS, "rope_theta": THETA,
        "rope_scaling": None, "attention_bias": False, "mlp_bias": False,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16", **tokens})
    write_json(out / "generation_config.json", tokens)
    write_json(out / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": POSITIONS,
        "bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>",
        "clean_up_tokenization_spaces": False})
    walks.tokenizer().save(str(out / "tokenizer.json"))
    (out / "model.safetensors").write_bytes(save(weights, metadata={"format": "pt"}))
    write_json(out / "training.json", training)
    card = (Path(__file__).parent / "card.md").read_text(encoding="utf-8")
    (out / "README.md").write_text(card.format(**training), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the model directory to write")
    parser.add_argument("--steps", type=int, default=17000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    began = time.process_time()
    model = train(options.steps, options.seed)
    minutes = (time.process_time() - began) / 60
    weights = {n: p.to(torch.bfloat16).contiguous() for n, p in model.state_dict().items()}
    model.load_state_dict({name: value.float() for name, value in weights.items()})
    write(options.out, weights, {
        "seed": options.seed, "steps": options.steps, "tokens": options.steps * BATCH_TOKENS,
        "cpu_minutes": round(minutes, 1), "parameters": sum(p.numel() for p in weights.values()),
        "torch": torch.__version__.split("+")[0], "machine": platform.machine(),
        "evaluation": evaluations(model, options.seed + 1)})


if __name__ == "__main__":
    main()
