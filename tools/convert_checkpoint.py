#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A checkpoint of a latent-thought model (CODI, Coconut, SIM-CoT) -> a model directory for `extract`.

    tools/convert_checkpoint.py CKPT --base BASE_DIR --out DIR [--lora-alpha 32] [--latents 6]

CKPT is a pickle (pytorch_model.bin, checkpoint_N), or a folder with one, with shards of either kind
and their index, with model.safetensors, or with such a file and prj.pt. BASE_DIR is the Hugging Face
directory of the model that was trained: its configuration and tokenizer are copied. Written are
model.safetensors, with the tensors under their own names, and codi.json. A tensor that is not needed
is dropped and named: the training decoder's, a head or a second embedding that is the embedding,
buffers. No published file has the scale of LoRA: --lora-alpha, or a codi.json beside CKPT, says it
(32 is taken for rank 128, which all published models have). Pickles are loaded as weights only,
nothing is fetched. Exit status 1 for bad input (one line), 2 for wrong use. Needs torch.
"""

import argparse
import ctypes
import json
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
import torch  # noqa: E402

FORMATS = {torch.float64: "F64", torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16"}
STORED = {name: dtype for dtype, name in FORMATS.items()}
STORED |= {"BOOL": torch.bool, "U8": torch.uint8, "I64": torch.int64, "I32": torch.int32}
TRAINING = ("decoder.", "pj_in.", "pj_out.", "expainable_llm.")
WRAPPERS = ("module", "_fsdp_wrapped_module")
EMBEDDINGS = ("model.embed_tokens.weight", "transformer.wte.weight", "wte.weight")
BUFFERS = (".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias")


class BadInput(Exception):
    """One line for the user: where, what was found, what is expected."""


def read_json(path):
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise BadInput(f"{path}: not JSON ({error})") from None
    if not isinstance(found, dict) or not found:
        raise BadInput(f"{path}: empty, expected an object with members")
    return found


# Reading.

def read_pickle(path):
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch has many, in many lines
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadInput(f"{path}: cannot be loaded as weights only: {line[:200]}") from None
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
    if not isinstance(found, dict) or not found:
        raise BadInput(f"{path}: found {type(found).__name__}, expected a state dictionary")
    return {name: one for name, one in found.items() if check_tensor(path, name, one)}


def check_tensor(path, name, value):
    if not isinstance(name, str) or not isinstance(value, torch.Tensor):
        raise BadInput(f"{path}: {name!r} is a {type(value).__name__}, expected a tensor")
    return True


def read_safetensors(path):
    data = bytearray(path.read_bytes())
    length = int.from_bytes(data[:8], "little")
    try:
        header = json.loads(bytes(data[8:8 + length]))
        found = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            dtype = STORED[entry["dtype"]]
            count = (end - begin) // dtype.itemsize
            flat = torch.frombuffer(data, dtype=dtype, offset=begin, count=count) if count else \
                torch.empty(0, dtype=dtype)
            found[name] = flat.reshape(entry["shape"])
        return found
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BadInput(f"{path}: not a safetensors file ({error})") from None


def read_file(path):
    return (read_safetensors if path.suffix == ".safetensors" else read_pickle)(path)


def read_shards(index):
    shards = sorted(set(read_json(index).get("weight_map", {}).values()))
    tensors = {}
    for shard in shards:
        if Path(shard).name != shard or not (index.parent / shard).is_file():
            raise BadInput(f"{index}: shard {shard!r} is missing beside it")
        for name, one in read_file(index.parent / shard).items():
            if name in tensors:
                raise BadInput(f"{index.parent / shard}: tensor {name!r} is in two shards")
            tensors[name] = one
    return tensors


def read_folder(folder):
    for index in ("model.safetensors.index.json", "pytorch_model.bin.index.json"):
        if (folder / index).exists():
            return read_shards(folder / index)
    for single in ("model.safetensors", "pytorch_model.bin"):
        if (folder / single).exists():
            return read_file(folder / single)
    steps = sorted(path for path in folder.iterdir() if path.name.startswith("checkpoint_"))
    if len(steps) == 1:
        return read_file(steps[0])
    found = ", ".join(path.name for path in steps) or "none"
    raise BadInput(f"{folder}: found {found}, expected model.safetensors, pytorch_model.bin, an index "
                   "of either, or one checkpoint_N (name the file you want)")


def read_checkpoint(path):
    if not path.exists():
        raise BadInput(f"{path}: no such file or directory")
    if not path.is_dir():
        return read_file(path)
    tensors = read_folder(path)
    if (path / "prj.pt").exists():
        for name, one in read_pickle(path / "prj.pt").items():
            name = name if name.startswith("prj.") else "prj." + name
            if name in tensors:
                raise BadInput(f"{path / 'prj.pt'}: tensor {name!r} is in the model's file too")
            tensors[name] = one
    return tensors


# Names.

def own_name(stored):
    """A name without wrappers, as in extract/files/model/latent_names.cpp."""
    name = ".".join(part for part in stored.split(".") if part not in WRAPPERS)
    for outer in ("codi.", "coconut."):
        if name.startswith(outer):
            name = name[len(outer):]
            break
    return name


def base_name(stored):
    name = own_name(stored)
    for outer in ("base_causallm.", "base_model.model."):
        name = name.removeprefix(outer)
    return name


def same_bits(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return bytes_of(a) == bytes_of(b)


def sort_out(tensors):
    """The tensors to keep, the embedding, and (name, why) of those to drop."""
    embedding = next((one for name, one in tensors.items() if base_name(name) in EMBEDDINGS), None)
    if embedding is None or embedding.dim() != 2:
        raise BadInput("the checkpoint has no embedding, expected a matrix of the name "
                       + ", ".join(EMBEDDINGS) + " after the wrappers of training")
    kept, dropped = {}, []
    for name, one in tensors.items():
        own, base = own_name(name), base_name(name)
        if own.startswith(TRAINING):
            dropped.append((name, "needed for training alone"))
        elif own == "embedding.weight" or base == "lm_head.weight":
            if not same_bits(one, embedding):
                raise BadInput(f"tensor {name!r} differs from the embedding, expected equal bits")
            dropped.append((name, "equal to the embedding"))
        elif base.endswith(BUFFERS):
            dropped.append((name, "a buffer"))
        elif one.dtype not in FORMATS:
            raise BadInput(f"tensor {name!r} is of {one.dtype}, expected a float dtype")
        else:
            kept[name] = one
    return kept, embedding, dropped


# codi.json.

def begin_token(base):
    """The id that the base's tokenizer puts before a text, or None."""
    if not (base / "tokenizer.json").exists():
        return None
    processor = read_json(base / "tokenizer.json").get("post_processor") or {}
    for step in processor.get("processors", [processor]):
        single = step.get("single") or [{}]
        if step.get("type") == "TemplateProcessing" and "SpecialToken" in single[0]:
            return step["special_tokens"][single[0]["SpecialToken"]["id"]]["ids"][0]
    return None


