# SPDX-License-Identifier: MIT
"""Trains the demo model `words` and writes it as a Hugging Face model directory.

    pip install torch numpy safetensors tokenizers
    python3 datasets/words/train.py --out datasets/models/words

The model is a small Llama that solves arithmetic word problems step by step (problems.py). Seed and
number of steps are fixed and one CPU thread is used, so that the same machine and PyTorch give the
same weights again. The evaluation is that of the bf16 weights as written, on held-out problems;
its figures go to training.json and into the model card.
"""

import argparse
import json
import math
import platform
import random
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn
from torch.nn import functional as F

import problems

TOKENS = problems.tokenizer()
VOCABULARY, HIDDEN, HEADS, MLP, LAYERS = TOKENS.get_vocab_size(), 128, 4, 320, 4
THETA, NORM_EPS, POSITIONS = 10000.0, 1e-5, 256
BATCH, POOL = 16, 16  # problems of a step; steps whose problems are drawn and sorted together
RATE, DECAY, WARM_UP, LAST_RATE = 2e-3, 0.1, 100, 0.02
STEP_WEIGHTS = [1, 2, 3, 4]  # how often problems of 1, 2, 3, 4 steps are drawn
QUESTION_WEIGHT = 0.1  # of a token of the question in the loss; one of the solution has 1


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

    def forward(self, x, cos, sin, cache):
        count, length, _ = x.shape

        def heads(linear):  # [sequence, head, position, unit of the head]
            return linear(x).view(count, length, HEADS, -1).transpose(1, 2)

        q, k = (rotate(heads(linear), cos, sin) for linear in (self.q_proj, self.k_proj))
        v = heads(self.v_proj)
        if cache is not None:  # of a list: the keys and values so far
            if cache:
                k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
            cache[:] = k, v
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
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

    def forward(self, x, cos, sin, cache):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """Embedding, layers and final norm."""

    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, HIDDEN)
        self.layers = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = Norm()

    def forward(self, ids, cos, sin, caches):
        x = self.embed_tokens(ids)
        for layer, cache in zip(self.layers, caches):
            x = layer(x, cos, sin, cache)
        return self.norm(x)


class Llama(nn.Module):
    """The whole model: token ids [sequence, position] to logits [sequence, position, token]."""

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
        """Normal weights; what writes into the residual stream starts small."""
        for matrix in (p for p in self.parameters() if p.ndim == 2):
            matrix.normal_(0, matrix.shape[1] ** -0.5)
        for layer in self.model.layers:
            for linear in (layer.self_attn.o_proj, layer.mlp.down_proj):
                linear.weight.mul_(1 / math.sqrt(2 * LAYERS))
        self.lm_head.weight.mul_(0.5)

    def forward(self, ids, first=0, caches=(None,) * LAYERS):
        """`first` is the position of the first id; caches: a list per layer, empty at first."""
        span = slice(first, first + ids.shape[1])
        return self.lm_head(self.model(ids, self.cos[span], self.sin[span], caches))


