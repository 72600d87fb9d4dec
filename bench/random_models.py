# SPDX-License-Identifier: MIT
"""Models with random weights in the shape of published ones, as Hugging Face directories that both
sides of bench/gpu.py read, and how much each shape has to do there."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers

TOKENIZER = Path(__file__).parent.parent / "datasets/models/walk/tokenizer.json"  # a token a word
CHUNK = 1 << 24  # weights that are drawn at once: 64 MB in float32
FIRST_ID = 64  # of random prompts: above the words and marks of TOKENIZER


@dataclass(frozen=True)
class Work:
    """How much is measured."""

    prefill: tuple  # prompts, tokens of each
    generate: tuple  # prompts, tokens of each, tokens to add; all of them are a batch
    draw: tuple  # prompts, tokens of each, tokens to draw; likewise
    walks: tuple  # words of a walk, walks
    ablate: tuple  # texts of `generate`, heads from one removal to the next
    batch: int  # other runs that enter the model together, on both sides


@dataclass(frozen=True)
class Shape:
    name: str
    config: dict
    work: Work
    shard_bytes: int = 4 << 30

    def layers(self):
        return self.config["num_hidden_layers"]

    def heads(self):
        return self.config["num_attention_heads"]


IDS = {"bos_token_id": 1, "eos_token_id": 2, "dtype": "bfloat16", "tie_word_embeddings": False}
NEOX = IDS | {
    "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_act": "gelu",
    "layer_norm_eps": 1e-5, "use_parallel_residual": True, "max_position_embeddings": 2048,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0,
                        "partial_rotary_factor": 0.25}}
QWEN2 = IDS | {
    "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_act": "silu",
    "rms_norm_eps": 1e-6, "max_position_embeddings": 32768, "use_sliding_window": False,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}}


def sizes(layers, hidden, heads, intermediate, vocab, kv_heads=None):
    shared = {} if kv_heads is None else {"num_key_value_heads": kv_heads}
    return shared | {"num_hidden_layers": layers, "hidden_size": hidden, "vocab_size": vocab,
                     "num_attention_heads": heads, "intermediate_size": intermediate}


TINY = Work(prefill=(6, 24), generate=(4, 8, 12), draw=(8, 8, 6), walks=(100, 1), ablate=(4, 5),
            batch=4)
SHAPES = {shape.name: shape for shape in (
    Shape("pythia-1b", NEOX | sizes(16, 2048, 8, 8192, 50304),
          Work(prefill=(128, 512), generate=(64, 32, 100), draw=(256, 32, 50), walks=(100, 16),
               ablate=(32, 8), batch=32)),
    Shape("qwen2.5-7b", QWEN2 | sizes(28, 3584, 28, 18944, 152064, 4),
          Work(prefill=(64, 512), generate=(64, 32, 100), draw=(256, 32, 50), walks=(100, 8),
               ablate=(16, 56), batch=16)))}
TINY_SHAPES = {shape.name: shape for shape in (
    Shape("tiny-gpt-neox", NEOX | sizes(3, 64, 4, 160, 300), TINY, shard_bytes=100_000),
    Shape("tiny-qwen2", QWEN2 | sizes(3, 64, 4, 160, 300, 2), TINY, shard_bytes=100_000))}


def tensors_of(shape):
    """Name, as published files spell it, -> shape of every tensor; nothing is allocated."""
    config = dict(shape.config)
    made = transformers.AutoConfig.for_model(config.pop("model_type"), **config)
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(made)
    output = "embed_out." if shape.config["model_type"] == "gpt_neox" else "lm_head."
    return {name.replace("lm_head.", output): tuple(value.shape)
            for name, value in model.named_parameters()}


def bytes_of(dimensions):
    return 2 * torch.Size(dimensions).numel()


def shards_of(tensors, shard_bytes):
    """Lists of names, in order, of at most `shard_bytes` each where a tensor allows it."""
    shards, filled = [[]], 0
    for name, dimensions in tensors.items():
        size = bytes_of(dimensions)
        if shards[-1] and filled + size > shard_bytes:
            shards.append([])
            filled = 0
        shards[-1].append(name)
        filled += size
    return shards


def draw(name, dimensions, generator):
    """Pieces of one tensor in bfloat16. The sizes are those of trained models: gains about one,
    biases about a third, matrices that keep a unit input near one, so that the residual stream
    grows with the root of the depth and nothing overflows, in float16 neither."""
    left = torch.Size(dimensions).numel()
    while left > 0:
        count = min(left, CHUNK)
        piece = torch.randn(count, generator=generator, device=generator.device)
        if name.endswith("bias"):
            piece.mul_(0.3)
        elif len(dimensions) == 1:
            piece.mul_(0.2).add_(1.0)
        else:
            piece.mul_(1.5 / dimensions[-1] ** 0.5)
        yield piece.to(torch.bfloat16)
        left -= count


def write_shard(path, names, tensors, generator):
    """A .safetensors file, piece by piece: no whole tensor is ever in the host's memory."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name in names:
        begin, end = end, end + bytes_of(tensors[name])
        header[name] = {"dtype": "BF16", "shape": list(tensors[name]), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            for piece in draw(name, tensors[name], generator):
                piece.view(torch.int16).cpu().numpy().tofile(file)


def weight_bytes(shape):
    return sum(map(bytes_of, tensors_of(shape).values()))


def write_model(shape, directory, device, seed=0):
    """A Hugging Face directory. Equal calls on one device write equal bytes."""
    directory.mkdir(parents=True)
    (directory / "config.json").write_text(json.dumps(shape.config, indent=2) + "\n")
    shutil.copy(TOKENIZER, directory / "tokenizer.json")
    tensors = tensors_of(shape)
    generator = torch.Generator(device=device).manual_seed(seed)
    shards, files = shards_of(tensors, shape.shard_bytes), {}
    for number, names in enumerate(shards, start=1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        write_shard(directory / file, names, tensors, generator)
        files |= dict.fromkeys(names, file)
    index = {"metadata": {"total_size": sum(map(bytes_of, tensors.values()))}, "weight_map": files}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index) + "\n")
    return directory


def random_prompts(rng, shape, count, tokens):
    """Token ids, [prompt, position]."""
    return rng.integers(FIRST_ID, shape.config["vocab_size"], (count, tokens)).tolist()