def end_token(base, config):
    found = config.get("eos_token_id")
    found = found[0] if isinstance(found, list) and found else found
    if not isinstance(found, int):
        raise BadInput(f"{base / 'config.json'}: eos_token_id is {found!r}, expected a token id")
    return found


def find_rank(tensors):
    ranks = {one.shape[0] for name, one in tensors.items() if name.endswith("lora_A.default.weight")}
    if len(ranks) > 1:
        raise BadInput(f"LoRA of ranks {sorted(ranks)}, expected one rank")
    return ranks.pop() if ranks else 0


def find_alpha(rank, given, stated):
    if rank == 0:
        return None
    if given is not None:
        return given
    if stated is not None:
        return stated
    if rank == 128:
        print("lora_alpha 32: as in all published models of rank 128")
        return 32
    raise BadInput(f"LoRA of rank {rank}, but its alpha is in no file: expected --lora-alpha")


def settings(tensors, embedding, options):
    """codi.json: what the file beside the checkpoint says, else what tensors and base show."""
    beside = (options.ckpt if options.ckpt.is_dir() else options.ckpt.parent) / "codi.json"
    stated = read_json(beside) if beside.exists() else {}
    config = read_json(options.base / "config.json")
    vocab = config.get("vocab_size")
    if not isinstance(vocab, int) or embedding.shape[0] < vocab + 3:
        raise BadInput(f"{options.base / 'config.json'}: vocab_size is {vocab!r}, expected at most "
                       f"{embedding.shape[0] - 3}, three less than the rows of the embedding")
    projection = {own_name(name): one for name, one in tensors.items()
                  if own_name(name).startswith("prj.")}
    wrapped = {name for name in tensors if own_name(name).startswith("base_causallm.")}
    plain = {name for name in tensors if base_name(name) == name}
    coconut = bool(wrapped) or (not projection and len(plain) == len(tensors))
    # CODI adds pad, bot, eot in this order; Coconut its start, its end and the filler.
    pad, bot, eot = (vocab + 2, vocab, vocab + 1) if coconut else (vocab, vocab + 1, vocab + 2)
    rank = find_rank(tensors)
    made = {"base_vocab_size": vocab, "pad_id": pad, "bot_id": bot, "eot_id": eot,
            "bos_id": begin_token(options.base), "eos_id": end_token(options.base, config),
            "num_latent": options.latents, "use_prj": bool(projection)}
    if projection:
        if "prj.1.weight" not in projection:
            raise BadInput(f"found {sorted(projection)}, expected prj.1.weight among them")
        made["prj_dim"] = projection["prj.1.weight"].shape[0]
        made["prj_no_ln"] = "prj.ln.weight" not in projection
    made |= {"lora_r": rank, "remove_eos": True, "logits_slice": eot}
    if coconut:
        made |= {"question_suffix": "\n", "answer_prefix": "### "}
    made |= stated
    if options.latents_given:
        made["num_latent"] = options.latents
    alpha = find_alpha(rank, options.lora_alpha, stated.get("lora_alpha"))
    made.pop("lora_alpha", None)
    if alpha is not None:
        made["lora_alpha"] = alpha
    return made


