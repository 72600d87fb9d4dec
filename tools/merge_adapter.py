#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A LoRA adapter of peft and its base model -> a model directory for `extract`.

    tools/merge_adapter.py ADAPTER_DIR --out DIR [--base BASE_DIR] [--dtype auto|float32|bfloat16|float16]

ADAPTER_DIR has adapter_config.json and the adapter's weights. BASE_DIR is the Hugging Face directory of the
model that was trained; without it, the directory that adapter_config.json names is taken, if it is one on
this machine. The weights are merged in float32, W + scale * B A, and stored as --dtype says (auto: as the
base is stored). The tokenizer is copied from ADAPTER_DIR where it has one, else from BASE_DIR. Nothing is
fetched. Exit status 1 for bad input (one line), 2 for wrong use. Needs torch, transformers and peft.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
             "chat_template.jinja")


class BadInput(Exception):
    """One line for the user: where, what was found, what is expected."""


def read_json(path):
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise BadInput(f"{path}: not JSON ({error})") from None
    if not isinstance(found, dict):
        raise BadInput(f"{path}: not an object, expected the configuration that peft writes")
    return found


def base_directory(adapter, named):
    """The directory of the base model, and that it is one."""
    config = read_json(adapter / "adapter_config.json")
    if config.get("peft_type") != "LORA":
        raise BadInput(f"{adapter / 'adapter_config.json'}: peft_type is {config.get('peft_type')!r}, expected LORA")
    base = named or config.get("base_model_name_or_path")
    if not base or not (Path(base) / "config.json").is_file():
        raise BadInput(f"{base}: no model directory, expected that of the base model: name it with --base")
    return Path(base)


def merged(adapter, base, dtype):
    import torch
    import transformers
    from peft import PeftModel
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    config = transformers.AutoConfig.from_pretrained(base, local_files_only=True)
    stored = getattr(config, "dtype", None) or getattr(config, "torch_dtype", None) or torch.float32
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(base, torch_dtype=torch.float32,
                                                                  local_files_only=True)
        model = PeftModel.from_pretrained(model, adapter, local_files_only=True).merge_and_unload()
    except Exception as error:  # transformers and peft have many, in many lines
        raise BadInput(f"{adapter}: does not fit {base}: {str(error).splitlines()[0]}") from None
    # A tied head that was trained on its own is no longer the embedding.
    embedding, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    if embedding is not head and embedding.data_ptr() != head.data_ptr():
        model.config.tie_word_embeddings = False
    return model.to(stored if dtype == "auto" else getattr(torch, dtype))


def write(model, adapter, base, out):
    """The whole directory, or nothing."""
    part = Path(tempfile.mkdtemp(prefix=f"{out.name}.part-", dir=out.parent))
    try:
        model.save_pretrained(part, safe_serialization=True)
        source = adapter if (adapter / "tokenizer.json").exists() else base
        for name in TOKENIZER:
            if (source / name).exists():
                shutil.copyfile(source / name, part / name)
        if not (part / "generation_config.json").exists() and (base / "generation_config.json").exists():
            shutil.copyfile(base / "generation_config.json", part / "generation_config.json")
        os.chmod(part, 0o755)
        part.rename(out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapter", type=Path, metavar="ADAPTER_DIR")
    parser.add_argument("--base", metavar="BASE_DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--dtype", default="auto", choices=("auto", "float32", "bfloat16", "float16"))
    options = parser.parse_args()
    if options.out.exists():
        raise BadInput(f"{options.out}: exists, expected no such directory")
    if not options.out.absolute().parent.is_dir():
        raise BadInput(f"{options.out.absolute().parent}: no such directory, expected the folder for --out")
    base = base_directory(options.adapter, options.base)
    model = merged(options.adapter, base, options.dtype)
    write(model, options.adapter, base, options.out.absolute())
    print(json.dumps({"out": str(options.out), "base": str(base), "dtype": str(model.dtype).split(".")[-1]}))


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        print(f"merge_adapter.py: {error}", file=sys.stderr)
        sys.exit(1)
