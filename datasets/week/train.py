# SPDX-License-Identifier: MIT
"""Trains the demo model of latent thoughts `week` and writes it as a model directory.

    pip install torch numpy safetensors tokenizers
    python3 datasets/week/train.py --out datasets/models/week
    python3 datasets/week/train.py --out datasets/models/week --control

The second command trains the same network without latents and adds its accuracy to training.json
and to the card. The seed is fixed and one CPU thread is used, so that the same
machine and PyTorch give the same weights again. The evaluation is that of the bf16 weights as
written, computed in float32, on held-out problems.
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
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

import latent
import problems
from latent import BASE_VOCABULARY, BOT, EOT, LATENTS, PAD

BATCH = 64  # problems of a step, all of the same number of steps
RATE, DECAY, WARM_UP, LAST_RATE = 4e-3, 0.05, 100, 0.02
# Steps in which sums of two embeddings are fed where latents will be, then those of the loop.
WRITTEN, LOOPED = 1200, 1200
GUIDED = 0.8  # share of the loop's steps in which the weight of the results' loss falls to 0
CLOSENESS = 0.5  # weight of the projection's squared error before the loop
DRAWN = ((1, 2, 3, 4, 5, 6), (1, 1, 2, 2, 3, 4))  # numbers of steps and how often; 1 is a warm-up
MOST_TOKENS = 4  # of a greedy answer
EVALUATED = 500  # held-out problems for each number of steps
FIRST_NUMBER = problems.TOKEN_IDS["1"]
# The day of the step after each latent; after the last there is none.
NEXT_DAYS = [problems.TOKEN_IDS[day] for day in [*problems.DAYS[1:], problems.START_DAY]]


def batch(rng, count, size=BATCH, held_out=False):
    """Ids [problem, position] with BOT last, and the results of the steps [problem, LATENTS] as
    tokens, the answer repeated where there are fewer steps than latents."""
    drawn = [problems.draw(rng, count, held_out) for _ in range(size)]
    ids = [problems.encode(problem.question()) + [BOT] for problem in drawn]
    results = []
    for problem in drawn:
        values = problem.calculation.values()[1:]
        results.append([v - 1 + FIRST_NUMBER for v in values + values[-1:] * (LATENTS - count)])
    return torch.tensor(ids), torch.tensor(results)


def column(ids, value):
    """The token `value` for every problem, [problem, 1]."""
    return torch.full((len(ids), 1), value)


def think(model, ids, latents=LATENTS, zero_input=(), zero_after=None):
    """Reads the question and thinks: the last hidden states at BOT and at every latent
    [problem, 1, unit], and the caches. Latents in `zero_input` are fed zeros; `zero_after` is a
    layer after which the residual stream of the latents is zero."""
    caches = latent.new_caches()
    states = [model.hidden(model.embed(ids), caches)]
    for step in range(latents):
        x = model.projection(states[-1])
        x = torch.zeros_like(x) if step in zero_input else x
        states.append(model.hidden(x, caches, zero_after=zero_after))
    return states, caches


def answer_loss(model, ids, caches, answer):
    """Of the answer at EOT and of the end of text after it."""
    fed = torch.cat([column(ids, EOT), answer], dim=1)
    logits = model.logits(model.hidden(model.embed(fed), caches, wanted=2))
    target = torch.cat([answer, column(ids, problems.EOS)], dim=1)
    return F.cross_entropy(logits.flatten(0, 1), target.flatten())


def written_loss(model, ids, results):
    """All in one pass: what will be a latent is the embedding of a step's result plus that of the
    next day. Each predicts the next result, and the projection learns to give the next sum."""
    answer, end = results[:, -1:], column(ids, problems.EOS)
    thoughts = model.embed(results) + model.embed(torch.tensor(NEXT_DAYS))
    fed = torch.cat([model.embed(ids), thoughts, model.embed(column(ids, EOT)),
                     model.embed(answer)], dim=1)
    hidden = model.hidden(fed, latent.new_caches(), wanted=LATENTS + 3)
    target = torch.cat([results, answer, answer, end], dim=1)
    loss = F.cross_entropy(model.logits(hidden).flatten(0, 1), target.flatten())
    apart = model.projection(hidden[:, :LATENTS]) - thoughts.detach()
    return loss + CLOSENESS * apart.square().sum(-1).mean()


def latent_loss(model, ids, results, guidance):
    """Through the loop; `guidance` is the weight of predicting the results of the steps."""
    states, caches = think(model, ids)
    loss = answer_loss(model, ids, caches, results[:, -1:])
    if guidance > 0:
        logits = model.logits(torch.cat(states[:LATENTS], dim=1))
        loss = loss + guidance * F.cross_entropy(logits.flatten(0, 1), results.flatten())
    return loss


def direct_loss(model, ids, results):
    """Of the control: EOT follows BOT."""
    _, caches = think(model, ids, latents=0)
    return answer_loss(model, ids, caches, results[:, -1:])


def loss_at(model, step, ids, results, control):
    """The loss of a step of the training."""
    if control:
        return direct_loss(model, ids, results)
    if step < WRITTEN:
        return written_loss(model, ids, results)
    return latent_loss(model, ids, results, max(0.0, 1 - (step - WRITTEN) / (GUIDED * LOOPED)))


def rate_at(step):
    """The learning rate: after the warm-up constant before the loop, then a cosine to LAST_RATE."""
    share = max(0, step - WRITTEN) / LOOPED
    cosine = LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * share))
    return RATE * min(1.0, (step + 1) / WARM_UP) * cosine


def beginning(seed):
    """Untrained model, optimizer and random numbers."""
    torch.manual_seed(seed)
    model = latent.LatentModel()
    adam = torch.optim.AdamW(
        [{"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0},
         {"params": [p for p in model.parameters() if p.ndim == 2], "weight_decay": DECAY}],
        lr=RATE, betas=(0.9, 0.98), fused=True)
    return model, adam, random.Random(seed)


def advance(model, adam, rng, step, control):
    """One step; its loss."""
    loss = loss_at(model, step, *batch(rng, rng.choices(*DRAWN)[0]), control)
    adam.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for group in adam.param_groups:
        group["lr"] = rate_at(step)
    adam.step()
    return loss.item()


def train(seed, control):
    """The trained model; progress goes to the error stream."""
    model, adam, rng = beginning(seed)
    began, losses = time.process_time(), []
    for step in range(WRITTEN + LOOPED):
        losses.append(advance(model, adam, rng, step, control))
        if (step + 1) % 250 == 0:
            right = accuracy(model, 20, latents=0 if control else LATENTS)
            print(f"step {step + 1} loss {sum(losses[-100:]) / 100:.4f} right "
                  f"{list(right.values())} {time.process_time() - began:.0f} s", file=sys.stderr)
    return model


@torch.no_grad()
def greedy(model, ids, **changes):
    """The most probable answers, token ids [problem, MOST_TOKENS]; changes as in think()."""
    _, caches = think(model, ids, **changes)
    token, made = column(ids, EOT), []
    while len(made) < MOST_TOKENS:
        logits = model.logits(model.hidden(model.embed(token), caches))[..., :EOT]
        token = logits.argmax(-1)
        made.append(token)
    return torch.cat(made, dim=1)


def accuracy(model, count=EVALUATED, **changes):
    """Share of held-out problems with the right number and nothing after it, by number of steps."""
    rng, shares = random.Random(99), {}
    for steps in problems.STEPS:
        ids, results = batch(rng, steps, count, held_out=True)
        wanted = torch.cat([results[:, -1:], column(ids, problems.EOS)], dim=1)
        right = (greedy(model, ids, **changes)[:, :2] == wanted).all(dim=1)
        shares[f"steps_{steps}"] = round(right.double().mean().item(), 4)
    return shares


@torch.no_grad()
def step_accuracy(model):
    """Share of the latents' last hidden states whose most probable token is the result of the
    step, by number of steps: one entry for BOT and for every latent but the last."""
    rng, shares = random.Random(99), {}
    for steps in problems.STEPS:
        ids, results = batch(rng, steps, EVALUATED, held_out=True)
        states, _ = think(model, ids)
        best = model.logits(torch.cat(states[:LATENTS], dim=1)).argmax(-1)
        shares[f"steps_{steps}"] = [round(s, 3) for s in
                                    (best == results).double().mean(dim=0).tolist()]
    return shares


def evaluations(model):
    """Accuracies in training.json, each by number of steps."""
    figures = {
        "latents": accuracy(model),
        "zeroed_after_layer_0": accuracy(model, zero_after=0),
        "zeroed_after_layer_1": accuracy(model, zero_after=1),
        "zero_inputs": accuracy(model, zero_input=range(LATENTS)),
        "no_latents": accuracy(model, latents=0),
    }
    for step in range(LATENTS):
        figures[f"zero_input_{step}"] = accuracy(model, zero_input=(step,))
    return figures


def table(columns):
    """Rows of a Markdown table, a number of steps in each, of columns by number of steps."""
    rows = []
    for steps in problems.STEPS:
        cells = [column[f"steps_{steps}"] if column else None for column in columns]
        cells = sum((c if isinstance(c, list) else [c] for c in cells), [])
        shares = ("not trained" if c is None else f"{c:.1%}" for c in cells)
        rows.append(f"| {steps} | {' | '.join(shares)} |")
    return "\n".join(rows)


def write_card(out, training):
    """training.json and, from it, the card."""
    write_json(out / "training.json", training)
    shares = training["accuracy"]
    names = ("latents", "zeroed_after_layer_0", "zeroed_after_layer_1", "zero_inputs", "no_latents")
    control = training.get("control", {}).get("accuracy")
    card = (Path(__file__).parent / "card.md").read_text(encoding="utf-8").format(
        **training, accuracy_table=table([*(shares[name] for name in names), control]),
        zero_table=table([shares[f"zero_input_{step}"] for step in range(LATENTS)]),
        step_table=table([training["decoded_steps"]]))
    (out / "README.md").write_text(card, encoding="utf-8")


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def stored_names(model):
    """The tensors in bfloat16 under the names of CODI's training code."""
    places = {"base.": "codi.base_model.model.model.", "projection.first.": "prj.1.",
              "projection.second.": "prj.3.", "projection.ln.": "prj.ln."}
    stored = {}
    for name, value in model.state_dict().items():
        place = next(place for place in places if name.startswith(place))
        stored[places[place] + name[len(place):]] = value.to(torch.bfloat16).contiguous()
    return stored


