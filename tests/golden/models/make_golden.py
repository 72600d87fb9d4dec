#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tiny random models and what Hugging Face transformers computes with them (README.md).

    python3 -m venv v && v/bin/pip install torch==2.11.0 transformers==5.24.0 tokenizers numpy
    v/bin/python tests/golden/models/make_golden.py [FAMILY...]

The families are in families.py; a folder's meta.json says with which version it was made. Float32 arithmetic, eager attention, one thread, no cache but
where a test says so.
"""

import argparse
import copy
import dataclasses
import json
import re
import shutil
import string
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers
from families import BOS, FAMILIES, PAD, VOCABULARY
from safetensors.torch import load_file, save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors

HERE = Path(__file__).parent
GREEDY = 32  # tokens of a continuation
LENGTHS = {"short": 4, "long": 15, "source": 15}
PATCHED, ZEROED = [4, 14], [2, 3, 10]  # positions of the long prompt
MOST_BYTES = 200_000  # of a family's folder
SMALLEST_GAP = 1e-3  # between the best two logits of a greedy step, and the last expert that a
# token visits and the first that it does not
TOLERANCES = {"hook_z": 3e-5, "hook_resid_post": 5e-5, "hook_mlp_out": 5e-5, "logits": 1e-4}
SMALLEST_CHANGE = 2  # times the tolerance, when a feature is switched off


@torch.no_grad()
def randomise(model):
    """Weights of the size that trained models have: gains about one, biases about a third, a
    stream that grows."""
    gain = 0.0 if model.config.model_type.startswith("gemma") else 1.0  # Gemma adds one itself
    transposed = model.config.model_type == "gpt2"  # of the matrices in blocks: [in, out]
    for name, value in sorted(model.named_parameters()):
        random = torch.randn(value.shape)
        if name.endswith("bias"):
            value.copy_(0.3 * random)
        elif value.ndim == 1:
            value.copy_(gain + 0.2 * random)
        else:
            inputs = value.shape[0 if transposed and ".h." in name else -1]
            value.copy_(random * 1.5 / inputs ** 0.5)


def prepare(model):
    """The slow and obvious ways to compute, nothing dropped."""
    model.set_attn_implementation("eager")
    if hasattr(model.config, "num_experts_per_tok"):
        model.set_experts_implementation("eager")
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

    def keep(name, module, of_input, scale=1.0):
        def hook(_module, inputs, output):
            value = first(inputs) if of_input else first(output)
            seen.setdefault(name, []).append(value * scale if scale != 1.0 else value)
        handles.append(module.register_forward_hook(hook))

    keep("hook_embed", family.embed(model), False, family.embed_scale)
    for layer in family.layers(model):
        handles.append(layer.register_forward_pre_hook(
            lambda _module, inputs, kwargs: seen.setdefault("hook_resid_pre", []).append(
                first(inputs) if inputs else kwargs["hidden_states"]), with_kwargs=True))
        if family.mid is not None:
            keep("hook_resid_mid", family.mid(layer), True)
        keep("hook_resid_post", layer, False)
        keep("hook_attn_out", family.attention(layer), False, family.added_scale)
        keep("hook_mlp_out", family.mlp(layer), False, family.added_scale)
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
def last_logits(model, ids):
    return model(torch.tensor([ids]), use_cache=False).logits[0, -1]


def residual_module(family, k):
    """The module whose output is residual k: 0 = embedding, k = layer k - 1."""
    return family.layers(family.model)[k - 1] if k else family.embed(family.model)


def changed(family, module, change, ids, of_input=False):
    """Last logits when `change` has been applied to a module's first input or its output."""
    def before(_module, inputs):
        return (change(inputs[0].clone()), *inputs[1:])

    def after(_module, _inputs, output):
        made = change(first(output).clone())
        return (made, *output[1:]) if isinstance(output, tuple) else made

    handle = (module.register_forward_pre_hook(before) if of_input
              else module.register_forward_hook(after))
    logits = last_logits(family.model, ids)
    handle.remove()
    return logits


@torch.no_grad()
def interventions(family, long, source):
    """Last logits of the long prompt [layer, head, vocab], [residual, position, vocab] and
    [residual, vocab], with one head's z at zero, one residual from the source, three at zero."""
    model, layers = family.model, family.layers(family.model)
    residuals = range(len(layers) + 1)
    kept = {}
    for k in residuals:
        changed(family, residual_module(family, k), lambda x, k=k: kept.setdefault(k, x), source)

    def ablate(head):
        def change(z):
            size = z.shape[-1] // family.heads
            z[..., head * size:(head + 1) * size] = 0
            return z
        return change

    def replace(k, positions, values):
        def change(x):
            x[0, positions] = values
            return x
        return changed(family, residual_module(family, k), change, long)

    arrays = {
        "ablate_head": [[changed(family, family.output(layer), ablate(h), long, of_input=True)
                         for h in range(family.heads)] for layer in layers],
        "patch": [[replace(k, [p], kept[k][0, [p]]) for p in PATCHED] for k in residuals],
        "zero_positions": [replace(k, ZEROED, 0.0) for k in residuals]}
    clean, other = last_logits(model, long), last_logits(model, source)
    made = {name: torch.tensor(np.array(value)) for name, value in arrays.items()}
    assert torch.equal(made["patch"][-1, -1], other) and torch.equal(made["patch"][-1, 0], clean)
    assert torch.equal(made["zero_positions"][-1], clean)
    for name, rows in (("ablate_head", made["ablate_head"].flatten(0, 1)),
                       ("zero_positions", made["zero_positions"][:-1])):
        smallest = (rows - clean).abs().amax(-1).min()
        assert smallest > 100 * TOLERANCES["logits"], (name, smallest)
    return made


