#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed and memory of the forward pass against Hugging Face transformers, float32, on the CPU.

    python3 bench/forward.py --program build/release/bin/forward_bench [--shape llama50] [--threads 1]

Both sides run the same randomly initialised model, alternating (A, B, A, B, ...) in one run; the
ratio of CPU times of each round is taken first, its median (smallest .. largest) is printed: above
1 the engine is faster. "With the same logits kept": all positions against all, last against last.
Memory is that above the loaded weights. Needs torch and transformers.
"""

import argparse
import os
import statistics
import tempfile
import time

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import torch
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

from paired import Program, cpu_seconds

SHAPES = {  # hidden, layers, heads, kv heads, MLP, vocabulary
    "llama50": (512, 8, 8, 8, 1376, 32000),
    "gpt2-small-sized": (768, 12, 12, 12, 2048, 50257),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--shape", choices=SHAPES, default="llama50")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    hidden, layers, heads, kv_heads, mlp, vocabulary = SHAPES[options.shape]
    config = LlamaConfig(hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                         num_key_value_heads=kv_heads, intermediate_size=mlp,
                         vocab_size=vocabulary, max_position_embeddings=2048)
    model = LlamaForCausalLM(config).eval()
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        measure(options, model, config, folder)


def measure(options, model, config, folder):
    batch, length = 8, 128
    ids = torch.randint(0, config.vocab_size, (batch, length))
    engine = Program(options.program, folder, options.threads)
    kept = {}

    def hooked():
        handles = []
        for i, block in enumerate(model.model.layers):
            handles.append(block.register_forward_hook(
                lambda _, __, out, i=i: kept.__setitem__(("r", i), out[0] if isinstance(out, tuple) else out)))
            handles.append(block.self_attn.o_proj.register_forward_pre_hook(
                lambda _, inp, i=i: kept.__setitem__(
                    ("n", i), inp[0].unflatten(-1, (config.num_attention_heads, -1)).norm(dim=-1))))
        model(input_ids=ids, use_cache=False)
        for handle in handles:
            handle.remove()

    def decode(count, steps):
        past = DynamicCache(config=model.config)
        out = model(input_ids=ids[:count, :16], past_key_values=past, use_cache=True)
        start = time.process_time()
        for _ in range(steps):
            best = out.logits[:, -1].argmax(-1, keepdim=True)
            out = model(input_ids=best, past_key_values=past, use_cache=True)
        return (time.process_time() - start) / steps

    cases = {
        "prefill, all logits": (
            lambda: cpu_seconds(lambda: model(input_ids=ids, use_cache=False))[0],
            ("prefill", "logits", batch, length)),
        "prefill, last logits": (
            lambda: cpu_seconds(lambda: model(input_ids=ids, use_cache=False, logits_to_keep=1))[0],
            ("last", "logits", batch, length)),
        "residuals and head norms": (
            lambda: cpu_seconds(hooked)[0], ("prefill", "residuals", batch, length)),
        "decode, batch 1": (lambda: decode(1, 24), ("decode", "plain", 1, 16, 24)),
        "decode, batch 8": (lambda: decode(8, 24), ("decode", "plain", 8, 16, 24)),
        "decode, batch 8, head norms": (lambda: decode(8, 24), ("decode", "norms", 8, 16, 24)),
    }
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{options.shape}: {parameters / 1e6:.1f} M parameters, {batch} x {length} tokens, "
          f"{options.threads} thread(s)")
    best = {}
    for name, (theirs, ours) in cases.items():
        theirs()
        engine.ask(*ours)
        ratios, our_times = [], []
        for _ in range(options.rounds):
            their_time = theirs()
            our_times.append(engine.ask(*ours)[0])
            ratios.append(their_time / our_times[-1])
        best[name] = min(our_times)
        print(f"  {name:28s} {statistics.median(ratios):.3f} x Hugging Face "
              f"({min(ratios):.3f} .. {max(ratios):.3f}); ours {1e3 * min(our_times):.1f} ms")
    cost = best["residuals and head norms"] / best["prefill, all logits"] - 1
    print(f"  capturing residuals and head norms costs {100 * cost:+.1f} % of the plain pass")
    engine.close()
    for name, ours in (("plain, last logits", ("last", "logits", batch, length)),
                       ("residuals, head norms, all logits", ("prefill", "residuals", batch, length))):
        engine = Program(options.program, folder, options.threads)
        engine.ask("last", "logits", 1, 8)  # every weight has been touched
        _, loaded, _ = engine.ask("memory")
        engine.ask(*ours)
        _, _, peak = engine.ask("memory")
        print(f"  memory above the loaded weights, {name}: {(peak - loaded) / 1e6:.0f} MB")
        engine.close()


if __name__ == "__main__":
    main()