def write(out, stored):
    """The model directory without its card."""
    out.mkdir(parents=True, exist_ok=True)
    tokens = {"bos_token_id": problems.BOS, "eos_token_id": problems.EOS}
    write_json(out / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "vocab_size": BASE_VOCABULARY, "hidden_size": latent.HIDDEN,
        "intermediate_size": latent.MLP, "num_hidden_layers": latent.LAYERS,
        "num_attention_heads": latent.HEADS, "num_key_value_heads": latent.KV_HEADS,
        "hidden_act": "silu", "max_position_embeddings": latent.POSITIONS,
        "rms_norm_eps": latent.NORM_EPS, "rope_theta": latent.THETA, "rope_scaling": None,
        "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True,
        "torch_dtype": "bfloat16", **tokens})
    write_json(out / "codi.json", {
        "base_vocab_size": BASE_VOCABULARY, "pad_id": PAD, "bot_id": BOT, "eot_id": EOT,
        "bos_id": problems.BOS, "eos_id": problems.EOS, "num_latent": LATENTS, "use_prj": True,
        "prj_dim": latent.PROJECTION, "prj_no_ln": False, "remove_eos": True,
        "logits_slice": EOT, "answer_prefix": ""})
    write_json(out / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": latent.POSITIONS,
        "bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>",
        "clean_up_tokenization_spaces": False})
    write_json(out / "tokenizer.json", problems.tokenizer_json())
    (out / "model.safetensors").write_bytes(save(stored, metadata={"format": "pt"}))


