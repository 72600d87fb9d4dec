#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tiny random models and what Hugging Face transformers computes with them (README.md).

    python3 -m venv v && v/bin/pip install torch==2.11.0 transformers==5.2.0 tokenizers numpy
    v/bin/python tests/golden/models/make_golden.py [FAMILY...]

A further family is one function that returns a model and the places of its hooks, and one entry in
FAMILIES. Float32 arithmetic, eager attention, one thread, no cache but where a test says so.
"""

import argparse
import json
import shutil
import string
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors

HERE = Path(__file__).parent
SEED, GREEDY = 5, 32  # of the weights and prompts; tokens of a continuation
LENGTHS = {"short": 4, "long": 15}
VOCABULARY = 72
BOS, PAD = 1, 0
MOST_BYTES = 200_000  # of a family's folder
SMALLEST_GAP = 1e-3  # between the best two logits of a greedy step


@dataclass
class Family:
    """A model and where in it the hooks are; the functions take the model or one of its layers."""

    model: torch.nn.Module
    embed: callable  # the module whose output enters block 0
    layers: callable
    mid: callable  # of a layer: the module whose input is the residual stream after attention,
    # or None where attention and MLP are parallel and there is no such place
    attention: callable  # of a layer: the module whose output the attention adds to the stream
    mlp: callable  # of a layer: the same for the MLP
    output: callable  # of a layer: the module whose input is hook_z, heads side by side
    norm: callable  # the final norm
    heads: int
    config_legacy: dict  # fields of config.json in the spelling of published files; None: taken out


def llama():
    """Grouped query heads whose sizes do not add up to the hidden size, an output matrix of its
    own, and rotary frequencies of which llama3 scaling leaves one, smooths one, divides the rest.
    """
    rope = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=24, intermediate_size=40, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, head_dim=12, max_position_embeddings=128,
        rms_norm_eps=1e-5, rope_parameters=rope, tie_word_embeddings=False,
        bos_token_id=BOS, pad_token_id=PAD)
    scaling = {key: value for key, value in rope.items() if key != "rope_theta"}
    return Family(
        model=transformers.LlamaForCausalLM(config), embed=lambda m: m.model.embed_tokens,
        layers=lambda m: m.model.layers, mid=lambda layer: layer.post_attention_layernorm,
        attention=lambda layer: layer.self_attn.o_proj, mlp=lambda layer: layer.mlp,
        output=lambda layer: layer.self_attn.o_proj, norm=lambda m: m.model.norm, heads=4,
        config_legacy={"rope_parameters": None, "rope_theta": rope["rope_theta"],
                       "rope_scaling": scaling, "dtype": None, "torch_dtype": "float32"})


FAMILIES = {"llama": llama}


@torch.no_grad()
def randomise(model):
    """Weights of the size that trained models have: gains about one, a stream that grows."""
    torch.manual_seed(SEED)
    for _, value in sorted(model.named_parameters()):
        if value.ndim == 1:
            value.copy_(1 + 0.2 * torch.randn(value.shape))
        else:
            value.copy_(torch.randn(value.shape) * 1.5 / value.shape[1] ** 0.5)
    model.eval()


def tokenizer():
    """A token per letter, enough for every id to have a text; encoding puts <s> first."""
    marks = ["<pad>", "<s>", "</s>", "<end>"]
    letters = list(" " + string.ascii_lowercase + string.ascii_uppercase + string.digits + ".,?!-")
    ids = {token: i for i, token in enumerate((marks + letters)[:VOCABULARY])}
    made = Tokenizer(models.WordLevel(ids, "?"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    made.add_special_tokens(marks)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", BOS)])
    return made


def first(value):
    """The tensor of a module's output, which may be a tuple."""
    return value[0] if isinstance(value, tuple) else value


@torch.no_grad()
def run(family, ids, mask=None):
    """Every hook of a batch [row, position]; arrays [row, position, ...] and [row, position, layer,
    ...], as Phiscope lays them out."""
    model, seen, handles = family.model, {}, []

    def keep(name, module, of_input):
        def hook(_module, inputs, output):
            seen.setdefault(name, []).append(first(inputs) if of_input else first(output))
        handles.append(module.register_forward_hook(hook))

    keep("hook_embed", family.embed(model), False)
    for layer in family.layers(model):
        handles.append(layer.register_forward_pre_hook(
            lambda _module, inputs, kwargs: seen.setdefault("hook_resid_pre", []).append(
                first(inputs) if inputs else kwargs["hidden_states"]), with_kwargs=True))
        if family.mid is not None:
            keep("hook_resid_mid", family.mid(layer), True)
        keep("hook_resid_post", layer, False)
        keep("hook_attn_out", family.attention(layer), False)
        keep("hook_mlp_out", family.mlp(layer), False)
        keep("hook_z", family.output(layer), True)
    keep("ln_final.hook_out", family.norm(model), False)
    mask = torch.ones_like(ids) if mask is None else mask
    positions = (mask.cumsum(-1) - 1).clamp_min(0)
    logits = model(ids, attention_mask=mask, position_ids=positions, use_cache=False).logits
    for handle in handles:
        handle.remove()
    arrays = {name: values[0] if name in ("hook_embed", "ln_final.hook_out")
              else torch.stack(values, dim=2) for name, values in seen.items()}
    z = arrays["hook_z"]
    arrays["hook_z"] = z.reshape(*z.shape[:3], family.heads, -1)
    arrays["head_norm"] = arrays["hook_z"].norm(dim=-1)
    arrays["logits"] = logits
    return arrays


