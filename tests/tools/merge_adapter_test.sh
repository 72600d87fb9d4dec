#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/merge_adapter.py on a tiny Llama: every stored number is W + alpha / rank * B A of the two
# files, and `inspect info` reads the result:  merge_adapter_test.sh SOURCE_DIR INSPECT
# PHISCOPE_PYTHON names a Python with peft. Exit code 77: skipped, because there is none.
set -euo pipefail
source_dir=$1
inspect=$2
python=${PHISCOPE_PYTHON:-python3}
if ! "$python" -W ignore -c 'import peft, transformers' 2>/dev/null; then
  echo "skipped: $python has no peft"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

"$python" -W ignore - "$source_dir/tests/golden/models/llama/model" <<'PY'
import sys
import peft, torch, transformers
torch.manual_seed(3)
model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1], torch_dtype=torch.float32)
config = peft.LoraConfig(r=3, lora_alpha=12, target_modules=["q_proj", "down_proj"])
adapted = peft.get_peft_model(model, config)
for name, weight in adapted.named_parameters():
    if "lora_" in name:
        torch.nn.init.normal_(weight)
adapted.save_pretrained("adapter")
PY

expect() {  # what status regex command...
  local what=$1 status=$2 regex=$3 said code=0
  shift 3
  said=$("$@" 2>&1) || code=$?
  if [ "$code" -ne "$status" ] || ! grep -Eq "$regex" <<<"$said"; then
    echo "$what: exit $code, expected $status with $regex: $said"
    exit 1
  fi
}
merge() { PYTHONDONTWRITEBYTECODE=1 "$python" -W ignore "$source_dir/tools/merge_adapter.py" "$@"; }
base=$source_dir/tests/golden/models/llama/model
expect "an adapter is refused with the way out" 1 'adapter_config.json: an adapter .*tools/merge_adapter.py' \
  "$inspect" info adapter
expect "no base" 1 'nowhere: no model directory, expected that of the base' merge adapter --base nowhere --out merged
expect "not an adapter" 1 'adapter_config.json: No such file' merge "$base" --out merged
expect "merging" 0 '"dtype": "float32"' merge adapter --base "$base" --out merged
expect "a directory that exists" 1 'merged: exists' merge adapter --base "$base" --out merged
expect "reading" 0 '"family":"llama"' "$inspect" info merged
[ "$(ls)" = "$(printf 'adapter\nmerged')" ] || { echo "left over: $(ls)"; exit 1; }

"$python" -W ignore - "$base" <<'PY'
import json, struct, sys
import torch

def tensors(path):
    data = open(path, "rb").read()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    def array(entry):
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        assert entry["dtype"] == "F32", entry
        return torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).reshape(entry["shape"])
    return {name: array(entry) for name, entry in header.items() if name != "__metadata__"}

base, lora, merged = (tensors(path) for path in (sys.argv[1] + "/model.safetensors",
                                                 "adapter/adapter_model.safetensors", "merged/model.safetensors"))
changed = 0
assert set(merged) == set(base), set(merged) ^ set(base)
for name, weight in merged.items():
    module = "base_model.model." + name.removesuffix(".weight")
    wanted = base[name].double()
    if module + ".lora_A.weight" in lora:
        factors = (lora[f"{module}.lora_{half}.weight"].double() for half in "AB")
        a, b = factors
        wanted, changed = wanted + 12 / 3 * (b @ a), changed + 1
        assert (wanted - base[name]).abs().max() > 0.1
    assert (weight.double() - wanted).abs().max() <= 1e-5 * max(1, wanted.abs().max()), name
assert changed == len(lora) // 2 > 0, changed
print("PASS", len(merged), "tensors,", changed, "with an adapter")
PY
