#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/convert_checkpoint.py on tiny checkpoints made here in every published layout, read back by
# `extract info`:  convert_checkpoint_test.sh SOURCE_DIR INSPECT
# PHISCOPE_PYTHON names a Python with torch. Exit code 77: skipped, because there is none.
set -euo pipefail
source_dir=$1
inspect=$2
python=${PHISCOPE_PYTHON:-python3}
if ! "$python" -W ignore -c 'import torch' 2>/dev/null; then
  echo "skipped: $python has no torch"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# Importing torch takes seconds: the cases below are in one process, through the script's main().
code=0
PYTHONDONTWRITEBYTECODE=1 "$python" - "$source_dir" "$inspect" <<'PY' || code=$?
import contextlib, ctypes, io, json, os, subprocess, sys
from pathlib import Path

source_dir, inspect = sys.argv[1:]
sys.path.insert(0, source_dir + "/tools")
import convert_checkpoint
import torch

torch.manual_seed(5)
CODI = "codi.base_model.model."


def tensor(*shape, dtype=torch.float32):
    return torch.randn(shape).to(dtype)


def gpt2(wrapper, lora, dtype=torch.float32):
    made = {wrapper + "transformer.wte.weight": tensor(13, 4, dtype=dtype),
            wrapper + "transformer.wpe.weight": tensor(16, 4, dtype=dtype)}
    block = wrapper + "transformer.h.0."
    for name, into, out in (("attn.c_attn", 4, 12), ("attn.c_proj", 4, 4), ("mlp.c_fc", 4, 16),
                            ("mlp.c_proj", 16, 4)):
        base = ".base_layer" if lora else ""
        made[block + name + base + ".weight"] = tensor(into, out, dtype=dtype)
        made[block + name + base + ".bias"] = tensor(out, dtype=dtype)
        if lora:
            made[block + name + ".lora_A.default.weight"] = tensor(lora, into)
            made[block + name + ".lora_B.default.weight"] = tensor(out, lora)
    for norm in (block + "ln_1", block + "ln_2", wrapper + "transformer.ln_f"):
        made |= {norm + ".weight": tensor(4, dtype=dtype), norm + ".bias": tensor(4, dtype=dtype)}
    made[wrapper + "lm_head.weight"] = made[wrapper + "transformer.wte.weight"]
    return made


def projection(prefix="prj.", norm=True):
    made = {"1.weight": tensor(6, 4), "1.bias": tensor(6), "3.weight": tensor(4, 6), "3.bias": tensor(4)}
    if norm:
        made |= {"ln.weight": tensor(4), "ln.bias": tensor(4)}
    return {prefix + name: one for name, one in made.items()}


