#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does `extract` compute what Hugging Face transformers computes, on a model of yours?

    tools/parity.py MODEL... [--extract build/release/bin/extract] [--markdown FILE]

Five prompts go through `extract activations` with every hook and through transformers (float32,
eager attention, one prompt at a time). Printed is per hook the largest scaled difference over the
prompts, max|a - b| / max(1, max|b|), beside its tolerance; token ids and greedy tokens have to be
the same. Exit status 1 if anything is not, 2 for wrong use. A model directory without
tokenizer.json gets prompts of random ids. Needs torch, transformers, tokenizers and numpy.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer

TOLERANCES = {
    "hook_embed": 5e-5, "hook_resid_pre": 5e-5, "hook_resid_mid": 5e-5, "hook_resid_post": 5e-5,
    "hook_attn_out": 5e-5, "hook_mlp_out": 5e-5, "hook_z": 3e-5, "head_norm": 3e-5,
    "hook_q": 5e-5, "hook_k": 5e-5, "hook_v": 5e-5, "hook_pattern": 3e-5, "mlp.hook_pre": 5e-5,
    "mlp.hook_post": 5e-5, "ln_final.hook_out": 3e-5, "logits": 1e-4}
# Those that are seen inside attention and MLP.
INNER = ("hook_q", "hook_k", "hook_v", "hook_pattern", "mlp.hook_pre", "mlp.hook_post")
GREEDY = 64  # tokens of a continuation; half the context at most
TEXTS = [
    "Paris",
    "The cat sat on the mat because the",
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in "
    "May. How many clips did Natalia sell altogether in April and May? Let us think step by step.",
    "def median(values):\n    ordered = sorted(values)\n    middle = len(ordered) // 2\n"
    "    if len(ordered) % 2:\n        return ordered[middle]\n"
    "    return (ordered[middle - 1] + ordered[middle]) / 2\n\n\nassert median([3, 1, 2]) ==",
    4 * ("Der Mond ist aufgegangen, die goldnen Sternlein prangen am Himmel hell und klar. "
         "月は出ている。 Луна взошла. Η σελήνη ανέτειλε. 🌙 ") + "Translated into English:",
]
RANDOM_LENGTHS = [1, 6, 17, 40, 90]  # of prompts for models without a tokenizer


@dataclass(frozen=True)
class Places:
    """Where the hooks are: modules of the model, and of one of its layers (mid: its input)."""

    embed: str
    layers: str
    norm: str
    mid: str
    attention: str  # what it puts out is added to the residual stream; mlp alike
    mlp: str
    z: str  # its input is hook_z


LLAMA = Places("model.embed_tokens", "model.layers", "model.norm", "post_attention_layernorm",
               "self_attn.o_proj", "mlp", "self_attn.o_proj")
GEMMA = Places("model.embed_tokens", "model.layers", "model.norm", "pre_feedforward_layernorm",
               "post_attention_layernorm", "post_feedforward_layernorm", "self_attn.o_proj")
OLMO = Places("model.embed_tokens", "model.layers", "model.norm", "mlp",
              "post_attention_layernorm", "post_feedforward_layernorm", "self_attn.o_proj")
# In a dense MLP: what the activation function takes, and what its product is multiplied with.
GATES = ("gate_proj", "c_fc", "dense_h_to_4h", "gate_up_proj")
DOWNS = ("down_proj", "c_proj", "dense_4h_to_h")
INSIDE = "model.language_model."
PLACES = {
    "llama": LLAMA, "mistral": LLAMA, "qwen2": LLAMA, "qwen3": LLAMA, "qwen3_moe": LLAMA,
    "olmoe": LLAMA, "olmo2": OLMO, "olmo3": OLMO, "phi3": LLAMA, "granite": LLAMA,
    "smollm3": LLAMA, "mixtral": LLAMA, "gemma2": GEMMA, "gemma3_text": GEMMA,
    "gemma3": Places(INSIDE + "embed_tokens", INSIDE + "layers", INSIDE + "norm", GEMMA.mid,
                     GEMMA.attention, GEMMA.mlp, GEMMA.z),
    "gpt2": Places("transformer.drop", "transformer.h", "transformer.ln_f", "ln_2", "attn.c_proj",
                   "mlp", "attn.c_proj"),
    "gpt_neox": Places("gpt_neox.embed_in", "gpt_neox.layers", "gpt_neox.final_layer_norm",
                       "post_attention_layernorm", "attention.dense", "mlp", "attention.dense")}