def rotate(x, cos, sin):
    """Rotary positions; x [.., position, unit], unit i is paired with unit i + half."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


def example(rng):
    """Ids of a training problem with its solution, and the number of ids of the question."""
    steps = rng.choices(problems.STEPS, STEP_WEIGHTS)[0]
    problem = problems.draw(rng, steps, held_out=False)
    question = TOKENS.encode(problem.question).ids
    text = "\n" + problems.solution(problem, rng)
    return question + TOKENS.encode(text, add_special_tokens=False).ids + [problems.EOS], question


def batches(rng):
    """Endless training batches: ids and loss weights [sequence, position].

    The problems of POOL batches are sorted by length before they are dealt out, so that little is
    padding, and the batches come in random order.
    """
    while True:
        pool = sorted((example(rng) for _ in range(BATCH * POOL)), key=lambda e: len(e[0]))
        starts = list(range(0, BATCH * POOL, BATCH))
        rng.shuffle(starts)
        for start in starts:
            rows = pool[start:start + BATCH]
            length = max(len(ids) for ids, _ in rows)
            ids = torch.full((BATCH, length), problems.PAD)
            weight = torch.zeros(BATCH, length)
            for row, (tokens, question) in enumerate(rows):
                ids[row, :len(tokens)] = torch.tensor(tokens)
                weight[row, :len(tokens)] = 1
                weight[row, :len(question)] = QUESTION_WEIGHT
            yield ids, weight


def schedule(step, steps):
    """Factor of the learning rate: warm-up, then a cosine to LAST_RATE."""
    cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
    return min(1.0, (step + 1) / WARM_UP) * (LAST_RATE + (1 - LAST_RATE) * cosine)


def train(steps, seed):
    """The trained model and the number of tokens; progress goes to the error stream."""
    torch.manual_seed(seed)
    model, stream = Llama(), batches(random.Random(seed))
    gains = [p for p in model.parameters() if p.ndim == 1]
    matrices = [p for p in model.parameters() if p.ndim == 2]
    adam = torch.optim.AdamW([{"params": gains, "weight_decay": 0.0},
                              {"params": matrices, "weight_decay": DECAY}],
                             lr=RATE, betas=(0.9, 0.98))
    began, mean, tokens = time.process_time(), 0.0, 0
    for step in range(steps):
        ids, weight = next(stream)
        loss = F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten(),
                               reduction="none")
        weight = weight[:, 1:].flatten()
        loss = (loss * weight).sum() / weight.sum()
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in adam.param_groups:
            group["lr"] = RATE * schedule(step, steps)
        adam.step()
        tokens += int((ids != problems.PAD).sum())
        mean = loss.item() if step == 0 else 0.99 * mean + 0.01 * loss.item()
        if (step + 1) % 100 == 0 or step + 1 == steps:
            spent = time.process_time() - began
            print(f"step {step + 1}/{steps} loss {mean:.4f} {spent:.0f} s", file=sys.stderr)
    return model, tokens


@torch.no_grad()
def generate(model, prompts, temperature=0.0):
    """Continuations of prompts of one length [sequence, position], up to the end of text, as texts;
    the most probable token, or one drawn at the temperature."""
    caches = [[] for _ in range(LAYERS)]
    ids, first, out = prompts, 0, []
    ended = torch.zeros(len(prompts), dtype=torch.bool)
    while not ended.all() and prompts.shape[1] + len(out) < POSITIONS:
        logits = model(ids, first, caches)[:, -1]
        first += ids.shape[1]
        if temperature > 0:
            ids = torch.multinomial((logits / temperature).softmax(-1), 1)
        else:
            ids = logits.argmax(-1, keepdim=True)
        ids[ended] = problems.EOS
        ended |= ids[:, 0] == problems.EOS
        out.append(ids)
    return [TOKENS.decode(row) for row in torch.cat(out, dim=1).tolist()]


def is_right(text, problem):
    """Does the last line give the answer?"""
    return text.split("\n")[-1] == f"#### {problem.answer()}"


def answers(model, chosen, temperature=0.0, samples=1):
    """For every (steps, problem): the texts of its solutions, `samples` of them."""
    by_length, texts = {}, [[] for _ in chosen]
    for n, (_, problem) in enumerate(chosen):
        ids = TOKENS.encode(problem.question).ids
        by_length.setdefault(len(ids), []).extend([(n, ids)] * samples)
    for length in sorted(by_length):
        rows = by_length[length]
        made = generate(model, torch.tensor([ids for _, ids in rows]), temperature)
        for (n, _), text in zip(rows, made):
            texts[n].append(text)
    return texts


def evaluations(model, seed):
    """The figures of training.json, by number of steps, on held-out problems: the share of right
    greedy solutions; and at temperature 0.8 the same with the mean number of different right ones
    among ten."""
    torch.manual_seed(seed)
    figures = {}
    for name, count, temperature, samples in (("greedy", 500, 0.0, 1), ("sampled", 50, 0.8, 10)):
        chosen = problems.stratified(random.Random(seed), count)
        texts = answers(model, chosen, temperature, samples)
        for steps in problems.STEPS:
            right = [[t for t in made if is_right(t, problem)]
                     for (k, problem), made in zip(chosen, texts) if k == steps]
            entry = figures.setdefault(name, {}).setdefault(f"steps_{steps}", {})
            entry["problems"] = count
            entry["accuracy"] = round(sum(map(len, right)) / (count * samples), 4)
            if samples > 1:
                entry["different"] = round(sum(len(set(r)) for r in right) / count, 2)
    for figure in figures.values():
        mean = sum(entry["accuracy"] for entry in figure.values()) / len(problems.STEPS)
        figure["mean_accuracy"] = round(mean, 4)
    return figures


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write(out, weights, training):
    """The model directory."""
    out.mkdir(parents=True, exist_ok=True)
    tokens = {"bos_token_id": problems.BOS, "eos_token_id": problems.EOS,
              "pad_token_id": problems.PAD}
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
    TOKENS.save(str(out / "tokenizer.json"))
    (out / "model.safetensors").write_bytes(save(weights, metadata={"format": "pt"}))
    write_json(out / "training.json", training)
    card = (Path(__file__).parent / "card.md").read_text(encoding="utf-8")
    (out / "README.md").write_text(card.format(**training), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the model directory to write")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    began = time.process_time()
    model, tokens = train(options.steps, options.seed)
    minutes = (time.process_time() - began) / 60
    weights = {n: p.to(torch.bfloat16).contiguous() for n, p in model.state_dict().items()}
    model.load_state_dict({name: value.float() for name, value in weights.items()})
    write(options.out, weights, {
        "seed": options.seed, "steps": options.steps, "tokens": tokens,
        "cpu_minutes": round(minutes, 1), "parameters": sum(p.numel() for p in weights.values()),
        "vocabulary": VOCABULARY, "torch": torch.__version__.split("+")[0],
        "machine": platform.machine(), "evaluation": evaluations(model, options.seed + 1)})


if __name__ == "__main__":
    main()
