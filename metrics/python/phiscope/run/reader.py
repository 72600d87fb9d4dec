# SPDX-License-Identifier: MIT
"""Opens run directories."""
import hashlib
import pathlib
import re

import numpy as np

from .array import RunArray
from .errors import FormatError, parse_json, read_text
from .plan import check_plan, manifest_of, read_commit, shard_name


def open_run(path, allow_partial=False):
    """A run directory, with its plan, commits and manifest checked against each other.

    path            the folder that holds plan.json
    allow_partial   take the shards that are there of a run that is not finished

    Raises FormatError (a ValueError: one line, the path first) if the run is not complete, or a file is missing,
    of another size, or contradicts another one. Numbers are read when they are asked for. Run.verify() also
    compares SHA-256 hashes.
    """
    folder = pathlib.Path(path)
    if not folder.is_dir():
        raise FormatError(folder, "no such directory")
    if not (folder / "plan.json").exists():
        raise FormatError(folder, "has no plan.json, so it is not a run directory")
    return Run(folder, allow_partial)


def committed_shards(folder, plan):
    shards = []
    for file in (folder / "commit").glob("shard-*.json"):
        digits = re.fullmatch(r"shard-(\d{5,7})\.json", file.name)
        if digits and file.name == shard_name(int(digits[1])) + ".json":
            if int(digits[1]) >= plan["shards"]:
                raise FormatError(file, f"the plan has only {plan['shards']} shards")
            shards.append(int(digits[1]))
    return sorted(shards)


def read_prompts(path):
    lines = read_text(path).split("\n")
    if lines.pop():
        raise FormatError(path, f"truncated: line {len(lines) + 1} does not end")
    return [parse_json(line, path, f"line {number}: ") for number, line in enumerate(lines, 1)]


def digest(path):
    with open(path, "rb") as file:
        whole = hashlib.sha256()
        while block := file.read(1 << 20):
            whole.update(block)
    return whole.hexdigest()


class Run:
    """A run directory; open_run() makes one. `run["name"]` is an array of it."""

    def __init__(self, folder, allow_partial):
        self.path = folder
        self.plan = parse_json(read_text(folder / "plan.json"), folder / "plan.json")
        check_plan(self.plan, folder / "plan.json")
        self.prompts = read_prompts(folder / "prompts.jsonl")  # [prompt]: id, text, input_ids, meta
        self.shards = committed_shards(folder, self.plan)
        self._commits = {shard: read_commit(folder, self.plan, shard) for shard in self.shards}
        self._check_complete(allow_partial)
        for files in self._commits.values():
            for file in files:
                self._check_size(file)
        self._row_spaces = {}

    def _check_complete(self, allow_partial):
        missing = self.plan["shards"] - len(self.shards)
        manifest = self.path / "manifest.json"
        self.complete = missing == 0 and manifest.exists()
        if not self.complete and not allow_partial:
            what = (f"{missing} of {self.plan['shards']} shards are missing" if missing
                    else "manifest.json is missing though all shards are there")
            raise FormatError(self.path, f"incomplete: {what}; run the same extract command again to finish it, "
                                         "or take what is there with allow_partial=True")
        if manifest.exists():
            self._check_manifest(manifest)

    def _check_manifest(self, path):
        found = parse_json(read_text(path), path)
        prompts = self.path / "prompts.jsonl"
        expected = manifest_of(self.plan, {"file": "prompts.jsonl", "bytes": prompts.stat().st_size,
                                           "sha256": digest(prompts)},
                               [self._commits[shard] for shard in self.shards])
        for name in {**expected, **found}:
            if found.get(name) != expected.get(name):
                raise FormatError(path, f"{name} disagrees with plan, prompts and commits")

    def _check_size(self, file):
        path = self.path / file["file"]
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            raise FormatError(path, "is missing, though its shard is committed") from None
        if size != file["bytes"]:
            raise FormatError(path, f"{size} bytes, expected {file['bytes']} by its commit")

    def __repr__(self):
        state = "" if self.complete else f", {len(self.shards)} of {self.plan['shards']} shards"
        return f"Run({str(self.path)!r}, {self.plan['experiment']}, arrays {', '.join(self.arrays)}{state})"

    @property
    def arrays(self):
        """Names of the arrays."""
        return [array["name"] for array in self.plan["arrays"]]

    @property
    def row_spaces(self):
        """{name: names of the key's columns}."""
        return {space["name"]: tuple(space["key"]) for space in self.plan["row_spaces"]}

    def rows(self, row_space):
        """What each row is: int64 [row, key], in the order of the shards; the columns are row_spaces[row_space]."""
        if row_space not in self.row_spaces:
            raise KeyError(f"no row space {row_space!r}, expected one of {', '.join(self.row_spaces)}")
        if row_space not in self._row_spaces:
            place = len(self.plan["arrays"]) + list(self.row_spaces).index(row_space)
            width = len(self.row_spaces[row_space])
            parts = [self._open(files[place], "<i8", (width,)) for files in self._commits.values()]
            self._row_spaces[row_space] = np.concatenate([np.empty((0, width), "<i8"), *parts])
        return self._row_spaces[row_space]

    def __contains__(self, name):
        return name in self.arrays

    def __iter__(self):
        return iter(self.arrays)

    def __getitem__(self, name):
        if name not in self.arrays:
            raise KeyError(f"no array {name!r}, expected one of {', '.join(self.arrays)}")
        place = self.arrays.index(name)
        array = self.plan["arrays"][place]
        parts = [self._open(files[place], array["dtype"], tuple(array["row_shape"]))
                 for files in self._commits.values()]
        return RunArray(self, array, parts)

    def _open(self, file, dtype, row_shape):
        """The numbers of a file, mapped; its header must be the one that plan and commit promise."""
        path, shape = self.path / file["file"], (file["rows"], *row_shape)
        try:
            with open(path, "rb") as opened:
                version = np.lib.format.read_magic(opened)
                if version != (1, 0):
                    raise FormatError(path, f"format {version[0]}.{version[1]}, expected 1.0")
                found, fortran, found_dtype = np.lib.format.read_array_header_1_0(opened)
                offset = opened.tell()
        except FormatError:
            raise
        except (ValueError, OSError) as error:
            raise FormatError(path, str(error).split("\n")[0]) from None
        if found != shape or found_dtype != np.dtype(dtype) or fortran:
            raise FormatError(path, f"{found_dtype.str} {found}{' in Fortran order' if fortran else ''}, expected "
                                    f"{dtype} {shape} by plan and commit")
        size = int(np.prod(shape, dtype=np.int64)) * found_dtype.itemsize
        if offset + size != file["bytes"]:
            raise FormatError(path, f"{file['bytes']} bytes, expected {offset + size} by its header")
        if size == 0:
            return np.empty(shape, dtype)
        return np.memmap(path, dtype, "r", offset, shape)

    def verify(self):
        """Compares the SHA-256 of every file with its commit, or with the plan where it names the file. Raises
        FormatError at the first that differs, or is not there."""
        for files in self._commits.values():
            for file in files:
                found = digest(self.path / file["file"])
                if found != file["sha256"]:
                    raise FormatError(self.path / file["file"], f"SHA-256 {found}, expected {file['sha256']} by "
                                                                "its commit")
        for name, planned in self.plan.get("files", {}).items():
            path = self.path / name
            if not path.is_file():
                raise FormatError(path, "is missing, expected by plan.json")
            if digest(path) != planned:
                raise FormatError(path, f"SHA-256 {digest(path)}, expected {planned} by plan.json")
