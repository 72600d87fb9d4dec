# SPDX-License-Identifier: MIT
"""Writes a run directory as analyze/shard/FORMAT.md describes it, in one shard, without NumPy."""

import hashlib
import json
from array import array
from pathlib import Path

TYPE_CODES = {"<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q"}


def npy_bytes(values, dtype, shape):
    """What numpy.save writes. values: array.array in C order, with the type code of `dtype`."""
    assert values.typecode == TYPE_CODES[dtype], (values.typecode, dtype)
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {tuple(shape)}, }}".encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + values.tobytes()


def json_bytes(value):
    return (json.dumps(value, indent=1) + "\n").encode()


def write_run(run, experiment, space, keys, arrays, prompts, details):
    """Writes a finished run with one row space.

    space    name of the row space and of its columns: ("word", ["condition", ...])
    keys     [row, column] integers, flat
    arrays   list of (plan of the array as in FORMAT.md, array.array with its values [row, ...])
    prompts  list of objects, one per line of prompts.jsonl
    details  what the experiment adds to plan.json
    """
    run = Path(run)
    rows = len(keys) // len(space[1])
    plan = {"schema": "phiscope-run/1", "experiment": experiment, "shards": 1,
            "row_spaces": [{"name": space[0], "key": space[1]}],
            "arrays": [dict(each, row_space=space[0]) for each, _ in arrays],
            "version": "simulated", **details}
    contents = [(each["name"], npy_bytes(values, each["dtype"], [rows, *each["row_shape"]]))
                for each, values in arrays]
    contents.append((f"rows/{space[0]}",
                     npy_bytes(array("q", keys), "<i8", [rows, len(space[1])])))
    files = []
    for folder, data in contents:
        (run / folder).mkdir(parents=True)
        (run / folder / "shard-00000.npy").write_bytes(data)
        files.append({"file": f"{folder}/shard-00000.npy", "rows": rows, "bytes": len(data),
                      "sha256": hashlib.sha256(data).hexdigest()})
    lines = "".join(json.dumps(prompt) + "\n" for prompt in prompts).encode()
    (run / "prompts.jsonl").write_bytes(lines)
    (run / "plan.json").write_bytes(json_bytes(plan))
    (run / "commit").mkdir()
    (run / "commit/shard-00000.json").write_bytes(
        json_bytes({"schema": "phiscope-commit/1", "shard": 0, "files": files}))
    total = [{"rows": rows, "files": [file]} for file in files]
    (run / "manifest.json").write_bytes(json_bytes(
        {"schema": "phiscope-manifest/1",
         "prompts": {"file": "prompts.jsonl", "bytes": len(lines),
                     "sha256": hashlib.sha256(lines).hexdigest()},
         "arrays": {each["name"]: one for (each, _), one in zip(arrays, total)},
         "row_spaces": {space[0]: total[-1]}, "plan": plan}))
