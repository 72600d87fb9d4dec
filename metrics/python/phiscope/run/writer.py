# SPDX-License-Identifier: MIT
"""Writes run directories from arrays of any source, which `extract verify` and the analyze programs accept."""
import hashlib
import json
import math
import os
import pathlib
import secrets
import shutil

import numpy as np

from .plan import NAME, check_plan, files_of, manifest_of, shard_name

# Axes of the hooks that `extract activations` stores.
AXES = {
    "hook_embed": ("row", "unit"), "hook_resid_pre": ("row", "layer", "unit"),
    "hook_resid_mid": ("row", "layer", "unit"), "hook_resid_post": ("row", "layer", "unit"),
    "hook_attn_out": ("row", "layer", "unit"), "hook_mlp_out": ("row", "layer", "unit"),
    "hook_q": ("row", "layer", "head", "unit"), "hook_k": ("row", "layer", "kv_head", "unit"),
    "hook_v": ("row", "layer", "kv_head", "unit"), "hook_z": ("row", "layer", "head", "unit"),
    "hook_pattern": ("row", "layer", "head", "token"), "head_norm": ("row", "layer", "head"),
    "ln_final.hook_out": ("row", "unit"), "logits": ("row", "token"),
    "generated_ids": ("row",), "generated_logprob": ("row",)}
KEYS = {"token": ("prompt", "position"), "generated": ("prompt", "step")}


def write_run(path, arrays, prompts, *, row_space="token", rows=None, axes=None, layers=None, hooks=None,
              prompts_per_shard=16, experiment="activations", options=None, model=None, details=None,
              allow_nonfinite=False):
    """Writes a run directory.

    path        the directory, which must not exist yet or be empty
    arrays      {name: values}. Values are a list with one array per prompt, [token, ...], or one array [row, ...]
                with `rows`. NumPy, torch and anything numpy.asarray() takes; float16 to float64 and integers are
                stored as they are, bfloat16 as its bits
    prompts     one dict per prompt: id, and text, input_ids, meta as far as known; or just the ids
    row_space   what a row is: "token" (prompt, position), "generated" (prompt, step), or another name with `rows`;
                {name: row space} where arrays differ
    rows        {row space: {key: [row]}}; where it is left out, prompt and position (or step) are counted
    axes        {name: names of the axes}, the first is "row"; known for the hooks of `extract activations`
    layers      numbers of the layers on the axis `layer`; default 0, 1, ...
    hooks       {name: TransformerLens's name of what was captured}, for the reader
    options     what was run, as JSON; analyze-phiid looks for end_tokens, a list of ids
    model       what was run on, as JSON
    details     further members of plan.json

    Every value must be finite unless allow_nonfinite. Nothing is left at `path` when this raises ValueError.
    """
    folder = pathlib.Path(path)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder}: exists, expected a new or an empty directory")
    prompts = [prompt if isinstance(prompt, dict) else {"id": prompt} for prompt in prompts]
    spaces = {name: row_space[name] if isinstance(row_space, dict) else row_space for name in arrays}
    data, counted = {}, {}
    for name, values in arrays.items():
        data[name], lengths = gathered(name, values, len(prompts))
        if lengths is not None and spaces[name] not in (rows or {}):
            if counted.setdefault(spaces[name], lengths) != lengths:
                raise ValueError(f"{name}: {lengths} rows per prompt, expected {counted[spaces[name]]} as the other "
                                 f"arrays of row space {spaces[name]!r}")
    keys = row_keys(spaces, rows or {}, counted, data)
    shard_of = {space: shards_of(space, key, prompts_per_shard, len(prompts)) for space, key in keys.items()}
    shards = max(1, math.ceil(len(prompts) / prompts_per_shard))
    plan = {"schema": "phiscope-run/1", "experiment": experiment, "shards": shards,
            "row_spaces": [{"name": name, "key": list(key)} for name, key in keys.items()],
            "arrays": [array_plan(name, values, spaces[name], axes or {}, layers, hooks or {})
                       for name, values in data.items()],
            "options": options or {}, "model": model or {}, **(details or {})}
    check_json(plan)
    check_plan(plan, folder / "plan.json")
    for name, (values, encoding) in data.items():
        check_values(name, values, encoding, len(shard_of[spaces[name]]), allow_nonfinite)
    write_all(folder, plan, prompts, data, keys, shard_of)