@dataclass
class Result:
    """What was found for one model."""

    model: str
    family: str
    differences: dict = field(default_factory=dict)  # hook -> the largest of all prompts
    tokens: list = field(default_factory=list)  # of each prompt: its length
    greedy: list = field(default_factory=list)  # of each prompt: equal tokens, tokens
    complaints: list = field(default_factory=list)

    def passed(self):
        return not self.complaints


class Failure(Exception):
    """One line for the user."""


def text_config(model_directory):
    """The fields of config.json that describe the text model."""
    path = model_directory / "config.json"
    try:
        config = json.loads(path.read_text())
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Failure(f"{path}: {error}") from None
    if config.get("model_type") not in PLACES:
        raise Failure(f"{path}: model_type is {config.get('model_type')!r}, expected one of "
                      + ", ".join(PLACES))
    return config | config.get("text_config", {}) | {"model_type": config["model_type"]}


def name_of(model_directory):
    """For the table: organisation and model in a hub cache, else the last folders' names."""
    path = model_directory.resolve()
    if path.parent.name == "snapshots":
        return path.parent.parent.name.removeprefix("models--").replace("--", "/")
    return f"{path.parent.name}/{path.name}" if path.name.startswith("model") else path.name


def hooks_of(config):
    """The hooks that a model of this configuration has."""
    absent = set()
    if config["model_type"] == "gpt_neox" and config.get("use_parallel_residual", True):
        absent.add("hook_resid_mid")
    if "num_experts_per_tok" in config:
        absent |= {"mlp.hook_pre", "mlp.hook_post"}
    return [hook for hook in TOLERANCES if hook not in absent]


