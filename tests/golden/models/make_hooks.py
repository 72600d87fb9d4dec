#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What happens inside attention and MLP of the golden models:  make_hooks.py [FAMILY ...]

Writes FAMILY/hooks.safetensors beside golden.safetensors, for the same prompts. Queries, keys and weights are seen
where the eager attention of transformers receives and returns them; README.md lists the arrays.
"""

import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).resolve().parent
GATES = ("gate_proj", "c_fc", "dense_h_to_4h", "gate_up_proj")
DOWNS = ("down_proj", "c_proj", "dense_4h_to_h")


class Seen:
    """Arrays [position, layer, ...] of a pass over one prompt."""

    def __init__(self, model):
        self.arrays, self.handles, self.model = {}, [], model
        self.layers = next(m for m in model.modules() if isinstance(m, torch.nn.ModuleList))
        self.wrap_attention()
        mlps = [getattr(layer, "mlp", None) for layer in self.layers]
        if all(mlp is not None and "experts" not in dict(mlp.named_children()) for mlp in mlps):
            for mlp in mlps:
                self.watch_mlp(mlp)

    def add(self, name, value):
        self.arrays.setdefault(name, []).append(value.detach().clone())

    def wrap_attention(self):
        attention = next(m for m in self.layers[0].modules() if "Attention" in type(m).__name__)
        module = sys.modules[type(attention).__module__]
        original = module.eager_attention_forward

        def seen(owner, query, key, value, *arguments, **named):
            output, weights = original(owner, query, key, value, *arguments, **named)
            for name, x in (("q", query), ("k", key), ("v", value), ("pattern", weights)):
                self.add("hook_" + name, x[0].transpose(0, 1))
            return output, weights

        module.eager_attention_forward = seen
        self.restore = lambda: setattr(module, "eager_attention_forward", original)

    def watch_mlp(self, mlp):
        children = dict(mlp.named_children())
        gate = next(children[name] for name in GATES if name in children)
        down = next(children[name] for name in DOWNS if name in children)
        def keep_pre(module, _inputs, output):
            half = output.shape[-1] // 2 if module is children.get("gate_up_proj") else output.shape[-1]
            self.add("mlp.hook_pre", output[0][..., :half])
        self.handles.append(gate.register_forward_hook(keep_pre))
        self.handles.append(down.register_forward_hook(
            lambda _module, inputs, _output: self.add("mlp.hook_post", inputs[0][0])))

    @torch.no_grad()
    def run(self, ids):
        self.arrays = {}
        self.model(ids.unsqueeze(0), use_cache=False)
        return {name: torch.stack(values, dim=1).contiguous() for name, values in self.arrays.items()}

    def end(self):
        self.restore()
        for handle in self.handles:
            handle.remove()


def make(folder):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32,
                                                              attn_implementation="eager").eval()
    golden, arrays = load_file(folder / "golden.safetensors"), {}
    seen = Seen(model)
    for prompt in ("short", "long"):
        for name, values in seen.run(golden[prompt + ".ids"]).items():
            arrays[f"{prompt}.{name}"] = values
        # hook_z is what the weights make of the values.
        values, weights = arrays[prompt + ".hook_v"], arrays[prompt + ".hook_pattern"]
        values = values.repeat_interleave(weights.shape[2] // values.shape[2], dim=2)
        z = torch.einsum("tlhs,slhu->tlhu", weights, values)
        wanted = golden[prompt + ".hook_z"].reshape(z.shape)
        assert (z - wanted).abs().max() < 1e-5, folder
    seen.end()
    save_file(arrays, folder / "hooks.safetensors")
    print(folder.name, len(arrays), "arrays")


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(p.parent.name for p in HERE.glob("*/golden.safetensors")):
        make(HERE / name)
