#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Walls between folders: every include of every source against the list in rooms.txt.

rooms.py SOURCE_DIR              what is forbidden, and whether some forbidden includes would be seen
rooms.py SOURCE_DIR --compile B  the same ones, given to the compiler with the paths of build folder B
rooms.py SOURCE_DIR --table      folders, sources and arrows
"""
import json
import pathlib
import re
import subprocess
import sys

LIBRARIES = [  # beginning of an include, library
    ("Eigen/", "Eigen"), ("unsupported/Eigen/", "Eigen"), ("xtensor", "xtensor"), ("nlohmann/", "json"), ("openssl/", "OpenSSL"), ("CLI/", "CLI11"),
    ("toml++/", "toml++"), ("torch/", "LibTorch"), ("ATen/", "LibTorch"), ("c10/", "LibTorch"), ("pcre2", "PCRE2"),
    ("utf8proc", "utf8proc"), ("curl/", "libcurl"), ("cuda", "CUDA"), ("CL/", "OpenCL"), ("catch2/", "Catch2"), ("benchmark/", "Benchmark")]
# A file, and what it may not include: experiment to experiment, upward, across the two programs.
FORBIDDEN = [
    ("analyze/loo/report.cpp", "phiid/analysis/options.hpp"),
    ("analyze/loo/analysis/measure.cpp", "loo/tables.hpp"),
    ("analyze/sampling/input/paths.cpp", "sampling/analysis/flips.hpp"),
    ("analyze/shard/plan.cpp", "figure/table.hpp"),
    ("analyze/shard/text/csv.cpp", "shard/plan.hpp"),
    ("analyze/figure/figure.cpp", "report/analysis.hpp"),
    ("analyze/report/write.cpp", "loo/analysis/analysis.hpp"),
    ("analyze/report/page.cpp", "judge/server.hpp"),
    ("extract/files/pairs.cpp", "report/folder.hpp"),
    ("extract/inspect/inspect.cpp", "loo/plan.hpp"),
    ("extract/plan/plan.hpp", "files/model/config.hpp")]
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)


def read_rules(path):
    rules = {}
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            rules[words[0]] = set(words[1:])
    return rules


def room_of(path, rules):
    """The longest listed folder that the path lies in."""
    parts = path.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        if "/".join(parts[:length]) in rules:
            return "/".join(parts[:length])
    return None


def target_of(root, file, include, rules):
    """Room or library of an include; None for std and the system."""
    if include.startswith("phiscope/"):
        return room_of("metrics/" + include, rules)
    for begin, library in LIBRARIES:
        if include.startswith(begin):
            return library
    top = file.split("/")[0]
    # In its own program first: both have folders named after the experiments.
    for base in (top, "analyze", "extract"):
        if (root / base / include).exists() or (root / base / (include + ".in")).exists():
            return room_of(f"{base}/{include}", rules)
    if (root / pathlib.Path(file).parent / include).exists():
        return room_of(file, rules)
    if "/" not in include or include.split("/")[0] in ("sys", "linux", "bits"):
        return None
    return f"unknown:{include}"


def allowed(room, target, rules):
    # What lies in a room below belongs to it: the analysis of an experiment to its report. Not the other way round.
    return target is None or any(target == seen or target.startswith(seen + "/") for seen in {room, *rules[room]})


def sources(root):
    for top in ("metrics/phiscope", "analyze", "extract"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".hpp", ".cpp", ".cu", ".cuh"):
                yield str(path.relative_to(root))


def arrows(root, rules):
    for file in sources(root):
        room = room_of(file, rules)
        if room is None:
            yield file, None, None
            continue
        for include in INCLUDE.findall((root / file).read_text()):
            yield file, room, target_of(root, file, include, rules)


def check(root, rules):
    faults = []
    for file, room, target in arrows(root, rules):
        if room is None:
            faults.append(f"{file}: its folder is not in rooms.txt")
        elif not allowed(room, target, rules):
            faults.append(f"{file}: {room} may not include {target}")
    for file, include in FORBIDDEN:
        target = target_of(root, file, include, rules)
        if target is None or allowed(room_of(file, rules), target, rules):
            faults.append(f"{file}: including {include} would not be seen")
    faults += circles(root, rules)
    return faults


def circles(root, rules):
    edges = {}
    for _, room, target in arrows(root, rules):
        if room and target in rules and target != room and "metrics" not in room:
            edges.setdefault(room, set()).add(target)
    faults, done = [], set()

    def visit(room, path):
        if room in path:
            faults.append("circle: " + " -> ".join(path[path.index(room):] + [room]))
            return
        if room in done:
            return
        for next_room in sorted(edges.get(room, ())):
            visit(next_room, path + [room])
        done.add(room)

    for room in sorted(edges):
        visit(room, [])
    return faults


def check_compiler(root, build):
    """Includes that are forbidden are not found: no target exports a neighbour's folder."""
    commands = json.loads((build / "compile_commands.json").read_text())
    faults, tried = [], 0
    for file, include in FORBIDDEN:
        folder = str(pathlib.Path(file).parent)
        own = [c for c in commands if c["command"].split(" -o ")[1].startswith(folder + "/CMakeFiles")]
        if not own:
            continue  # a folder of headers alone has no command
        words = own[0]["command"].split()
        paths = []
        for word, following in zip(words, words[1:]):
            if word == "-isystem":
                paths += [word, following]
            elif word.startswith(("-I", "-std=", "-march=", "-D")):
                paths.append(word)
        compiler = words[1] if words[0].endswith("ccache") else words[0]

        def found(text):
            return subprocess.run([compiler, *paths, "-E", "-x", "c++", "-"], input=f'#include "{text}"\n', text=True,
                                  cwd=own[0]["directory"], capture_output=True)
        if found(f"{pathlib.Path(folder).name}/{pathlib.Path(file).stem}.hpp").returncode != 0:
            faults.append(f"{file}: its own header is not found, so the test would see nothing")
        if found(include).returncode == 0:
            faults.append(f"{file}: the compiler finds {include}")
        tried += 1
    if tried < 6:
        faults.append(f"only {tried} of {len(FORBIDDEN)} forbidden includes could be tried")
    return faults


def table(root, rules):
    counts, targets, folders = {}, {}, {}
    for file in sources(root):
        is_source = file.endswith((".cpp", ".cu"))
        counts.setdefault(room_of(file, rules), [0, 0])[is_source] += 1
        folder = str(pathlib.Path(file).parent)
        folders[folder] = folders.get(folder, 0) + is_source
    for _, room, target in arrows(root, rules):
        if target and target != room:
            targets.setdefault(room, set()).add(target)
    print(f"{'folder':26} {'headers':>7} {'sources':>7}  includes")
    for room in sorted(counts):
        print(f"{room:26} {counts[room][0]:7} {counts[room][1]:7}  {' '.join(sorted(targets.get(room, ())))}")
    inside = sum(len([t for t in names if t in rules]) for names in targets.values())
    print(f"{len(counts)} folders, {inside} arrows between them, {len(circles(root, rules))} circles; "
          f"most sources in one folder: {max(folders.values())} ({max(folders, key=folders.get)})")


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    rules = read_rules(root / "tests/house/rooms.txt")
    if "--table" in sys.argv:
        table(root, rules)
        return 0
    faults = (check_compiler(root, pathlib.Path(sys.argv[3])) if "--compile" in sys.argv else check(root, rules))
    for fault in faults:
        print("rooms: " + fault, file=sys.stderr)
    if not faults:
        print("rooms: all walls hold")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