def write_safetensors(path, tensors):
    names = {torch.float32: "F32", torch.bfloat16: "BF16"}
    header, data = {}, b""
    for name, one in tensors.items():
        raw = ctypes.string_at(one.contiguous().data_ptr(), one.numel() * one.element_size())
        header[name] = {"dtype": names[one.dtype], "shape": list(one.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text + data)


def write_json(path, value):
    with open(path, "w") as out:
        json.dump(value, out)


for folder in ("base", "codi", "sharded", "coconut", "merged", "plain",
               "simcot"):
    os.mkdir(folder)
write_json("base/config.json", {
    "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 10, "n_positions": 16,
    "n_layer": 1, "n_embd": 4, "n_head": 2, "bos_token_id": 2, "eos_token_id": 2})

torch.save(gpt2(CODI, 2, torch.bfloat16) | projection(), "codi/pytorch_model.bin")
open("codi/config.json", "w").write("{}")

whole = gpt2(CODI, 2) | projection(norm=False)
del whole[CODI + "lm_head.weight"]
parts = {"model-00001-of-00002.safetensors": dict(list(whole.items())[:9]),
         "model-00002-of-00002.safetensors": dict(list(whole.items())[9:])}
for name, tensors in parts.items():
    write_safetensors("sharded/" + name, tensors)
write_json("sharded/model.safetensors.index.json", {
    "metadata": {}, "weight_map": {one: name for name, tensors in parts.items() for one in tensors}})

coconut = gpt2("module.base_causallm.", 0)
coconut["module.embedding.weight"] = coconut["module.base_causallm.transformer.wte.weight"]
coconut["module.base_causallm.transformer.h.0.attn.bias"] = torch.ones(1, 1, 16, 16, dtype=torch.bool)
torch.save(coconut, "coconut/checkpoint_12")

write_safetensors("merged/model.safetensors",
                  {name: one for name, one in gpt2("", 0).items() if name != "lm_head.weight"})
torch.save(projection(prefix=""), "merged/prj.pt")
write_safetensors("plain/model.safetensors", gpt2("", 0))

simcot = {name.replace("codi.", "coconut."): one for name, one in (gpt2(CODI, 2) | projection()).items()}
simcot |= {"decoder.model.norm.weight": tensor(4), "pj_in.weight": tensor(4, 4), "pj_out.bias": tensor(4),
           "expainable_llm.x": tensor(2)}
torch.save(simcot, "simcot/pytorch_model.bin")

unlike = gpt2(CODI, 2) | projection()
unlike[CODI + "lm_head.weight"] = tensor(13, 4)
torch.save(unlike, "unlike.bin")
two = gpt2(CODI, 2)
two[CODI + "transformer.h.0.mlp.c_fc.lora_A.default.weight"] = tensor(3, 4)
torch.save(two | projection(), "two.bin")
torch.save([1, 2], "list.bin")
torch.save({"a": 5}, "number.bin")


class Code:
    def __reduce__(self):
        return os.system, ("touch ran",)


torch.save({"a": Code()}, "code.bin")

failures = 0


def complain(text):
    global failures
    failures += 1
    print("convert_checkpoint_test:", text, file=sys.stderr)


def convert(*arguments):
    """Exit status, what was printed, and the errors, of the script with these arguments."""
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["convert_checkpoint.py", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = convert_checkpoint.main()
    return status, out.getvalue(), err.getvalue()


def check(name, ckpt, options, wanted, dropped):
    """Converts, and compares what `extract info` says of the result."""
    status, out, err = convert(ckpt, "--base", "base", "--out", "out/" + name, *options)
    if status != 0:
        return complain(f"{name}: {err}")
    found = [line for line in out.splitlines() if line.startswith("dropped ")]
    if found != [f"dropped {one}" for one in dropped]:
        complain(f"{name}: says {found}, expected {dropped}")
    done = subprocess.run([inspect, "info", "out/" + name], capture_output=True, text=True)
    if done.returncode != 0:
        return complain(f"{name}: {done.stderr}")
    info = json.loads(done.stdout)
    info |= info.pop("latent")
    for key, value in wanted.items():
        if info[key] != value:
            complain(f"{name}: {key} is {info[key]}, expected {value}")
    before = convert_checkpoint.read_checkpoint(Path(ckpt))
    for key, one in convert_checkpoint.read_safetensors(Path("out", name, "model.safetensors")).items():
        if not convert_checkpoint.same_bits(before[key], one):
            complain(f"{name}: {key} has other bits than before")


def refuse(name, message, *arguments):
    """Exit status 1, one line that holds the message, nothing written."""
    status, out, err = convert(*arguments, "--base", "base", "--out", "out/none")
    if status != 1 or err.count("\n") != 1 or message not in err or out:
        complain(f"{name}: {status}, {out!r}, {err!r}, expected {message!r}")
    if list(Path("out").glob("*none*")):
        complain(f"{name}: left something written")


os.mkdir("out")
head = "codi.base_model.model.lm_head.weight: equal to the embedding"
check("codi", "codi", ["--lora-alpha", "3"],
      {"lora": {"rank": 2, "alpha": 3.0, "merged": 4}, "feedback": "projection", "vocab": 13,
       "projection": {"width": 6, "layer_norm": True}, "num_latent": 6, "pad_id": 10, "bot_id": 11,
       "eot_id": 12, "logits_slice": 12, "bos_id": None, "eos_id": 2, "dtype": "bfloat16"}, [head])
check("file", "codi/pytorch_model.bin", ["--lora-alpha", "3"], {"vocab": 13}, [head])
check("sharded", "sharded", ["--lora-alpha", "2", "--latents", "5"],
      {"lora": {"rank": 2, "alpha": 2.0, "merged": 4}, "num_latent": 5,
       "projection": {"width": 6, "layer_norm": False}}, [])
coconut_dropped = ["module.base_causallm.lm_head.weight: equal to the embedding",
                   "module.embedding.weight: equal to the embedding",
                   "module.base_causallm.transformer.h.0.attn.bias: a buffer"]
for ckpt in ("coconut", "coconut/checkpoint_12"):
    check(ckpt.replace("/", "_"), ckpt, [],
          {"lora": None, "feedback": "hidden", "question_suffix": "\n", "answer_prefix": "### ",
           "pad_id": 12, "bot_id": 10, "eot_id": 11, "projection": None}, coconut_dropped)
check("merged", "merged", [],
      {"lora": None, "feedback": "projection", "projection": {"width": 6, "layer_norm": True}}, [])
check("plain", "plain", [], {"feedback": "hidden", "question_suffix": "\n", "bot_id": 10, "eot_id": 11},
      ["lm_head.weight: equal to the embedding"])
write_json("simcot/codi.json", {"lora_alpha": 4, "num_latent": 7, "bos_id": 1})
training = [f"{name}: needed for training alone" for name in
            ("decoder.model.norm.weight", "pj_in.weight", "pj_out.bias", "expainable_llm.x")]
check("simcot", "simcot", [],
      {"lora": {"rank": 2, "alpha": 4.0, "merged": 4}, "num_latent": 7, "bos_id": 1, "left_out": {}},
      [head.replace("codi.", "coconut.")] + training)

# The begin token is what the base's tokenizer adds, by itself or after a step that adds none.
template = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {}}],
            "special_tokens": {"<s>": {"ids": [7]}}}
