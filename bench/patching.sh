#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sweeps of patches with everything shared against the same runs alone: a Llama of 16 layers, width 512 and 32,000
# tokens with random weights, a question of 80.   patching.sh FOLDER_OF_PROGRAMS [ROUNDS]
set -euo pipefail
programs=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/config"
cat >"$folder/config/config.json" <<'END'
{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 32000, "hidden_size": 512,
 "intermediate_size": 1408, "num_hidden_layers": 16, "num_attention_heads": 8, "num_key_value_heads": 8,
 "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
 "tie_word_embeddings": true, "torch_dtype": "float32", "bos_token_id": 1, "eos_token_id": 2}
END
"$programs/extract" random-model "$folder/config" --seed 1 --out "$folder/model" >/dev/null 2>&1
"$programs/patching_bench" "$folder/model" 80 80 "${2:-3}"
