# SPDX-License-Identifier: MIT
"""Random models under the names of CODI's training code, made by peft:  latent_parity.py EXTRACT DIR

The truth is peft's unmerged model in transformers, float32, eager attention, each pass over the whole
sequence without a cache; `extract` merges the LoRA matrices, keeps a cache and shares what runs have in
common. Compared are the hidden states and scores of the loop, and the scores of every patched site.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import numpy as np
import peft
import torch
import transformers
from safetensors.torch import save_file

EXTRACT, FOLDER = sys.argv[1], Path(sys.argv[2])
LIMIT = 2e-5  # of max|a - b| / max(1, max|b|)
CHARACTERS = "0123456789 abcdefghijklmnopqrstuvwxyzT:?."
BASE = len(CHARACTERS) + 3  # <u>, <s> and </s> come first
CODI = {"base_vocab_size": BASE, "pad_id": BASE, "bot_id": BASE + 1, "eot_id": BASE + 2, "bos_id": None,
        "eos_id": 2, "num_latent": 4, "use_prj": True, "prj_dim": 24, "prj_no_ln": False, "lora_r": 4,
        "lora_alpha": 6, "remove_eos": True, "logits_slice": BASE}
QUESTIONS = [("Tom has 16 eggs less 3?", 13, "Tom has 18 eggs less 3?", 15),
             ("half of 40: how many?", 20, "half of 8: how many?", 4)]


def tokens(text):
    return [CHARACTERS.index(c) + 3 for c in text]


def tokenizer():
    names = ["<u>", "<s>", "</s>"]
    added = [{"id": i, "content": name, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for i, name in enumerate(names)]
    vocabulary = {name: i for i, name in enumerate(names + list(CHARACTERS))}
    return {"version": "1.0", "added_tokens": added, "normalizer": None, "pre_tokenizer": None,
            "post_processor": None, "decoder": {"type": "Fuse"},
            "model": {"type": "BPE", "unk_token": "<u>", "vocab": vocabulary, "merges": []}}


def config(family):
    common = {"vocab_size": BASE + 3, "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": True}
    if family == "llama":
        return transformers.LlamaConfig(
            hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=128, rope_theta=10000.0, **common)
    return transformers.GPT2Config(n_embd=32, n_layer=3, n_head=4, n_positions=128, resid_pdrop=0.0,
                                   embd_pdrop=0.0, attn_pdrop=0.0, **common)


class Thinker:
    """A model with LoRA on every matrix, and the projection of its thoughts."""

    def __init__(self, family):
        torch.manual_seed(5)
        made = config(family)
        made._attn_implementation = "eager"
        base = transformers.AutoModelForCausalLM.from_config(made).float()
        llama = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
        lora = peft.LoraConfig(r=CODI["lora_r"], lora_alpha=CODI["lora_alpha"], lora_dropout=0.0,
                               target_modules=llama if family == "llama" else ["c_attn", "c_proj", "c_fc"],
                               fan_in_fan_out=family == "gpt2", task_type="CAUSAL_LM")
        self.model = peft.get_peft_model(base, lora).eval()
        nn = torch.nn
        self.project = nn.Sequential(nn.Dropout(0.0), nn.Linear(32, CODI["prj_dim"]), nn.GELU(),
                                     nn.Linear(CODI["prj_dim"], 32)).eval()
        self.project.add_module("ln", nn.LayerNorm(32))
        with torch.no_grad():
            for name, one in self.model.named_parameters():
                # peft begins with B = 0, and with weights so small that nothing would be seen.
                one.add_(torch.randn_like(one) * (0.05 if "norm" in name or "ln_" in name else 0.15))
        inner = self.model.base_model.model
        self.body, self.embed = (inner.model, inner.model.embed_tokens) if family == "llama" else (
            inner.transformer, inner.transformer.wte)
        self.layers = self.body.layers if family == "llama" else self.body.h

    def write(self, folder):
        folder.mkdir()
        state = {"codi." + name: one for name, one in self.model.state_dict().items()}
        state |= {"prj." + name: one for name, one in self.project.state_dict().items()}
        save_file({name: one.detach().clone().contiguous() for name, one in state.items()},
                  str(folder / "model.safetensors"))
        plain = self.model.base_model.model.config.to_dict()
        plain |= {"vocab_size": BASE, "torch_dtype": "float32",
                  "architectures": [type(self.model.base_model.model).__name__]}
        (folder / "config.json").write_text(json.dumps(plain))
        (folder / "codi.json").write_text(json.dumps(CODI))
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer()))

    def think(self, question, patch=None):
        """Scores and last hidden states of every position, and each layer's output.

        patch: (layer, position, value) to put in place of that layer's output.
        """
        outputs = [None] * len(self.layers)

        def hook(layer):
            def keep(module, inputs, result):
                value = (result[0] if isinstance(result, tuple) else result).clone()
                if patch and patch[0] == layer and value.shape[1] > patch[1]:
                    value[0, patch[1]] = patch[2]
                outputs[layer] = value[0]
                return (value, *result[1:]) if isinstance(result, tuple) else value
            return keep

        hooks = [layer.register_forward_hook(hook(i)) for i, layer in enumerate(self.layers)]
        try:
            with torch.no_grad():
                entered = self.embed(torch.tensor([question + [CODI["bot_id"]]]))
                for thought in range(CODI["num_latent"] + 1):
                    hidden = self.body(inputs_embeds=entered).last_hidden_state
                    last = self.embed(torch.tensor([[CODI["eot_id"]]]))
                    if thought < CODI["num_latent"]:
                        last = self.project(hidden[:, -1:])
                    entered = torch.cat([entered, last], 1)
                run = self.model(inputs_embeds=entered, output_hidden_states=True)
        finally:
            for one in hooks:
                one.remove()
        return run.logits[0], run.hidden_states[-1][0], outputs


def extract(*arguments):
    done = subprocess.run([EXTRACT, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"latent_parity: {done.stderr}")


def stored(run, name):
    return np.concatenate([np.load(file) for file in sorted((run / name).glob("*.npy"))])


def scaled(found, wanted):
    wanted = np.asarray(wanted)
    return float(np.abs(found - wanted).max() / max(1.0, np.abs(wanted).max()))


def loop_difference(thinker, model, out):
    """Largest scaled difference of the loop, over the questions."""
    sides = [text for clean, _, corrupted, _ in QUESTIONS for text in (clean, corrupted)]
    prompts = model.parent / "prompts.jsonl"
    prompts.write_text("".join(json.dumps({"input_ids": tokens(text)}) + "\n" for text in sides))
    extract("activations", "--model", model, "--prompts", prompts, "--capture",
            "logits,ln_final.hook_out", "--out", out)
    keys = stored(out, "rows/token")
    logits, hidden = stored(out, "logits"), stored(out, "ln_final.hook_out")
    largest = 0.0
    for number, text in enumerate(sides):
        scores, states, _ = thinker.think(tokens(text))
        here = keys[:, 0] == number
        if here.sum() != len(scores):
            sys.exit(f"latent_parity: {here.sum()} positions, expected {len(scores)}")
        largest = max(largest, scaled(logits[here], scores), scaled(hidden[here], states))
    return largest


def patching_difference(thinker, model, out):
    """Largest scaled difference of the scores at the end of the thoughts, over pairs and sites; the
    least scaled change that a patch before the last layer made; and the number of sites."""
    pairs = model.parent / "pairs.json"
    pairs.write_text(json.dumps([
        {"pair_id": i, "clean": {"input_ids": tokens(clean), "answer": a},
         "corrupted": {"input_ids": tokens(corrupted), "answer": b}}
        for i, (clean, a, corrupted, b) in enumerate(QUESTIONS)]))
    extract("patching", "--model", model, "--pairs", pairs, "--readouts", "eot", "--no-greedy",
            "--dump-logits", "--out", out)
    keys, logits = stored(out, "rows/site"), stored(out, "logits")
    largest, least, sites = 0.0, np.inf, 0
    for pair, _, _, layer, step, readout in keys:
        if readout != 0 or layer < 0:
            continue
        clean, corrupted = tokens(QUESTIONS[pair][0]), tokens(QUESTIONS[pair][2])
        value = thinker.think(clean)[2][layer][len(clean) + 1 + step]
        patched = thinker.think(corrupted, (layer, len(corrupted) + 1 + step, value))[0][-1]
        row = (keys == [pair, 0, 0, layer, step, 0]).all(1)
        largest = max(largest, scaled(logits[row][0], patched))
        sites += 1
        if layer + 1 < len(thinker.layers):
            least = min(least, scaled(patched.numpy(), thinker.think(corrupted)[0][-1]))
    return largest, least, sites


failed = False
for family in ("llama", "gpt2"):
    folder = FOLDER / family
    folder.mkdir()
    thinker = Thinker(family)
    thinker.write(folder / "model")
    loop = loop_difference(thinker, folder / "model", folder / "loop")
    patching, moved, sites = patching_difference(thinker, folder / "model", folder / "patching")
    # What the limit is worth: another alpha is far beyond it.
    (folder / "model/codi.json").write_text(json.dumps(CODI | {"lora_alpha": 7}))
    other = loop_difference(thinker, folder / "model", folder / "other")
    print(f"{family}: loop {loop:.1e}, patching {patching:.1e} at {sites} sites (limit {LIMIT}); "
          f"a patch moves {moved:.1e} or more, another alpha {other:.1e}")
    expected = len(QUESTIONS) * len(thinker.layers) * CODI["num_latent"]
    failed |= not (loop <= LIMIT and patching <= LIMIT and sites == expected)
    failed |= not (moved > 10 * LIMIT and other > 10 * LIMIT)
sys.exit("latent_parity: not all kept" if failed else 0)