for processor, wanted in ((template, 7), ({"type": "ByteLevel"}, None), (None, None),
                          ({"type": "Sequence", "processors": [{"type": "ByteLevel"}, template]}, 7)):
    write_json("base/tokenizer.json", {"post_processor": processor})
    if convert_checkpoint.begin_token(Path("base")) != wanted:
        complain(f"begin token of {processor}: expected {wanted}")
status, _, err = convert("merged", "--base", "base", "--out", "out/begins")
if json.loads(Path("out/begins/codi.json").read_text())["bos_id"] != 7:
    complain("the begin token of the base's tokenizer is not in codi.json")
os.remove("base/tokenizer.json")
os.mkdir("base/tokenizer_config.json")
refuse("copy", "out/none: Is a directory", "merged")
os.rmdir("base/tokenizer_config.json")
with contextlib.redirect_stdout(io.StringIO()) as said:
    alpha = convert_checkpoint.find_alpha(128, None, None)
if alpha != 32 or "as in all published models of rank 128" not in said.getvalue():
    complain("alpha of rank 128 is not 32")

refuse("alpha", "LoRA of rank 2, but its alpha is in no file: expected --lora-alpha", "codi")
refuse("head", "'codi.base_model.model.lm_head.weight' differs from the embedding", "unlike.bin")
refuse("ranks", "LoRA of ranks [2, 3], expected one rank", "two.bin", "--lora-alpha", "1")
refuse("list", "list.bin: found list, expected a state dictionary", "list.bin")
refuse("number", "number.bin: 'a' is a int, expected a tensor", "number.bin")
refuse("code", "code.bin: cannot be loaded as weights only", "code.bin")
if os.path.exists("ran"):
    complain("code: a pickle was executed")
refuse("absent", "absent.bin: no such file", "absent.bin")
os.mkdir("empty")
refuse("empty", "empty: found none, expected model.safetensors", "empty")
Path("broken.safetensors").write_text("x")
refuse("broken", "broken.safetensors: not a safetensors file", "broken.safetensors")
os.remove("sharded/model-00002-of-00002.safetensors")
refuse("shard", "shard 'model-00002-of-00002.safetensors' is missing", "sharded", "--lora-alpha", "1")
status, _, err = convert("codi", "--base", "base", "--out", "out/codi", "--lora-alpha", "1")
if status != 1 or "out/codi: exists" not in err:
    complain("an existing directory is no error")
config = json.loads(Path("base/config.json").read_text())
write_json("base/config.json", config | {"vocab_size": 11})
refuse("rows", "vocab_size is 11, expected at most 10", "codi", "--lora-alpha", "1")
Path("base/config.json").write_text("{}")
refuse("config", "base/config.json: empty", "codi", "--lora-alpha", "1")
if failures == 0:
    print("convert_checkpoint_test: all kept")
sys.exit(failures > 0)
PY
exit "$code"
