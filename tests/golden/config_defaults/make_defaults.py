#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the configuration classes of the installed transformers put in for absent keys of config.json,
as a table: defaults.json, {version: {model_type: {key: default}}}. Run once per version; a version's
table replaces the one it had. Left out is what every class has and no family reads (generation, labels).
"""
import json
from pathlib import Path

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

TYPES = ("gemma2", "gemma3_text", "gpt2", "gpt_neox", "granite", "llama", "mistral", "mixtral", "olmo2", "olmo3",
         "olmoe", "phi3", "qwen2", "qwen3", "qwen3_moe", "smollm3")
KEPT = {"add_cross_attention", "architectures", "bos_token_id", "eos_token_id", "tie_word_embeddings", "is_encoder_decoder"}


def defaults(model_type):
    whole = CONFIG_MAPPING[model_type]().to_dict()
    # A window is null as long as it is switched off.
    if "use_sliding_window" in whole:
        windowed = CONFIG_MAPPING[model_type](use_sliding_window=True)
        whole["sliding_window"] = windowed.sliding_window
    own = set(whole) - set(transformers.PretrainedConfig().to_dict()) | KEPT
    return {key: whole[key] for key in sorted(own & set(whole)) if key not in ("layer_types", "no_rope_layers")}


def main():
    path = Path(__file__).with_name("defaults.json")
    table = json.loads(path.read_text()) if path.exists() else {}
    table[transformers.__version__] = {one: defaults(one) for one in TYPES}
    lines = []
    for version, types in sorted(table.items()):
        rows = ",\n".join(f"  {json.dumps(one)}: {json.dumps(keys)}" for one, keys in types.items())
        lines.append(f" {json.dumps(version)}: {{\n{rows}\n }}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
