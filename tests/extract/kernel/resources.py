#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the CUDA kernels take of a multiprocessor, against resources.txt. Compiles each as the build does, for every
architecture of the build: nothing may be spilled or have a stack frame, and registers and shared memory stay below
the limits, on which the number of threads depends that hide the latency of memory."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ENTRY = re.compile(
    r"Compiling entry function '(?P<symbol>\S+)'.*?\n.*?Function properties.*?\n"
    r"\s*(?P<stack>\d+) bytes stack frame, (?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads\n"
    r".*?Used (?P<registers>\d+) registers(?P<rest>.*)")


def limits(file):
    """Registers and bytes of shared memory, by kernel."""
    found = {}
    for line in file.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, registers, shared = line.split()
        found[name] = (int(registers), int(shared))
    return found


def report(nvcc, include, source, architecture):
    with tempfile.TemporaryDirectory() as folder:
        command = [nvcc, "-std=c++17", "-O3", "-DNDEBUG", "--fmad=false", "-cubin", f"-arch=sm_{architecture}",
                   "-Xptxas", "-v", "-I", include, "-o", pathlib.Path(folder) / "x.cubin", source]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{source}, sm_{architecture}: {done.stderr.strip()}")
    return done.stderr


def kernel_of(symbol, names):
    """The kernel of a mangled name: its length stands before it."""
    found = [name for name in names if f"{len(name)}{name}" in symbol]
    return found[0] if len(found) == 1 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nvcc")
    parser.add_argument("sources", type=pathlib.Path, help="extract")
    parser.add_argument("architectures", help="80,90,...")
    arguments = parser.parse_args()
    version = subprocess.run([arguments.nvcc, "--version"], capture_output=True, text=True, check=True).stdout
    if "release 13." not in version:  # another compiler spends registers otherwise
        print("skipped: the limits are those of nvcc 13, which ./dev setup --cuda installs")
        sys.exit(77)
    allowed = limits(pathlib.Path(__file__).with_name("resources.txt"))
    jobs = [(source, architecture) for source in sorted(arguments.sources.glob("kernel/cuda/*.cu"))
            for architecture in arguments.architectures.split(",")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        reports = list(pool.map(lambda job: report(arguments.nvcc, arguments.sources, *job), jobs))
    most = {name: (0, 0) for name in allowed}
    problems = []
    instances = 0
    for (source, architecture), text in zip(jobs, reports):
        for entry in ENTRY.finditer(text):
            instances += 1
            name = kernel_of(entry["symbol"], allowed)
            where = f"{source.name}, sm_{architecture}: {entry['symbol']}"
            if name is None:
                problems.append(f"{where} is not in resources.txt")
                continue
            shared = re.search(r"(\d+) bytes smem", entry["rest"])
            taken = (int(entry["registers"]), int(shared[1]) if shared else 0)
            most[name] = tuple(map(max, most[name], taken))
            if any(int(entry[what]) > 0 for what in ("stack", "stores", "loads")):
                problems.append(f"{where}: {entry['stack']} bytes of stack, {entry['stores']} and {entry['loads']} "
                                "spilled, expected 0")
            for what, number, limit in zip(("registers", "bytes of shared memory"), taken, allowed[name]):
                if number > limit:
                    problems.append(f"{where}: {number} {what}, expected at most {limit}")
        if "Compiling entry function" in text and text.count("Compiling entry") != len(ENTRY.findall(text)):
            problems.append(f"{source.name}, sm_{architecture}: a report of ptxas that is not understood")
    for name, (registers, shared) in most.items():
        print(f"{name} {registers} {shared}")
        if registers == 0:
            problems.append(f"{name}: in resources.txt but not compiled")
    print(f"{instances} instances of {len(most)} kernels on sm_{arguments.architectures}")
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
