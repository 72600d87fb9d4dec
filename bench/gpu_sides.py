# SPDX-License-Identifier: MIT
"""The two sides of bench/gpu.py, extract and Hugging Face transformers, on the same files."""

import gc
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from parity import PLACES, Failure  # noqa: E402


@dataclass(frozen=True)
class Measured:
    """One timed computation, without start-up and loading."""

    seconds: float
    peak_bytes: int | None  # of the device's memory, weights included; None: not known


def synchronise(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Run:
    """A finished run directory of extract."""

    def __init__(self, out):
        self.out = out
        self.manifest = json.loads((out / "manifest.json").read_text())
        log = (out / "extract-0-of-1.log").read_text().splitlines()
        done = next((line for line in map(json.loads, log) if line["event"] == "done"), None)
        if done is None:
            raise Failure(f"{out}: extract logged no end of its computation")
        peak = done.get("peak_device_memory_bytes")
        self.measured = Measured(done["seconds"], None if peak is None else int(peak))

    def about(self, name):
        return next(a for a in self.manifest["plan"]["arrays"] if a["name"] == name)

    def layers(self, name):
        """The layers that are an axis of an array; empty if they are none."""
        return self.about(name)["layers"]

    def array(self, name):
        """Its shards in order: values and their keys, as tensors."""
        about = self.about(name)
        keys = self.manifest["row_spaces"][about["row_space"]]["files"]
        for file, key_file in zip(self.manifest["arrays"][name]["files"], keys, strict=True):
            values = torch.from_numpy(np.load(self.out / file["file"]))
            if about.get("encoding") == "bf16":
                values = values.view(torch.bfloat16)
            yield values, torch.from_numpy(np.load(self.out / key_file["file"]))

    def whole(self, name):
        """An array that fits into memory, as float32 or integers, and its keys."""
        values, keys = zip(*self.array(name))
        values = torch.cat(values)
        return values.float() if values.is_floating_point() else values, torch.cat(keys)

    def remove(self):
        shutil.rmtree(self.out)


class Extract:
    """The program, with what does not change between its runs."""

    def __init__(self, program, device, work):
        self.program, self.device, self.work, self.count = program, device, work, 0

    def run(self, experiment, model, dtype, *flags):
        self.count += 1
        out = self.work / f"run-{self.count}"
        command = [self.program, experiment, "--model", model, "--device", self.device, "--dtype",
                   dtype, "--out", out, *flags]
        try:
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        except OSError as error:
            raise Failure(f"{self.program}: {error.strerror}") from None
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise Failure(f"extract {experiment}: {lines[-1].removeprefix('error: ')}")
        return Run(out)

    def prompts(self, ids):
        """A prompt file."""
        file = self.work / "prompts.jsonl"
        file.write_text("".join(json.dumps({"input_ids": row}) + "\n" for row in ids))
        return file

    def version(self):
        done = subprocess.run([str(self.program), "--version"], capture_output=True, text=True)
        return done.stdout.strip()


class HuggingFace:
    """A loaded model of transformers."""

    def __init__(self, directory, dtype, device, attention="sdpa"):
        self.device = device
        self.model = transformers.AutoModelForCausalLM.from_pretrained(
            directory, dtype=getattr(torch, dtype), attn_implementation=attention)
        config = self.model.config.get_text_config()
        if hasattr(config, "num_experts_per_tok"):
            self.model.set_experts_implementation("eager")
        self.model.eval().to(device)
        self.model.generation_config.eos_token_id = None  # goes on, as extract does
        self.model.generation_config.pad_token_id = 0
        self.heads, self.places = config.num_attention_heads, PLACES[config.model_type]
        self.layers = list(self.model.get_submodule(self.places.layers))
        self.norm = self.model.get_submodule(self.places.norm)

    def z_modules(self):
        """Per layer the module whose input is hook_z, [batch, position, head * unit]."""
        return [layer.get_submodule(self.places.z) for layer in self.layers]

    def tensor(self, ids):
        return torch.tensor(ids, device=self.device)

    def residuals(self, ids, mask=None):
        """hook_embed and all hook_resid_post, layer by layer [batch, position, unit]. The last of
        transformers' hidden states is after the final norm: taken before it."""
        last = []
        handle = self.norm.register_forward_pre_hook(lambda _module, inputs: last.append(inputs[0]))
        states = self.model.base_model(ids, attention_mask=mask, output_hidden_states=True,
                                       use_cache=False).hidden_states
        handle.remove()
        return [*states[:-1], last[0]]

    def timed(self, function):
        """What a call returns, and its measures."""
        synchronise(self.device)
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        start = time.perf_counter()
        result = function()
        synchronise(self.device)
        seconds, peak = time.perf_counter() - start, None
        if self.device.type == "cuda":
            peak = torch.cuda.max_memory_allocated(self.device)
        return result, Measured(seconds, peak)

    def close(self):
        self.model, self.layers, self.norm = None, None, None
        free(self.device)


def free(device):
    """Gives memory back that no tensor needs, so that extract finds it."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def bits(tensor):
    """For np.save, which knows no bfloat16: its 16 bits, as extract stores them."""
    tensor = tensor.cpu()
    return (tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def relative_errors(mine, theirs):
    """|a - b| / |b| of every vector along the last axis."""
    mine, theirs = mine.double(), theirs.double()
    if mine.shape != theirs.shape:
        raise Failure(f"shapes {tuple(mine.shape)} and {tuple(theirs.shape)}")
    return (mine - theirs).norm(dim=-1) / theirs.norm(dim=-1).clamp_min(1e-30)
