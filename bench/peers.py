#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed against other libraries, each named with its version: CPU-time ratios on one thread.

    python3 bench/peers.py --programs build/release/bin [--rounds 3]

    phyid              one pair of heads, 6,000 steps, MMI and CCS
    faiss              an iteration of k-means, 100,000 rows of 256 units, 64 clusters
    transformers       all residuals, head norms and logits of 8 texts of 128 tokens, by hooks of PyTorch
    transformer_lens   the same, run_with_cache()
    nnsight            the same, trace()

A library that is not installed is left out by name. The sides alternate in one run, and the ratio of each round is
taken first; above 1 Phiscope is faster. PhiID is compared before it is timed. The model is a random Llama of 58 M
weights, the same on both sides."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import argparse
import importlib
import importlib.metadata
import pathlib
import statistics
import tempfile

import numpy as np

from metrics import blobs
from paired import Program, cpu_seconds
from phiid import head_norms
from phiid import loaded as loaded_series

HIDDEN, LAYERS, HEADS, MLP, VOCABULARY = 512, 8, 8, 1376, 32000
TEXTS, LENGTH = 8, 128


def named(name):
    """The library's name with its version."""
    try:
        return f"{name} {importlib.metadata.version(name.replace('_', '-'))}"
    except importlib.metadata.PackageNotFoundError:
        return name


def row(peer, what, ours, theirs):
    ratios = [b / a for a, b in zip(ours, theirs)]
    print(f"  {peer:24s} {what:44s} {statistics.median(ours) * 1e3:12.4f} ms {statistics.median(theirs) * 1e3:10.2f} ms "
          f"{statistics.median(ratios):9.2f} x  ({min(ratios):.2f} .. {max(ratios):.2f})", flush=True)


def bench_phyid(options, folder):
    from phyid.calculate import calc_PhiID
    times, series = 6000, 97
    x = head_norms(np.random.default_rng(0), 1, times, series)
    program = loaded_series(options.programs / "phiid_bench", x, folder)
    pairs = series * (series - 1) // 2
    for redundancy in ("MMI", "CCS"):
        kernel = redundancy.lower()
        decompose = lambda: calc_PhiID(x[0, :, 0], x[0, :, 1], 1, redundancy=redundancy)
        found = np.array(program.ask(f"show-{kernel}", 1)).reshape(2, -1)[:, 0]
        atoms = decompose()
        np.testing.assert_allclose(found, [atoms["sts"].mean(), atoms["rtr"].mean()], rtol=0, atol=1e-9)
        ours, theirs = [], []
        for _ in range(options.rounds):
            ours.append(program.seconds(kernel) / pairs)
            theirs.append(cpu_seconds(decompose)[0])
        row(named("phyid"), f"PhiID of a pair, {redundancy}", ours, theirs)
    program.close()


def bench_faiss(options, folder):
    import faiss
    faiss.omp_set_num_threads(1)
    clusters, steps = 64, 10
    x = blobs(np.random.default_rng(0), 100_000, 256, clusters, 0.2)
    path = pathlib.Path(folder) / "x.npy"
    np.save(path, x)
    program = Program(options.programs / "metrics_bench", path)

    def theirs_of(iterations, seed):
        model = faiss.Kmeans(x.shape[1], clusters, niter=iterations, seed=seed, max_points_per_centroid=len(x))
        return cpu_seconds(lambda: model.train(x))[0]

    ours, theirs = [], []
    for seed in range(1, options.rounds + 1):
        seconds, _, iterations = program.ask(f"k-means {clusters} 1 {steps + 1} {seed}")
        ours.append((seconds - program.ask(f"k-means {clusters} 1 1 {seed}")[0]) / (iterations - 1))
        theirs.append((theirs_of(steps + 1, seed) - theirs_of(1, seed)) / steps)
    row(named("faiss-cpu"), "k-means, an iteration after the first", ours, theirs)
    program.close()


def random_llama():
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(
        hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=HEADS,
        intermediate_size=MLP, vocab_size=VOCABULARY, max_position_embeddings=2048)).eval()


def random_ids():
    import torch
    return torch.randint(0, VOCABULARY, (TEXTS, LENGTH))


def head_norms_of(z):
    return z.unflatten(-1, (HEADS, -1)).norm(dim=-1)


def against_engine(options, folder, peer, capture):
    """A peer's captures of the random Llama against those of the engine."""
    random_llama().save_pretrained(folder)
    program = Program(options.programs / "forward_bench", folder, 1)
    engine = lambda: program.ask("prefill", "residuals", TEXTS, LENGTH)[0]
    engine()
    capture()
    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(engine())
        theirs.append(cpu_seconds(capture)[0])
    row(peer, "residuals, head norms, logits", ours, theirs)
    program.close()


def bench_transformers(options, folder):
    model, ids, kept = random_llama(), random_ids(), {}

    def capture():
        handles = []
        for i, block in enumerate(model.model.layers):
            handles.append(block.register_forward_hook(
                lambda _, __, out, i=i: kept.__setitem__(("r", i), out[0] if isinstance(out, tuple) else out)))
            handles.append(block.self_attn.o_proj.register_forward_pre_hook(
                lambda _, given, i=i: kept.__setitem__(("n", i), head_norms_of(given[0]))))
        model(input_ids=ids, use_cache=False)
        for handle in handles:
            handle.remove()

    against_engine(options, folder, named("transformers"), capture)


def bench_transformer_lens(options, folder):
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast
    from transformer_lens.model_bridge import TransformerBridge
    random_llama().save_pretrained(folder)
    vocabulary = Tokenizer(models.WordLevel({str(i): i for i in range(VOCABULARY)}, unk_token="0"))
    PreTrainedTokenizerFast(tokenizer_object=vocabulary, bos_token="0", eos_token="1", pad_token="2",
                            unk_token="0").save_pretrained(folder)
    model = TransformerBridge.boot_transformers(folder, device="cpu").eval()
    ids = random_ids()

    def capture():
        _, cache = model.run_with_cache(ids, names_filter=lambda name: name.endswith(("hook_resid_post", "hook_z")))
        norms = [cache[name].unflatten(-1, (HEADS, -1)) if cache[name].dim() == 3 else cache[name]
                 for name in cache if name.endswith("hook_z")]
        assert len(norms) == LAYERS
        return [z.norm(dim=-1) for z in norms]

    against_engine(options, folder, named("transformer_lens"), capture)


def bench_nnsight(options, folder):
    from nnsight import NNsight
    model, ids = NNsight(random_llama()), random_ids()

    def capture():
        kept = []
        with model.trace(input_ids=ids, use_cache=False):
            for block in model.model.layers:
                kept.append(head_norms_of(block.self_attn.o_proj.input).save())
                kept.append(block.output.save())
        return kept

    against_engine(options, folder, named("nnsight"), capture)


PEERS = {"phyid": bench_phyid, "faiss": bench_faiss, "transformers": bench_transformers,
         "transformer_lens": bench_transformer_lens, "nnsight": bench_nnsight}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="folder of the *_bench programs")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("  peer, what, Phiscope, peer, ratio of CPU times (least .. most)")
    for name, bench in PEERS.items():
        try:
            importlib.import_module(name)
        except ImportError as missing:
            print(f"  {name:24s} left out: {missing}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            bench(options, folder)


if __name__ == "__main__":
    main()
