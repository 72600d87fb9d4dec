# SPDX-License-Identifier: MIT
"""plan.json and commits: what a run holds, checked."""
import re

from .errors import FormatError, member, parse_json, read_text

DTYPES = frozenset("<f2 <f4 <f8 |i1 <i2 <i4 <i8 |u1 <u2 <u4 <u8 |b1".split())
ARRAY_MEMBERS = ("name", "hook", "formula", "axes", "dtype", "row_shape", "layers", "row_space")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
TAKEN = ("rows", "commit", "plan.json", "prompts.jsonl", "manifest.json")


def shard_name(shard):
    return f"shard-{shard:05d}"


def texts(value, what, path):
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise FormatError(path, f"{what}: expected a list of texts")
    return value


def check_row_space(space, path):
    name = member(space, "name", str, path, "row_spaces: ")
    key = texts(space.get("key"), f"row space {name!r}: key", path)
    if not NAME.fullmatch(name):
        raise FormatError(path, f"row space {name!r}: not a plain file name")
    if not key or len(set(key)) != len(key):
        raise FormatError(path, f"row space {name!r}: key is empty or has a column twice")


def check_array(array, spaces, path):
    name = member(array, "name", str, path, "arrays: ")
    where = f"array {name!r}: "
    for text in ("hook", "formula", "dtype", "row_space"):
        member(array, text, str, path, where)
    if not NAME.fullmatch(name) or name in TAKEN or name.endswith((".log", ".lock")):
        raise FormatError(path, where + "not a plain file name, or one that is taken")
    if array["dtype"] not in DTYPES:
        raise FormatError(path, f"{where}dtype {array['dtype']!r}, expected a little-endian one like '<f4'")
    if array["row_space"] not in spaces:
        raise FormatError(path, f"{where}row space {array['row_space']!r} is unknown")
    if "encoding" in array and (array["encoding"], array["dtype"]) != ("bf16", "<u2"):
        raise FormatError(path, f"{where}encoding {array['encoding']!r} of {array['dtype']}, expected bf16 of <u2")
    axes = texts(array.get("axes"), where + "axes", path)
    shape, layers = member(array, "row_shape", list, path, where), member(array, "layers", list, path, where)
    if not all(isinstance(length, int) and length >= 1 for length in shape) or len(axes) != len(shape) + 1:
        raise FormatError(path, f"{where}row_shape {shape} of axes {axes}, expected one length for each but the first")
    for axis, length in zip(axes[1:], shape):
        if axis == "layer" and length != len(layers):
            raise FormatError(path, f"{where}axis layer of length {length}, but {len(layers)} layers")


def check_file(name, digest, arrays, path):
    """A file beside arrays and row spaces, which follows from the plan."""
    where = f"file {name!r}: "
    if not NAME.fullmatch(name) or name in TAKEN or name.endswith((".log", ".lock")) or name in arrays:
        raise FormatError(path, where + "not a plain file name, or one that is taken")
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise FormatError(path, f"{where}{digest!r}, expected a SHA-256 in hexadecimal")


def check_plan(plan, path):
    """Raises FormatError unless the plan is one and does not contradict itself."""
    if plan.get("schema") != "phiscope-run/1":
        raise FormatError(path, f"schema {plan.get('schema')!r}, expected 'phiscope-run/1'")
    if not member(plan, "experiment", str, path):
        raise FormatError(path, "experiment is empty")
    if not 1 <= member(plan, "shards", int, path) <= 1_000_000:
        raise FormatError(path, f"{plan['shards']} shards, expected 1 to 1000000")
    for part in ("row_spaces", "arrays"):
        for item in member(plan, part, list, path):
            if not isinstance(item, dict):
                raise FormatError(path, f"{part}: expected objects")
    for space in plan["row_spaces"]:
        check_row_space(space, path)
    spaces = {space["name"] for space in plan["row_spaces"]}
    for array in plan["arrays"]:
        check_array(array, spaces, path)
    arrays = {array["name"] for array in plan["arrays"]}
    for name, digest in member(plan, "files", dict, path).items() if "files" in plan else ():
        check_file(name, digest, arrays, path)
    for part in ("row_spaces", "arrays"):
        names = [item["name"] for item in plan[part]]
        if len(set(names)) != len(names):
            raise FormatError(path, f"{part}: a name occurs twice")


def files_of(plan, shard):
    """Paths of a shard's files relative to the run, in the order of its commit."""
    end = f"/{shard_name(shard)}.npy"
    return ([array["name"] + end for array in plan["arrays"]]
            + ["rows/" + space["name"] + end for space in plan["row_spaces"]])


def read_commit(folder, plan, shard):
    """[{file, rows, bytes, sha256}] of a shard, checked against the plan."""
    path = folder / "commit" / f"{shard_name(shard)}.json"
    commit = parse_json(read_text(path), path)
    if commit.get("schema") != "phiscope-commit/1" or commit.get("shard") != shard:
        raise FormatError(path, f"schema {commit.get('schema')!r}, shard {commit.get('shard')!r}, expected "
                                f"'phiscope-commit/1' and {shard}")
    files, expected = member(commit, "files", list, path), files_of(plan, shard)
    if [isinstance(file, dict) and file.get("file") for file in files] != expected:
        raise FormatError(path, "files: not those of the plan's arrays and row spaces in their order")
    for file in files:
        for name, kind in (("rows", int), ("bytes", int), ("sha256", str)):
            member(file, name, kind, path, file["file"] + ": ")
    rows = {space["name"]: file["rows"]
            for space, file in zip(plan["row_spaces"], files[len(plan["arrays"]):])}
    for array, file in zip(plan["arrays"], files):
        if file["rows"] != rows[array["row_space"]]:
            raise FormatError(path, f"{file['file']}: {file['rows']} rows, expected {rows[array['row_space']]}, "
                                    f"those of rows/{array['row_space']}")
    return files


def manifest_of(plan, prompts, commits):
    """The manifest of a finished run: `prompts` is the {file, bytes, sha256} of prompts.jsonl."""
    def files(place):
        return {"rows": sum(commit[place]["rows"] for commit in commits),
                "files": [commit[place] for commit in commits]}
    arrays, spaces = plan["arrays"], plan["row_spaces"]
    return {"schema": "phiscope-manifest/1", "prompts": prompts,
            "arrays": {array["name"]: files(i) for i, array in enumerate(arrays)},
            "row_spaces": {space["name"]: files(len(arrays) + i) for i, space in enumerate(spaces)},
            "plan": plan}