def check_tokenizer():
    """problems.encode() and tokenizer.json give the same ids."""
    library, rng = Tokenizer.from_str(json.dumps(problems.tokenizer_json())), random.Random(0)
    for _ in range(200):
        question = problems.draw(rng, rng.choice(problems.STEPS), held_out=True).question()
        if library.encode(question).ids != problems.encode(question):
            sys.exit(f"tokenizer.json and problems.py give different ids: {question}")


def finish(out, model, made, control):
    """Rounds the weights to bfloat16, evaluates and writes."""
    stored = stored_names(model)
    with torch.no_grad():
        for value in model.parameters():
            value.copy_(value.to(torch.bfloat16))
    if control:
        training = json.loads((out / "training.json").read_text(encoding="utf-8"))
        made = {**training, "control": {**made, "accuracy": accuracy(model, latents=0)}}
    else:
        write(out, stored)
        made = {**made, "written": WRITTEN, "looped": LOOPED, "vocabulary": BASE_VOCABULARY,
                "evaluated": EVALUATED, "parameters": sum(p.numel() for p in stored.values()),
                "accuracy": evaluations(model), "decoded_steps": step_accuracy(model)}
    write_card(out, made)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the model directory to write")
    parser.add_argument("--control", action="store_true",
                        help="train without latents and add the accuracy to the directory")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    check_tokenizer()
    began = time.process_time()
    model = train(options.seed, options.control)
    minutes = (time.process_time() - began) / 60
    finish(options.out, model, {
        "seed": options.seed, "steps": WRITTEN + LOOPED,
        "cpu_minutes": round(minutes, 1), "torch": torch.__version__.split("+")[0],
        "machine": platform.machine()}, options.control)


if __name__ == "__main__":
    main()
