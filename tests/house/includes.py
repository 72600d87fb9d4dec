#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does every source find its headers where no CUDA compiler is?   includes.py SOURCE_DIR BUILD_DIR WORK_DIR

Configures the project as BUILD_DIR is, but without CUDA kernels, and follows the quoted includes of every source with the
folders of its command. Compiling would say the same and take a quarter of an hour: a build with CUDA links a library
that brings a folder along, and hides that nobody else asked for it.
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

QUOTED = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
KEPT = ["CMAKE_CXX_COMPILER", "TORCH_ROOT", "CMAKE_PREFIX_PATH"]


def configure(source, build, work):
    cache = dict(re.findall(r"^(\w+):\w+=(.+)$", (build / "CMakeCache.txt").read_text(), re.M))
    command = ["cmake", "-S", source, "-B", work, "-G", "Ninja", "-DPHISCOPE_CUDA=OFF", "-DCMAKE_BUILD_TYPE=Release",
               "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *(f"-D{name}={cache[name]}" for name in KEPT if name in cache)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"includes: cmake failed without CUDA:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads((work / "compile_commands.json").read_text())


def folders_of(entry):
    """Folders that the compiler looks through, in order."""
    words, found = shlex.split(entry["command"]), []
    for word, after in zip(words, words[1:] + [""]):
        if word in ("-I", "-isystem"):
            found.append(after)
        elif word.startswith("-I"):
            found.append(word[2:])
    return [pathlib.Path(entry["directory"], folder) for folder in found]


class Finder:
    """Follows includes with one list of folders."""

    def __init__(self, folders):
        self.folders, self.seen, self.missing = folders, set(), set()

    def follow(self, file):
        real = os.path.realpath(file)
        if real in self.seen:
            return
        self.seen.add(real)
        for name in QUOTED.findall(pathlib.Path(file).read_text(errors="replace")):
            place = next((p for p in (folder / name for folder in [pathlib.Path(file).parent, *self.folders]) if p.exists()),
                         None)
            if place is None:
                self.missing.add(f'{file}: no "{name}" in the folders of its library')
            elif "/site-packages/" not in str(place) and not str(place).startswith("/usr/"):
                self.follow(place)


def main():
    source, build, work = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    missing, files = set(), 0
    for entry in configure(source, build, work):
        if "/_deps/" in entry["file"]:
            continue
        finder = Finder(folders_of(entry))
        finder.follow(pathlib.Path(entry["directory"], entry["file"]))
        missing |= finder.missing
        files += len(finder.seen)
    for line in sorted(missing):
        print(f"includes: {line}", file=sys.stderr)
    print(f"includes: {files} files looked through, {len(missing)} headers missing")
    return 1 if missing or files < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
