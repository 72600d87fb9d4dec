# SPDX-License-Identifier: MIT
"""Writes the arrays that our forward pass of the demo model is tested against.

    pip install torch numpy transformers
    python3 tests/golden/loo/walk_oracle.py --model datasets/models/walk \
        --out tests/golden/loo/walk_oracle

Hugging Face transformers, eager attention, float32 arithmetic on the published bf16 weights, one
thread. Files, T = 20 tokens with BOS first:
  ids.npy     int64   [T]               token ids
  resid.npy   float32 [layers + 1, T, d] residual stream: embedding, then the output of each layer,
                                        the last one before the final norm
  normed.npy  float32 [T, d]            output of the final norm
  logits.npy  float32 [T, vocabulary]
  oracle.json text, versions and the SHA-256 of the weights
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
import transformers

TEXT = (
    " cat dog potato table dog television computer cat tomato radio"
    " bird carrot desk bird radio tomato chair computer cat"
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="the model directory")
    parser.add_argument("--out", type=Path, required=True, help="where the arrays go")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = transformers.LlamaForCausalLM.from_pretrained(
        options.model, dtype=torch.float32, attn_implementation="eager")
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(options.model)
    ids = tokenizer(TEXT, return_tensors="pt").input_ids

    seen = []  # hidden_states of transformers has the last layer only after the norm
    modules = [model.model.embed_tokens, *model.model.layers, model.model.norm]
    for module in modules:
        module.register_forward_hook(
            lambda _module, _input, out: seen.append(out[0] if isinstance(out, tuple) else out))
    with torch.no_grad():
        logits = model(ids, use_cache=False).logits[0]
    states = [state.reshape(ids.shape[1], -1).numpy() for state in seen]

    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "ids.npy", ids[0].numpy())
    np.save(options.out / "resid.npy", np.stack(states[:-1]))
    np.save(options.out / "normed.npy", states[-1])
    np.save(options.out / "logits.npy", logits.numpy())
    weights = (options.model / "model.safetensors").read_bytes()
    (options.out / "oracle.json").write_text(json.dumps({
        "text": TEXT, "torch": torch.__version__, "transformers": transformers.__version__,
        "weights_sha256": hashlib.sha256(weights).hexdigest()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