# Writing.

def bytes_of(tensor):
    dense = tensor.detach().contiguous()
    return ctypes.string_at(dense.data_ptr(), dense.numel() * dense.element_size())


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, one in tensors.items():
        size = one.numel() * one.element_size()
        header[name] = {"dtype": FORMATS[one.dtype], "shape": list(one.shape),
                        "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for one in tensors.values():
            out.write(bytes_of(one))


def write(tensors, codi, options):
    out = options.out
    if out.exists():
        raise BadInput(f"{out}: exists, expected a new directory")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise BadInput(f"{out}: {error.strerror}") from None
    try:
        for name in ("config.json", "generation_config.json", "tokenizer.json",
                     "tokenizer_config.json"):
            if (options.base / name).exists():
                shutil.copyfile(options.base / name, folder / name)
        (folder / "codi.json").write_text(json.dumps(codi, indent=1) + "\n", encoding="utf-8")
        write_safetensors(folder / "model.safetensors", tensors)
        folder.chmod(0o755)
        os.rename(folder, out)
    except OSError as error:
        raise BadInput(f"{out}: {error.strerror}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def convert(options):
    kept, embedding, dropped = sort_out(read_checkpoint(options.ckpt))
    codi = settings(kept, embedding, options)
    write(kept, codi, options)
    for name, why in dropped:
        print(f"dropped {name}: {why}")
    print(f"{options.out}: {len(kept)} tensors kept, {len(dropped)} dropped; check codi.json: "
          f"num_latent {codi['num_latent']}, bos_id {codi['bos_id']}, remove_eos "
          f"{codi['remove_eos']}, lora_alpha {codi.get('lora_alpha')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ckpt", type=Path, metavar="CKPT")
    parser.add_argument("--base", type=Path, required=True, metavar="BASE_DIR",
                        help="directory of the model that was trained")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new directory")
    parser.add_argument("--lora-alpha", type=float, metavar="A", help="W = base + A / rank * B A")
    parser.add_argument("--latents", type=int, metavar="N", help="thoughts of a run (default: 6)")
    options = parser.parse_args()
    options.latents_given = options.latents is not None
    options.latents = options.latents if options.latents_given else 6
    if options.latents < 1:
        parser.error(f"--latents: found {options.latents}, expected at least 1")
    if options.lora_alpha is not None and not 0 < options.lora_alpha < float("inf"):
        parser.error(f"--lora-alpha: found {options.lora_alpha}, expected a number above 0")
    try:
        convert(options)
    except BadInput as error:
        print(f"convert_checkpoint.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