@torch.no_grad()
def check_features(family, prompt):
    """How much each feature of the family matters to a prompt: the largest scaled difference of a
    hook when it is switched off, in units of that hook's tolerance."""
    changes, usual = {}, run(family, torch.tensor([prompt]))
    for name, change in family.features.items():
        config = copy.deepcopy(family.model.config)
        for key, value in (change.items() if isinstance(change, dict) else ()):
            assert getattr(config, key) != value, (name, key)
            setattr(config, key, value)
        other = dataclasses.replace(family, model=type(family.model)(config))
        other.model.load_state_dict(family.model.state_dict())
        prepare(other.model)
        if isinstance(change, tuple):
            found = [p for n, p in other.model.named_parameters() if re.search(change[0], n)]
            assert found, name
            for parameter in found:
                parameter.fill_(change[1])
        without = run(other, torch.tensor([prompt]))
        changes[name] = round(max(
            ((without[hook] - usual[hook]).abs().max() / usual[hook].abs().max().clamp_min(1)
             / tolerance).item() for hook, tolerance in TOLERANCES.items()), 1)
        assert changes[name] > SMALLEST_CHANGE, (name, changes[name])
    return changes


@torch.no_grad()
def router_gap(family, prompt):
    """The smallest difference between the last expert that a token visits and the next."""
    gaps = []
    for layer in family.layers(family.model):
        router = family.router(layer)
        if router is None:
            continue

        def keep(module, _inputs, output):
            best = output[0].topk(module.top_k + 1).values
            gaps.append((best[:, -2] - best[:, -1]).min().item())
        handle = router.register_forward_hook(keep)
        last_logits(family.model, prompt)
        handle.remove()
    assert min(gaps) > SMALLEST_GAP, gaps
    return round(min(gaps), 6)


def check_sums(family, arrays):
    """What attention and MLP add makes the residual stream, to the last bit."""
    pre, post = arrays["hook_resid_pre"], arrays["hook_resid_post"]
    attention, mlp = arrays["hook_attn_out"], arrays["hook_mlp_out"]
    if family.mid is None:
        assert torch.equal(mlp + attention + pre, post)
    else:
        assert torch.equal(pre + attention, arrays["hook_resid_mid"])
        assert torch.equal(arrays["hook_resid_mid"] + mlp, post)
    assert torch.equal(pre[:, :, 0], arrays["hook_embed"])
    assert torch.equal(pre[:, :, 1:], post[:, :, :-1])


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


def stored(array):
    """A tensor of its own memory, as the file wants it: float32, or int64 of ids and masks."""
    values = torch.as_tensor(array)
    wanted = torch.float32 if values.is_floating_point() else torch.int64
    return values.to(wanted).clone(memory_format=torch.contiguous_format)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def published(family, config):
    """config.json in the spelling of published files, with their fields and no other."""
    known = config | {"architectures": [type(family.model).__name__]} | family.legacy
    missing = set(family.legacy_keys.split()) - set(known)
    assert not missing, missing
    return {key: known[key] for key in sorted(family.legacy_keys.split())}


def write_model(family, folder, ends):
    """The model directory, in transformers' spelling and in that of published files."""
    family.model.config.eos_token_id = ends
    family.model.generation_config = transformers.GenerationConfig(
        bos_token_id=BOS, eos_token_id=ends, pad_token_id=PAD)
    family.model.save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors")
    save_file(family.rename(tensors), folder / "model.safetensors", {"format": "pt"})
    tokenizer().save(str(folder / "tokenizer.json"))
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config_legacy.json", published(family, config))