@torch.no_grad()
def greedy(model, prompt):
    """GREEDY tokens whatever they are, and the smallest gap between the best two logits."""
    ids, gaps = list(prompt), []
    for _ in range(GREEDY):
        best = model(torch.tensor([ids]), use_cache=False).logits[0, -1].topk(2)
        gaps.append((best.values[0] - best.values[1]).item())
        ids.append(best.indices[0].item())
    return ids[len(prompt):], min(gaps)


def end_tokens(continuations):
    """End tokens, one that is new late in each continuation: every prompt's generation ends on one
    of them, and not at once."""
    chosen = []
    for tokens in continuations:
        new = [(n, t) for n, t in enumerate(tokens) if tokens.index(t) == n and t > BOS]
        late = [t for n, t in new if 6 <= n and t not in chosen]
        chosen.append(late[0] if late else new[-1][1])
    return sorted(set(chosen))


def until_end(tokens, ends):
    """The tokens up to and including the first end token."""
    stops = [n for n, token in enumerate(tokens) if token in ends]
    return tokens[:stops[0] + 1] if stops else tokens


def check_generation(model, prompt, tokens, ends):
    """transformers.generate (with its cache) gives the same tokens with and without the ends."""
    ids = torch.tensor([prompt])
    for eos, wanted in ((None, tokens), (ends, until_end(tokens, ends))):
        model.generation_config.eos_token_id = eos
        made = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False,
                              max_new_tokens=GREEDY)[0, len(prompt):].tolist()
        assert made == wanted, (eos, made, wanted)


def padded(prompts, side):
    """Prompts as a batch: ids and mask [row, position]."""
    width = max(map(len, prompts))
    ids, mask = torch.full((len(prompts), width), PAD), torch.zeros(len(prompts), width).long()
    for row, prompt in enumerate(prompts):
        span = slice(0, len(prompt)) if side == "right" else slice(width - len(prompt), width)
        ids[row, span], mask[row, span] = torch.tensor(prompt), 1
    return ids, mask


def save(path, array):
    values = array.numpy() if isinstance(array, torch.Tensor) else np.asarray(array)
    wanted = np.int64 if values.dtype.kind == "i" else np.float32
    np.save(path, np.ascontiguousarray(values, dtype=wanted))


def write_model(family, folder, ends):
    """The model directory, in transformers' spelling and in that of published files."""
    family.model.config.eos_token_id = ends
    family.model.generation_config = transformers.GenerationConfig(
        bos_token_id=BOS, eos_token_id=ends, pad_token_id=PAD)
    family.model.save_pretrained(folder)
    tokenizer().save(str(folder / "tokenizer.json"))
    config = json.loads((folder / "config.json").read_text())
    config |= family.config_legacy
    config = {key: value for key, value in config.items() if value is not None}
    config["architectures"] = [type(family.model).__name__]
    (folder / "config_legacy.json").write_text(json.dumps(config, indent=2) + "\n")


def write(name):
    """The folder of one family."""
    out = HERE / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    torch.manual_seed(SEED)
    family = FAMILIES[name]()
    family.model.set_attn_implementation("eager")
    randomise(family.model)
    rng = np.random.default_rng(SEED)
    prompts = {key: [BOS, *rng.integers(4, VOCABULARY, length - 1).tolist()]
               for key, length in LENGTHS.items()}

    meta = {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__,
            "seed": SEED, "smallest_gap": {}}
    continuations = {}
    for key, prompt in prompts.items():
        continuations[key], gap = greedy(family.model, prompt)
        assert gap > SMALLEST_GAP, f"{name} {key}: a greedy step is a near tie ({gap}): other SEED"
        meta["smallest_gap"][key] = round(gap, 6)
    ends = end_tokens(continuations.values())
    write_model(family, out / "model", ends)
    loaded = transformers.AutoModelForCausalLM.from_pretrained(
        out / "model", dtype=torch.float32, attn_implementation="eager")
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), family.model.parameters()))
    for key, prompt in prompts.items():
        check_generation(loaded, prompt, continuations[key], ends)
        save(out / f"{key}.ids.npy", prompt)
        save(out / f"{key}.greedy.npy", continuations[key])
        save(out / f"{key}.greedy_to_end.npy", until_end(continuations[key], ends))
        for hook, array in run(family, torch.tensor([prompt])).items():
            save(out / f"{key}.{hook}.npy", array[0])
    for side in ("left", "right"):
        ids, mask = padded(list(prompts.values()), side)
        arrays = run(family, ids, mask)
        save(out / f"padded_{side}.ids.npy", ids)
        save(out / f"padded_{side}.mask.npy", mask)
        for hook in ("hook_resid_post", "logits"):
            values = arrays[hook] * mask.reshape(*mask.shape, *[1] * (arrays[hook].ndim - 2))
            save(out / f"padded_{side}.{hook}.npy", values)
    meta |= {"eos": ends, "absent_hooks": ["hook_resid_mid"] if family.mid is None else []}
    (out / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    assert size <= MOST_BYTES, f"{name}: {size} bytes, at most {MOST_BYTES}"
    print(f"{name}: {size} bytes, end tokens {ends}, gaps {meta['smallest_gap']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("families", nargs="*", help="default: all")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    for name in options.families or FAMILIES:
        write(name)


if __name__ == "__main__":
    main()
