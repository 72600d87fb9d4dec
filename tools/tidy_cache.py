# SPDX-License-Identifier: MIT
"""Which files clang-tidy need not read again: keys of what passed, as names of empty files."""

import hashlib
import os
import re
import shlex
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
KEPT_DAYS = 60  # an entry that was not needed for so long is removed


class Includes:
    """The project's files that a source includes. Conditions of the preprocessor are ignored: at most
    a file too many is hashed."""

    def __init__(self):
        self.lines = {}

    def named_in(self, path):
        if path not in self.lines:
            self.lines[path] = INCLUDE.findall(path.read_bytes())
        return self.lines[path]

    def closure(self, source, folders):
        found, waiting = {source}, [source]
        while waiting:
            path = waiting.pop()
            for mark, name in self.named_in(path):
                places = [path.parent, *folders] if mark == b'"' else folders
                candidates = (Path(os.path.normpath(place / os.fsdecode(name))) for place in places)
                header = next((one for one in candidates if one.is_file()), None)
                if header is not None and header not in found:
                    found.add(header)
                    waiting.append(header)
        return sorted(found)


def project_folders(command):
    """The include folders of a compile command that lie in the project."""
    words = shlex.split(command)
    folders = []
    for i, word in enumerate(words):
        for option in ("-I", "-isystem", "-iquote"):
            if word == option:
                folders.append(Path(words[i + 1]))
            elif word.startswith(option):
                folders.append(Path(word[len(option):]))
    return [folder for folder in folders if ROOT in [folder, *folder.parents]]


def digest(path, cache={}):
    if path not in cache:
        cache[path] = hashlib.sha256(path.read_bytes()).hexdigest()
    return cache[path]


def key(source, command, tool, includes):
    """What decides whether clang-tidy's answer can have changed."""
    parts = [tool, command.replace(str(ROOT), ".")]
    for path in includes.closure(source, project_folders(command)):
        parts.append(f"{os.path.relpath(path, ROOT)} {digest(path)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Cache:
    """Keys of files that passed; without a folder it knows none."""

    def __init__(self, folder):
        self.folder = Path(folder) if folder else None
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            for entry in self.folder.iterdir():
                if entry.stat().st_mtime < time.time() - KEPT_DAYS * 86400:
                    entry.unlink(missing_ok=True)

    def knows(self, key):
        known = self.folder is not None and (self.folder / key).exists()
        if known:
            self.add(key)
        return known

    def add(self, key):
        if self.folder:
            (self.folder / key).touch()


def default_cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "phiscope" / "tidy"