def greedy_tokens(config):
    """How long the continuations are, and what is left of the context for a prompt."""
    context = config.get("max_position_embeddings", config.get("n_positions", 1024))
    count = min(GREEDY, context // 2)
    return count, context - count


def make_prompts(model_directory, config):
    """Prompt lines, and the ids that the model's own tokenizer gives."""
    _, context = greedy_tokens(config)
    if not (model_directory / "tokenizer.json").exists():
        rng = np.random.default_rng(0)
        vocabulary = config.get("vocab_size", 1000)
        ids = [rng.integers(0, vocabulary, min(n, context)).tolist() for n in RANDOM_LENGTHS]
        return [{"input_ids": row} for row in ids], ids
    tokenizer = Tokenizer.from_file(str(model_directory / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    ids = [tokenizer.encode(text).ids for text in TEXTS]
    return [{"text": text} if len(row) <= context else {"input_ids": row[:context]}
            for text, row in zip(TEXTS, ids)], [row[:context] for row in ids]


def run_extract(program, model_directory, prompts, out, *flags):
    """The run directory's manifest, and the prompts as fed."""
    file = out.with_suffix(".jsonl")
    file.write_text("".join(json.dumps(prompt) + "\n" for prompt in prompts))
    command = [program, "activations", "--model", model_directory, "--prompts", file, "--out", out,
               "--dtype", "float32", "--batch-size", "1", *flags]
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    except OSError as error:
        raise Failure(f"{program}: {error.strerror}") from None
    if done.returncode != 0:
        raise Failure((done.stderr.strip().splitlines() or ["extract: no message"])[-1])
    fed = [json.loads(line)["input_ids"] for line in (out / "prompts.jsonl").read_text().split("\n")
           if line]
    return json.loads((out / "manifest.json").read_text()), fed


def rows_of(out, manifest, array, prompt):
    """The rows of one prompt in the order of the plan, [row, ...], and their keys, [row, 2]."""
    space = next(a["row_space"] for a in manifest["plan"]["arrays"] if a["name"] == array)
    values, keys = [], []
    for file, key_file in zip(manifest["arrays"][array]["files"],
                              manifest["row_spaces"][space]["files"]):
        key = np.load(out / key_file["file"])
        mine = key[:, 0] == prompt
        if mine.any():
            values.append(np.load(out / file["file"], mmap_mode="r")[mine])
            keys.append(key[mine])
    return np.concatenate(values), np.concatenate(keys)


class Comparison:
    """Compares what passes the hooks of a transformers model with the arrays of one prompt, piece
    by piece, so that no second copy of the activations is needed."""

    def __init__(self, model, places, heads, ours):
        self.heads, self.ours, self.parts, self.handles = heads, ours, {}, []
        # Granite multiplies embeddings, and what attention and MLP put out before it is added.
        embed_scale = getattr(model.config, "embedding_multiplier", 1.0)
        scale = getattr(model.config, "residual_multiplier", 1.0)
        self.on_output(model.get_submodule(places.embed), "hook_embed", None, embed_scale)
        for n, layer in enumerate(model.get_submodule(places.layers)):
            self.handles.append(layer.register_forward_pre_hook(
                lambda _module, inputs, named, n=n: self.compare(
                    "hook_resid_pre", n, inputs[0] if inputs else named["hidden_states"]),
                with_kwargs=True))
            self.on_output(layer, "hook_resid_post", n)
            self.on_output(layer.get_submodule(places.attention), "hook_attn_out", n, scale)
            mlp = places.mlp if hasattr(layer, places.mlp) else "block_sparse_moe"  # Mixtral in 4.57
            self.on_output(layer.get_submodule(mlp), "hook_mlp_out", n, scale)
            self.on_input(layer.get_submodule(places.z), "hook_z", n)
            if "hook_resid_mid" in ours:
                self.on_input(layer.get_submodule(places.mid), "hook_resid_mid", n)
            if "mlp.hook_post" in ours:
                self.watch_mlp(layer.get_submodule("mlp"), n)
        self.on_output(model.get_submodule(places.norm), "ln_final.hook_out", None)
        self.watch_attention(model.get_submodule(places.layers))

    def watch_attention(self, layers):
        """Queries, keys and weights where the eager attention receives and returns them."""
        attention = next(m for m in layers[0].modules() if "Attention" in type(m).__name__)
        module = sys.modules[type(attention).__module__]
        original, passed = module.eager_attention_forward, iter(range(len(layers)))

        def seen(owner, query, key, value, *arguments, **named):
            output, weights = original(owner, query, key, value, *arguments, **named)
            n = next(passed)
            for hook, x in (("q", query), ("k", key), ("v", value), ("pattern", weights)):
                self.compare("hook_" + hook, n, x.transpose(1, 2))
            return output, weights

        module.eager_attention_forward = seen
        self.restore = lambda: setattr(module, "eager_attention_forward", original)

    def watch_mlp(self, mlp, layer):
        children = dict(mlp.named_children())
        gate = next(children[name] for name in GATES if name in children)
        both = 2 if gate is children.get("gate_up_proj") else 1
        self.handles.append(gate.register_forward_hook(
            lambda _module, _inputs, output: self.compare(
                "mlp.hook_pre", layer, output[..., :output.shape[-1] // both])))
        self.on_input(next(children[name] for name in DOWNS if name in children),
                      "mlp.hook_post", layer)

    def on_output(self, module, hook, layer, scale=1.0):
        self.handles.append(module.register_forward_hook(
            lambda _module, _inputs, output: self.compare(
                hook, layer, scale * (output[0] if isinstance(output, tuple) else output))))

    def on_input(self, module, hook, layer):
        self.handles.append(module.register_forward_pre_hook(
            lambda _module, inputs: self.compare(hook, layer, inputs[0])))

    def compare(self, hook, layer, theirs):
        """Of one hook of one layer, [1, position, ...]."""
        values = theirs[0].detach().float().numpy()
        if hook == "hook_z":
            values = values.reshape(len(values), self.heads, -1)
            self.compare("head_norm", layer, torch.tensor(np.linalg.norm(values, axis=-1))[None])
        mine = self.ours[hook] if layer is None else self.ours[hook][:, layer]
        if hook == "hook_pattern":  # as wide as the longest prompt; no weight is beyond this one
            if np.abs(mine[..., values.shape[-1]:]).max(initial=0.0) > 0.0:
                raise Failure(f"{hook}: weights of tokens that are not there, in layer {layer}")
            mine = mine[..., :values.shape[-1]]
        if mine.shape != values.shape:
            raise Failure(f"{hook}: shape {mine.shape}, transformers has {values.shape}")
        if not np.isfinite(values).all() or not np.isfinite(mine).all():
            raise Failure(f"{hook}: not finite, in layer {layer}")
        difference, largest = self.parts.get(hook, (0.0, 1.0))
        self.parts[hook] = (max(difference, float(np.abs(mine - values).max())),
                            max(largest, float(np.abs(values).max())))

    def scaled(self):
        """Hook -> scaled difference over all layers; takes the hooks off."""
        self.restore()
        for handle in self.handles:
            handle.remove()
        assert set(self.parts) == set(self.ours), set(self.parts) ^ set(self.ours)
        return {hook: difference / largest for hook, (difference, largest) in self.parts.items()}


def load(model_directory):
    model = transformers.AutoModelForCausalLM.from_pretrained(
        model_directory, dtype=torch.float32, attn_implementation="eager")
    if hasattr(model, "set_experts_implementation") and hasattr(
            model.config.get_text_config(), "num_experts_per_tok"):
        model.set_experts_implementation("eager")
    return model.eval()


def depends_on_length(config):
    """Whether the rotary frequencies of a pass depend on how long it is."""
    found = [config.get("rope_parameters"), config.get("rope_scaling")]
    found += [kind for rope in found if rope for kind in rope.values() if isinstance(kind, dict)]
    return any(rope.get("rope_type", rope.get("type")) in ("dynamic", "longrope", "su")
               for rope in found if rope)


@torch.no_grad()
def continued_logits(model, ids, ours):
    """Logits before each token of a continuation: in one pass where that cannot make a difference,
    else token by token after a cache, as `generate` does."""
    if not depends_on_length(model.config.get_text_config().to_dict()):
        return model(torch.tensor([ids + ours]), use_cache=False).logits[0, len(ids) - 1:-1]
    step = model(torch.tensor([ids]), use_cache=True)
    rows = [step.logits[0, -1]]
    for token in ours[:-1]:
        step = model(torch.tensor([[token]]), past_key_values=step.past_key_values, use_cache=True)
        rows.append(step.logits[0, -1])
    return torch.stack(rows)


@torch.no_grad()
def greedy_of(model, ids, ours):
    """Where our continuation leaves that of transformers: its step, or None, and the gap there
    between their best logit and that of our token."""
    logits = continued_logits(model, ids, ours)
    for step, (row, token) in enumerate(zip(logits, ours)):
        if row.argmax().item() != token:
            return step, (row.max() - row[token]).item()
    return None, 0.0


@torch.no_grad()
def compare_model(model_directory, program):
    """Everything for one model. extract has ended before transformers loads the weights."""
    config = text_config(model_directory)
    result = Result(name_of(model_directory), config["model_type"])
    hooks = hooks_of(config)
    count, _ = greedy_tokens(config)
    prompts, wanted_ids = make_prompts(model_directory, config)
    with tempfile.TemporaryDirectory() as folder:
        out, continued = Path(folder) / "hooks", Path(folder) / "greedy"
        manifest, fed = run_extract(program, model_directory, prompts, out, "--capture", *hooks)
        generated, _ = run_extract(program, model_directory, prompts, continued, "--generate",
                                   count, "--ignore-eos")
        model = load(model_directory)
        heads = model.config.get_text_config().num_attention_heads
        for n, ids in enumerate(fed):
            result.tokens.append(len(ids))
            if ids != wanted_ids[n]:
                result.complaints.append(f"prompt {n}: token ids differ from the tokenizer's")
            ours = {hook: rows_of(out, manifest, hook, n)[0] for hook in hooks}
            comparison = Comparison(model, PLACES[config["model_type"]], heads, ours)
            logits = model(torch.tensor([ids]), use_cache=False).logits
            comparison.compare("logits", None, logits)
            for hook, difference in comparison.scaled().items():
                result.differences[hook] = max(result.differences.get(hook, 0.0), difference)
            tokens = rows_of(continued, generated, "generated_ids", n)[0].reshape(-1).tolist()
            step, gap = greedy_of(model, ids, tokens)
            result.greedy.append((len(tokens) if step is None else step, count))
            if len(tokens) != count:
                result.complaints.append(f"prompt {n}: {len(tokens)} generated, expected {count}")
            if step is not None:
                result.complaints.append(
                    f"prompt {n}: greedy token {step} differs, logit {gap:.2g} below the best")
    for hook, difference in result.differences.items():
        if difference > TOLERANCES[hook]:
            result.complaints.append(f"{hook}: {difference:.2g}, at most {TOLERANCES[hook]:.0e}")
    return result


def versions():
    return f"transformers {transformers.__version__}, torch {torch.__version__}"


def report(result):
    print(f"{result.model} ({result.family}), prompts of {result.tokens} tokens; {versions()}")
    print(f"  {'hook':20}{'difference':>12}{'tolerance':>12}")
    for hook, tolerance in TOLERANCES.items():
        if hook not in result.differences:
            continue
        found = result.differences[hook]
        verdict = "PASS" if found <= tolerance else "FAIL"
        print(f"  {hook:20}{found:12.2g}{tolerance:12.0e}  {verdict}")
    equal, all_tokens = map(sum, zip(*result.greedy))
    print(f"  {'greedy tokens':20}{equal:12}{all_tokens:12}  "
          f"{'PASS' if equal == all_tokens else 'FAIL'}")
    for complaint in result.complaints:
        print(f"  {complaint}")
    print(f"  {'PASS' if result.passed() else 'FAIL'}", flush=True)


def markdown(results):
    """One table: a row a model, a column a hook."""
    lines = ["Largest scaled difference to Hugging Face over five prompts, max\\|a - b\\| / "
             f"max(1, max\\|b\\|), float32, CPU; {versions()}.", "",
             "| model | family | " + " | ".join(f"`{hook}`" for hook in TOLERANCES)
             + " | greedy tokens | |", "|---|---|" + "---|" * (len(TOLERANCES) + 2),
             "| tolerance | | " + " | ".join(f"{t:.0e}" for t in TOLERANCES.values())
             + " | all | |"]
    for result in results:
        cells = [f"{result.differences[hook]:.1e}" if hook in result.differences else "–"
                 for hook in TOLERANCES]
        equal, wanted = map(sum, zip(*result.greedy))
        lines.append(f"| {result.model} | {result.family} | " + " | ".join(cells)
                     + f" | {equal} of {wanted} | {'pass' if result.passed() else 'FAIL'} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parent.parent
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL")
    parser.add_argument("--extract", type=Path, default=root / "build/release/bin/extract")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table here")
    options = parser.parse_args()
    transformers.utils.logging.disable_progress_bar()
    results, failed = [], False
    for model_directory in options.models:
        try:
            result = compare_model(model_directory, options.extract)
        except Failure as error:
            print(f"parity.py: {name_of(model_directory)}: {error}", file=sys.stderr)
            failed = True
            continue
        report(result)
        results.append(result)
        failed |= not result.passed()
    if options.markdown is not None and results:
        options.markdown.write_text(markdown(results))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
