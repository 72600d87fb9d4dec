# SPDX-License-Identifier: MIT
"""The parity part of bench/gpu.py: every hook of extract, in bfloat16 and in float32, against
transformers in float32 on the same device."""

import statistics
from dataclasses import dataclass, field

import numpy as np
import torch

from gpu_sides import Failure, HuggingFace, free
from parity import INNER, TOLERANCES, hooks_of, text_config

LENGTHS = (1, 4, 9, 17, 28, 40, 56, 75, 100)  # tokens of the prompts
MOST_RATIO = 1.25  # of extract's error to that of transformers
MOST_DIFFERENCE = 1e-4  # in float32, scaled
HOOKS = tuple(hook for hook in TOLERANCES if hook not in INNER)


@dataclass
class Parity:
    """What was found for one model."""

    model: str
    family: str
    ratios: dict = field(default_factory=dict)  # hook -> median over prompts
    errors: dict = field(default_factory=dict)  # hook -> extract's error, median over prompts
    differences: dict = field(default_factory=dict)  # hook -> in float32, largest of all prompts

    def passed(self):
        return (max(self.ratios.values()) <= MOST_RATIO
                and max(self.differences.values()) <= MOST_DIFFERENCE)


def first(value):
    return value[0] if isinstance(value, tuple) else value


@torch.no_grad()
def hooks_while(side, ids, hooks):
    """What passes the hooks, of one prompt: hook -> float32 on the host, [position, ...] or
    [layer, position, ...]."""
    seen, handles, places = {}, [], side.places
    # Granite multiplies embeddings, and what attention and MLP put out before it is added.
    config = side.model.config.get_text_config()
    embed_scale = getattr(config, "embedding_multiplier", 1.0)
    scale = getattr(config, "residual_multiplier", 1.0)

    def keep(hook, module, of_input, factor=1.0):
        def see(_module, inputs, named, output):
            value = (inputs[0] if inputs else named["hidden_states"]) if of_input else first(output)
            seen.setdefault(hook, []).append((factor * value[0]).float().cpu())
        handles.append(module.register_forward_hook(see, with_kwargs=True))

    def keep_entry(module):
        handles.append(module.register_forward_pre_hook(
            lambda _module, inputs, named: seen.setdefault("hook_resid_pre", []).append(
                (inputs[0] if inputs else named["hidden_states"])[0].float().cpu()),
            with_kwargs=True))

    keep("hook_embed", side.model.get_submodule(places.embed), False, embed_scale)
    for layer, module in enumerate(side.layers):
        keep_entry(module)
        keep("hook_resid_post", module, False)
        keep("hook_attn_out", module.get_submodule(places.attention), False, scale)
        keep("hook_mlp_out", module.get_submodule(places.mlp), False, scale)
        keep("hook_z", side.z_modules()[layer], True)
        if "hook_resid_mid" in hooks:
            keep("hook_resid_mid", module.get_submodule(places.mid), True)
    keep("ln_final.hook_out", side.norm, False)
    logits = side.model(side.tensor([ids]), use_cache=False).logits
    for handle in handles:
        handle.remove()
    seen = {hook: torch.stack(values) for hook, values in seen.items()}
    seen["logits"] = logits.float().cpu()
    seen["hook_z"] = seen["hook_z"].unflatten(-1, (side.heads, -1))
    seen["head_norm"] = seen["hook_z"].norm(dim=-1)
    return {hook: seen[hook] for hook in hooks}


def by_transformers(directory, prompts, dtype, device, hooks):
    side = HuggingFace(directory, dtype, device, attention="eager")
    found = [hooks_while(side, ids, hooks) for ids in prompts]
    side.close()
    return found


def by_extract(extract, directory, prompts, dtype, hooks):
    """The same of extract."""
    free(torch.device(extract.device))
    run = extract.run("activations", directory, dtype, "--prompts", extract.prompts(prompts),
                      "--capture", ",".join(hooks), "--batch-size", "1")
    found = [{} for _ in prompts]
    for hook in hooks:
        values, keys = run.whole(hook)
        for n in range(len(prompts)):
            mine = values[keys[:, 0] == n]
            layered = len(run.layers(hook)) > 0
            found[n][hook] = mine.movedim(1, 0) if layered else mine[None]
    run.remove()
    return found


def error(values, wanted):
    """The largest relative L2 error of a position, over all layers; [layer, position, ...]."""
    if values.shape != wanted.shape:
        raise Failure(f"parity: shapes {tuple(values.shape)} and {tuple(wanted.shape)}")
    if not (torch.isfinite(values).all() and torch.isfinite(wanted).all()):
        raise Failure("parity: a value is not finite")
    difference = (values.double() - wanted.double()).flatten(2).norm(dim=-1)
    return (difference / wanted.double().flatten(2).norm(dim=-1).clamp_min(1e-30)).max().item()


def ratio(ours, theirs):
    """One where both are exact."""
    return 1.0 if ours == theirs == 0.0 else ours / max(theirs, 1e-30)


def compare(extract, directory, name, device, dtype, repeats):
    """One model directory; `repeats` prompts of each length."""
    config = text_config(directory)
    hooks = [hook for hook in hooks_of(config) if hook in HOOKS]
    longest = min(config.get("max_position_embeddings", config.get("n_positions", 1024)), 1 << 20)
    rng = np.random.default_rng(0)
    prompts = [rng.integers(3, config.get("vocab_size", 1000), min(n, longest)).tolist()
               for n in LENGTHS * repeats]
    exact = by_transformers(directory, prompts, "float32", device, hooks)
    theirs = by_transformers(directory, prompts, dtype, device, hooks)
    ours = by_extract(extract, directory, prompts, dtype, hooks)
    wide = by_extract(extract, directory, prompts, "float32", hooks)
    found = Parity(name, config["model_type"])
    for hook in hooks:
        errors = [(error(o[hook], e[hook]), error(t[hook], e[hook]))
                  for o, t, e in zip(ours, theirs, exact)]
        found.errors[hook] = statistics.median(o for o, _ in errors)
        found.ratios[hook] = statistics.median(ratio(o, t) for o, t in errors)
        found.differences[hook] = max(
            ((w[hook] - e[hook]).abs().max() / max(1.0, e[hook].abs().max().item())).item()
            for w, e in zip(wide, exact))
    return found