def as_numpy(values):
    """An array as it is stored, and its encoding: bfloat16 of torch and of ml_dtypes becomes its bits."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":
            import torch
            return values.contiguous().view(torch.int16).numpy().view("<u2"), "bf16"
    values = np.asarray(values)
    if values.dtype.name == "bfloat16":
        return np.ascontiguousarray(values).view("<u2"), "bf16"
    if values.dtype.kind not in "fiub" or values.dtype.itemsize > 8:
        raise ValueError(f"dtype {values.dtype}, expected real numbers of at most 8 bytes")
    return values.astype(values.dtype.newbyteorder("<"), copy=False), ""


def gathered(name, values, prompts):
    """((array, encoding), rows per prompt); no rows per prompt for one array of all rows."""
    try:
        if not isinstance(values, (list, tuple)):
            return as_numpy(values), None
        if len(values) != prompts:
            raise ValueError(f"{len(values)} arrays, expected one for each of {prompts} prompts")
        parts = [as_numpy(part) for part in values]
        if len({(part.shape[1:], part.dtype.str, encoding) for part, encoding in parts}) > 1:
            raise ValueError("the prompts' arrays differ in shape after the first axis, or in dtype")
        if any(part.ndim == 0 for part, _ in parts):
            raise ValueError("a number for a prompt, expected an array [token, ...]")
        return (np.concatenate([part for part, _ in parts]), parts[0][1]), [len(part) for part, _ in parts]
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def row_keys(spaces, rows, counted, data):
    """{row space: {key: int64 [row]}} of every row space that an array has."""
    keys = {}
    for name, space in spaces.items():
        if space in keys:
            continue
        if space in rows:
            keys[space] = {key: integers(space, key, column) for key, column in rows[space].items()}
        elif space in counted and space in KEYS:
            lengths = counted[space]
            first, second = KEYS[space]
            keys[space] = {first: np.repeat(np.arange(len(lengths)), lengths).astype("<i8"),
                           second: np.concatenate([np.arange(0), *map(np.arange, lengths)]).astype("<i8")}
        else:
            raise ValueError(f"{name}: rows of row space {space!r} are not known, expected rows={{{space!r}: "
                             "{key: [row]}}, or a list with one array per prompt")
        if len({len(column) for column in keys[space].values()}) != 1:
            raise ValueError(f"rows of {space!r}: columns of different length, or none")
    return keys


def integers(space, key, column):
    column = np.asarray(column)
    if column.ndim != 1 or (column.dtype.kind not in "iub" and column.size):
        raise ValueError(f"rows of {space!r}: {key} is {column.dtype} {column.shape}, expected integers [row]")
    return column.astype("<i8")


def shards_of(space, key, prompts_per_shard, prompts):
    """The shard of each row: that of its prompt; without a prompt all rows are in the first."""
    length = len(next(iter(key.values())))
    if "prompt" not in key:
        return np.zeros(length, int)
    column = key["prompt"]
    if length and (column.min() < 0 or column.max() >= prompts):
        raise ValueError(f"rows of {space!r}: prompt {column.max() if column.min() >= 0 else column.min()}, expected "
                         f"0 to {prompts - 1}, the places in `prompts`")
    if np.any(np.diff(column) < 0):
        raise ValueError(f"rows of {space!r}: prompts are not in ascending order")
    return column // prompts_per_shard


def array_plan(name, stored, space, axes, layers, hooks):
    values, encoding = stored
    names = list(axes.get(name) or AXES.get(name) or ())
    if len(names) != values.ndim:
        raise ValueError(f"{name}: shape {values.shape} has {values.ndim} axes, expected "
                         f"{names or 'their names in axes={name: [...]}'}")
    numbers = []
    if "layer" in names:
        count = values.shape[names.index("layer")]
        numbers = [int(layer) for layer in layers] if layers is not None else list(range(count))
    plan = {"name": name, "hook": hooks.get(name, name), "formula": "", "axes": names, "dtype": values.dtype.str,
            "row_shape": list(values.shape[1:]), "layers": numbers, "row_space": space}
    return {**plan, "encoding": encoding} if encoding else plan


def check_json(plan):
    """Raises ValueError for what another JSON library would write differently, so that files could not be compared."""
    def visit(value, where):
        if isinstance(value, float) and (not math.isfinite(value) or 1e15 <= abs(value) < 1e16):
            raise ValueError(f"{where}: {value}, expected a finite number below 1e15")
        if isinstance(value, int) and not -2**63 <= value < 2**63:
            raise ValueError(f"{where}: {value}, expected an integer of 64 bits")
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, item in members:
            visit(item, f"{where}.{name}")
    visit(json.loads(json.dumps(plan)), "plan")


def check_values(name, values, encoding, rows, allow_nonfinite):
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r}: expected a name of A-Z a-z 0-9 _ . -")
    if len(values) != rows:
        raise ValueError(f"{name}: {len(values)} rows, expected {rows} as its row space has")
    if allow_nonfinite:
        return
    if encoding:
        bad = (values & 0x7F80) == 0x7F80
    elif values.dtype.kind == "f":
        bad = ~np.isfinite(values)
    else:
        return
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise ValueError(f"{name}: row {row} holds NaN or infinity; allow_nonfinite=True writes it all the same")


def json_bytes(value):
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def put(path, data):
    """Writes a file and has it on disk; what its commit says of it."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def npy_bytes(values):
    import io
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def write_all(folder, plan, prompts, data, keys, shard_of):
    """All files in a folder beside, which takes the run's name when it is complete."""
    part = folder.with_name(f"{folder.name}.part-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        part.mkdir(parents=True)
        for name in [*data, "commit", *(f"rows/{space}" for space in keys)]:
            (part / name).mkdir(parents=True)
        lines = "".join(json.dumps(prompt, ensure_ascii=False, separators=(",", ":")) + "\n" for prompt in prompts)
        known = {"file": "prompts.jsonl", **put(part / "prompts.jsonl", lines.encode())}
        put(part / "plan.json", json_bytes(plan))
        commits = [write_shard(part, plan, shard, data, keys, shard_of) for shard in range(plan["shards"])]
        put(part / "manifest.json", json_bytes(manifest_of(plan, known, commits)))
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def write_shard(part, plan, shard, data, keys, shard_of):
    """The files of a shard and its commit; returns [{file, rows, bytes, sha256}]."""
    files = []
    tables = [data[array["name"]][0] for array in plan["arrays"]]
    tables += [np.stack(list(keys[space["name"]].values()), axis=1) for space in plan["row_spaces"]]
    names = [array["row_space"] for array in plan["arrays"]] + [space["name"] for space in plan["row_spaces"]]
    for name, values, space in zip(files_of(plan, shard), tables, names):
        begin, end = np.searchsorted(shard_of[space], [shard, shard + 1])
        files.append({"file": name, "rows": int(end - begin), **put(part / name, npy_bytes(values[begin:end]))})
    commit = {"schema": "phiscope-commit/1", "shard": shard, "files": files}
    put(part / "commit" / f"{shard_name(shard)}.json", json_bytes(commit))
    return files
