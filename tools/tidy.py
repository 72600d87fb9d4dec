#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clang-tidy on the files that changed since they last passed.

    tools/tidy.py --program clang-tidy --build FOLDER [--jobs N] [--cache FOLDER] FILE... [-- OPTION...]

A file that passed once passes again unread if nothing that clang-tidy sees has changed: the file, the
project's headers that it includes (directly or through others), .clang-tidy, clang-tidy's version and
OPTIONs, the compile command, and the versions of the installed -dev packages. The SHA-256 of all these
names an empty file in the cache, by default phiscope/tidy in XDG_CACHE_HOME or ~/.cache. Paths below the
project's root count relative to it, so that clones share the cache. FOLDER holds compile_commands.json.

Where many files are unknown (no cache yet, or --cache ''), up to 8 of a target are joined in one, because
parsing and checking their common headers takes most of the time; if such a group does not pass, its files
are checked one by one, and only that decides. Exit status 1 if clang-tidy reports anything.
"""

import argparse
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from tidy_cache import ROOT, Cache, Includes, default_cache, digest, key

GROUP_SIZE = 8
GROUPED_FROM = 24  # unknown files; fewer are checked one by one, which also shows that each stands alone


def output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


class Tidy:
    """clang-tidy with its options, on single files or on several joined in one."""

    def __init__(self, program, build, options, commands):
        self.program, self.build, self.options, self.commands = program, build, options, commands

    def passes(self, file, build=None, more=()):
        run = subprocess.run([self.program, "--quiet", "-p", str(build or self.build), *self.options,
                              *more, str(file)], capture_output=True, text=True, check=False)
        return run.returncode == 0, run.stdout or run.stderr

    def targets(self, files):
        """Lists of files whose commands differ in nothing but the file."""
        lists = {}
        for file in files:
            words = shlex.split(self.commands.get(file, ""))
            common = " ".join(word for word in words if file.name not in word)
            lists.setdefault(common or file, []).append(file)
        return lists.values()

    def joined_passes(self, number, files):
        folder = self.build.resolve() / "tidy" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        joined = folder / "joined.cpp"
        joined.write_text("\n".join(file.read_text() for file in files))
        command = self.commands[files[0]].replace(str(files[0]), str(joined))
        (folder / "compile_commands.json").write_text(json.dumps(
            [{"directory": str(self.build.resolve()), "file": str(joined), "command": command}]))
        folders = sorted({f"--extra-arg=-iquote{file.parent}" for file in files})
        return self.passes(joined, folder, folders)[0]

    def report(self, number, files):
        """What clang-tidy says of each file that does not pass."""
        if len(files) > 1 and self.joined_passes(number, files):
            return {}
        answers = {file: self.passes(file) for file in files}
        return {file: text for file, (passed, text) in answers.items() if not passed}


def parsed(arguments):
    options = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, options = arguments[:at], arguments[at + 1:]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--cache", default=str(default_cache()))
    parser.add_argument("files", nargs="+", type=lambda name: Path(name).resolve())
    return parser.parse_args(arguments), options


def main():
    given, options = parsed(sys.argv[1:])
    entries = json.loads((given.build / "compile_commands.json").read_text())
    commands = {Path(entry["directory"], entry["file"]): entry["command"] for entry in entries}
    # clang-tidy infers the command of a file that is not built from the others.
    inferred = " ".join(sorted(set(commands.values())))
    version = "\n".join([output_of(given.program, "--version"), *options, digest(ROOT / ".clang-tidy"),
                         output_of("dpkg-query", "-W", "*-dev", "catch2")])
    includes = Includes()
    keys = {file: key(file, commands.get(file, inferred), version, includes) for file in given.files}
    cache = Cache(given.cache)
    unknown = [file for file in given.files if not cache.knows(keys[file])]

    tidy = Tidy(given.program, given.build, options, commands)
    size = GROUP_SIZE if len(unknown) >= GROUPED_FROM else 1
    groups = [files[i:i + size] for files in tidy.targets(unknown) for i in range(0, len(files), size)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        for files, report in zip(groups, pool.map(tidy.report, range(len(groups)), groups)):
            for file in files:
                if file not in report:
                    cache.add(keys[file])
            failed += len(report)
            sys.stdout.write("".join(report.values()))
    if failed:
        sys.exit(f"tidy: clang-tidy reported problems in {failed} files (above)")
    print(f"tidy: {len(keys)} files, {len(keys) - len(unknown)} of them unchanged since they last passed")


if __name__ == "__main__":
    main()