def write_variant(family, plain, folder, rename=None, vision=None):
    """The same weights in another published layout: other names of tensors, or a model that also
    sees and is to be passed over but for its text."""
    shutil.copytree(plain, folder)
    (folder / "config_legacy.json").rename(folder / "config.json")
    if rename is not None:
        tensors = rename(load_file(folder / "model.safetensors"))
    else:
        config = transformers.Gemma3Config(
            text_config=family.model.config.to_dict(), vision_config=vision, boi_token_index=5,
            eoi_token_index=6, image_token_index=VOCABULARY - 1, mm_tokens_per_image=1)
        whole = transformers.Gemma3ForConditionalGeneration(config)
        randomise(whole)
        whole.model.language_model.load_state_dict(family.model.model.state_dict())
        whole.save_pretrained(folder)
        tensors = {name.replace("vision_tower.", "vision_tower.vision_model.")
                   if not name.startswith("vision_tower.vision_model.") else name: value
                   for name, value in load_file(folder / "model.safetensors").items()}
        text = json.loads((plain / "config_legacy.json").read_text())
        defaults = transformers.Gemma3TextConfig().to_dict() | {
            "rope_theta": 1e6, "rope_local_base_freq": 1e4}
        outside = ("architectures", "torch_dtype", "transformers_version", "eos_token_id")
        text = {"model_type": text["model_type"]} | {
            key: value for key, value in text.items()
            if key not in outside and (key not in defaults or defaults[key] != value)}
        made = json.loads((folder / "config.json").read_text())
        write_json(folder / "config_legacy.json", {
            key: made[key] for key in sorted(made) if key not in (
                "dtype", "text_config", "tie_word_embeddings", "transformers_version")}
            | {"eos_token_id": family.model.config.eos_token_id, "text_config": text,
               "torch_dtype": "float32", "transformers_version": "4.50.0"})
        shutil.copy(plain / "generation_config.json", folder)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


@torch.no_grad()
def check_load(family, folder, prompt):
    """transformers reads the folder, in either spelling, as the very same model."""
    wanted = last_logits(family.model, prompt)
    for name in ("config.json", "config_legacy.json"):
        if not (folder / name).exists():
            continue
        with tempfile.TemporaryDirectory() as other:
            for file in folder.iterdir():
                shutil.copy(file, other)
            shutil.copy(folder / name, Path(other) / "config.json")
            loaded, report = transformers.AutoModelForCausalLM.from_pretrained(
                other, dtype=torch.float32, output_loading_info=True)
        prepare(loaded)
        assert not report["missing_keys"] and not report["mismatched_keys"], (name, report)
        assert torch.equal(last_logits(loaded, prompt), wanted), (folder, name)
    return loaded


def write(name):
    """The folder of one family."""
    out = HERE / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    family = FAMILIES[name]()
    torch.manual_seed(family.seed)
    randomise(family.model)
    prepare(family.model)
    rng = np.random.default_rng(family.seed)
    prompts = {key: [BOS, *rng.integers(4, VOCABULARY, length - 1).tolist()]
               for key, length in LENGTHS.items()}
    source = prompts.pop("source")

    meta = {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__,
            "seed": family.seed, "smallest_gap": {}}
    continuations = {}
    for key, prompt in prompts.items():
        continuations[key], gap = greedy(family.model, prompt)
        assert gap > SMALLEST_GAP, f"{name} {key}: a greedy step is a near tie ({gap}): other seed"
        meta["smallest_gap"][key] = round(gap, 6)
    if family.router is not None:
        meta["smallest_gap"]["router"] = min(
            router_gap(family, prompts[key] + continuations[key]) for key in prompts)
    ends = end_tokens(continuations.values())
    write_model(family, out / "model", ends)
    loaded = check_load(family, out / "model", prompts["long"])
    for folder, layout in family.variants.items():
        write_variant(family, out / "model", out / folder, **layout)
        check_load(family, out / folder, prompts["long"])
    found = {}  # every array of golden.safetensors
    for key, prompt in prompts.items():
        check_generation(loaded, prompt, continuations[key], ends)
        found[f"{key}.ids"] = prompt
        found[f"{key}.greedy"] = continuations[key]
        found[f"{key}.greedy_to_end"] = until_end(continuations[key], ends)
        arrays = run(family, torch.tensor([prompt]))
        check_sums(family, arrays)
        for hook, array in arrays.items():
            found[f"{key}.{hook}"] = array[0]
    for side in ("left", "right"):
        ids, mask = padded(list(prompts.values()), side)
        arrays = run(family, ids, mask)
        found[f"padded_{side}.ids"] = ids
        found[f"padded_{side}.mask"] = mask
        for hook in ("hook_resid_post", "logits"):
            values = arrays[hook] * mask.reshape(*mask.shape, *[1] * (arrays[hook].ndim - 2))
            found[f"padded_{side}.{hook}"] = values
    found["source.ids"] = source
    for kind, array in interventions(family, prompts["long"], source).items():
        found[f"{kind}.last_logits"] = array
    save_file({name: stored(array) for name, array in found.items()}, out / "golden.safetensors")
    meta |= {"eos": ends, "absent_hooks": ["hook_resid_mid"] if family.mid is None else [],
             "variants": list(family.variants), "patch_positions": PATCHED,
             "zero_positions": ZEROED, "change_without": check_features(family, prompts["long"])}
    write_json(out / "meta.json", meta)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    assert size <= MOST_BYTES, f"{name}: {size} bytes, at most {MOST_BYTES}"
    print(f"{name}: {size} bytes, end tokens {ends}, gaps {meta['smallest_gap']}, "
          f"changes without a feature, in tolerances: {meta['change_without']}")


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
