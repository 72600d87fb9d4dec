#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed, memory and parity of extract on a GPU against Hugging Face transformers.

    python3 bench/gpu.py --program build/release/bin/extract --device cuda:0

Makes models of random weights in the shape of published ones and lets both sides compute the same
from the same files, in the same dtype and batch, alternating A B A B in one run. Every part first
checks that both computed the same, and refuses with one line if not. The ratio of the seconds of
each round is taken first; its median (smallest .. largest) is reported: above 1 extract is faster.
Start-up and loading do not count. When all parts ran, the page docs/gpu.md is written. Exit status
1 if the parity part fails, or nothing could be measured, 2 for wrong use. Needs torch,
transformers, tokenizers and numpy, and free disk for weights and residuals (see --work).

With --quick: tiny shapes, seconds on a CPU, a test of this script that measures nothing of use.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

try:
    import numpy as np
    import tokenizers  # noqa: F401
    import torch
    import transformers
except ImportError as missing:
    sys.exit(f"gpu.py: error: {missing.name}: not installed, expected a Python with torch, "
             "transformers, tokenizers and numpy (PHISCOPE_PYTHON)")

import gpu_parity
from gpu_parts import PARTS, Ablate, Generate, KL_TOLERANCES, TOLERANCES
from gpu_sides import Extract, Failure, HuggingFace
from random_models import SHAPES, TINY_SHAPES, weight_bytes, write_model

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/gpu.md"
QUICK_GOLDEN = ("gpt2",)  # of tests/golden/models
SIZES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass
class Result:
    """One part of one shape."""

    shape: str
    part: type
    amount: tuple  # how much of what, in each run
    ours: list  # Measured of each round
    theirs: list
    found: float  # the largest difference between both sides

    def ratios(self):
        return [b.seconds / a.seconds for a, b in zip(self.ours, self.theirs)]

    def rate(self, side):
        return self.amount[0] / statistics.median(m.seconds for m in side)


def memory_text(side):
    peaks = [m.peak_bytes for m in side if m.peak_bytes is not None]
    return f"{max(peaks) / 2**30:.2f} GiB" if peaks else "not known"


def ratio_text(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} .. {max(values):.2f})"


def verdict(result):
    return "reached" if statistics.median(result.ratios()) >= result.part.goal else "missed"


def measure(extract, shape, model, options):
    """All timed parts of one shape."""
    theirs = HuggingFace(model, options.dtype, options.torch_device)
    results, texts = [], None
    for kind in PARTS:
        more = {"texts": texts} if kind is Ablate else {}
        part = kind(extract, theirs, shape, model, options.dtype, np.random.default_rng(0), **more)
        run = part.check()
        if kind is Generate:
            texts = run
        else:
            run.remove()
        ours, others = [], []
        for _ in range(options.rounds):
            ours.append(part.ours())
            others.append(part.hugging_face())
        result = Result(shape.name, kind, part.amount, ours, others, part.found)
        results.append(result)
        print(f"{shape.name}: {kind.title}: {ratio_text(result.ratios())}, goal {kind.goal}, "
              f"{verdict(result)}; difference {part.found:.2g}", flush=True)
    texts.remove()
    theirs.close()
    return results


def parity(extract, model, name, options, repeats):
    dtype = "bfloat16" if options.dtype == "float32" else options.dtype
    found = gpu_parity.compare(extract, model, name, options.torch_device, dtype,
                               repeats=1 if options.quick else repeats)
    print(f"{name}: parity: error {max(found.ratios.values()):.2f} times that of transformers in "
          f"{dtype}, {max(found.differences.values()):.1e} in float32: "
          f"{'pass' if found.passed() else 'FAIL'}", flush=True)
    return found


def check_disk(shape, folder, dtype):
    prompts, tokens = shape.work.prefill
    residuals = (prompts * tokens * (shape.layers() + 1) * shape.config["hidden_size"]
                 * SIZES[dtype])
    wanted, free = weight_bytes(shape) + 2.1 * residuals, shutil.disk_usage(folder).free
    if free < wanted:
        raise Failure(f"{folder}: {free / 1e9:.1f} GB free, expected {wanted / 1e9:.1f} GB for "
                      f"{shape.name} (another folder: --work)")


def golden_models(quick):
    names = [path.parent.name for path in ROOT.glob("tests/golden/models/*/model")]
    return [ROOT / "tests/golden/models" / name / "model"
            for name in sorted(names) if not quick or name in QUICK_GOLDEN]


def run_all(options):
    """Results of the timed parts and of the parity part."""
    timed, found = [], []
    with tempfile.TemporaryDirectory(prefix="gpu-bench-", dir=options.work) as folder:
        work = Path(folder)
        extract = Extract(options.program, options.device, work)
        for shape in options.shapes:
            check_disk(shape, work, options.dtype)
            print(f"{shape.name}: writing {weight_bytes(shape) / 1e9:.2f} GB of weights",
                  flush=True)
            model = write_model(shape, work / shape.name, options.torch_device)
            timed += measure(extract, shape, model, options)
            found.append(parity(extract, model, shape.name, options, repeats=2))
            shutil.rmtree(model)
        for model in golden_models(options.quick):
            found.append(parity(extract, model, model.parent.name, options, repeats=4))
    return timed, found


def output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def machine(options):
    """What the figures belong to, as a list of (what, value)."""
    lines = [("Date", datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
             ("Commit", output_of("git", "describe", "--always", "--dirty", "--abbrev=12")
              or "not known"),
             ("extract", Extract(options.program, options.device, None).version())]
    if options.torch_device.type == "cuda":
        about = torch.cuda.get_device_properties(options.torch_device)
        driver = output_of("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
        lines += [("Device", f"{about.name}, {about.total_memory / 2**30:.1f} GiB, "
                   f"`--device {options.device}`"),
                  ("Driver", (driver.splitlines() or ["not known"])[0]),
                  ("CUDA of torch", torch.version.cuda)]
    else:
        lines += [("Device", "CPU")]
    return lines + [("torch", torch.__version__), ("transformers", transformers.__version__)]


def timed_table(results, kind):
    mine = [r for r in results if r.part is kind]
    unit = mine[0].amount[1]
    lines = [f"## {kind.title[0].upper()}{kind.title[1:]}", "",
             f"| shape | {unit} | extract, {unit}/s | transformers, {unit}/s | ratio (range) "
             "| goal | peak device memory, extract | transformers | largest difference |",
             "|---|---|---|---|---|---|---|---|---|"]
    for r in mine:
        lines.append(f"| {r.shape} | {r.amount[0]} | {r.rate(r.ours):.4g} | {r.rate(r.theirs):.4g} "
                     f"| {ratio_text(r.ratios())} | {kind.goal}: {verdict(r)} "
                     f"| {memory_text(r.ours)} | {memory_text(r.theirs)} | {r.found:.2g} |")
    return [*lines, ""]


def parity_tables(found, dtype):
    def table(value, bound):
        lines = ["| model | family | " + " | ".join(f"`{h}`" for h in gpu_parity.HOOKS) + " | |",
                 "|---|---|" + "---|" * (len(gpu_parity.HOOKS) + 1)]
        for p in found:
            values = getattr(p, value)
            shown = ".2f" if value == "ratios" else ".1e"
            cells = [f"{values[h]:{shown}}" if h in values else "–" for h in gpu_parity.HOOKS]
            passed = bound is None or max(values.values()) <= bound
            lines.append(f"| {p.model} | {p.family} | " + " | ".join(cells)
                         + f" | {'' if bound is None else 'pass' if passed else 'FAIL'} |")
        return [*lines, ""]

    return [f"## Parity in {dtype}", "",
            "Error of a prompt: the largest relative L2 error of a position, over positions and "
            "layers, against transformers in float32 on the same device. Shown is extract's error "
            f"divided by that of transformers in {dtype} on the same prompt (eager attention), the "
            f"median over prompts; at most {gpu_parity.MOST_RATIO}.", "",
            *table("ratios", gpu_parity.MOST_RATIO),
            "The errors of extract themselves, medians over prompts:", "",
            *table("errors", None),
            "## Parity in float32", "",
            "Largest scaled difference over the prompts, max\\|a - b\\| / max(1, max\\|b\\|), at "
            f"most {gpu_parity.MOST_DIFFERENCE:.0e}.", "",
            *table("differences", gpu_parity.MOST_DIFFERENCE)]


def page(options, timed, found):
    of_residuals, of_kl = TOLERANCES[options.dtype], KL_TOLERANCES[options.dtype]
    lines = ["# extract on a GPU", ""]
    if options.selftest:
        lines = ["# Self-test of bench/gpu.py: no measurement", "",
                 f"Tiny shapes on {'a CPU' if options.torch_device.type == 'cpu' else 'a GPU'}. "
                 "The figures below say that the script runs, nothing about speed.", ""]
    lines += [f"- {what}: {value}" for what, value in machine(options)]
    lines += ["", f"Made by `{options.command}`. Random weights; {options.dtype} on both sides, "
              f"transformers with sdpa attention; {options.rounds} rounds, alternating. A ratio is "
              "seconds of transformers / seconds of extract: above 1 extract is faster. Loading "
              "and start-up do not count on either side. Each run of extract is a new process, "
              "whose first kernels count, and its time holds hashing its files and flushing them "
              "to disk; transformers was warm, and its time holds `np.save` without either. Memory "
              "holds the weights. Both sides were checked to compute the same before the clock "
              "ran: relative L2 error of a residual or norm vector at most "
              f"{of_residuals[2]:g}, the median of any layer at most {of_residuals[0]:g}; "
              f"divergences within {of_kl[0]:g} of their value and {of_kl[1]:g} nats.", ""]
    for kind in PARTS:
        lines += timed_table(timed, kind)
    return "\n".join(lines + parity_tables(
        found, "bfloat16" if options.dtype == "float32" else options.dtype))


def write_atomically(path, text):
    part = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        part.write_text(text)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Failure(f"{path}: {error.strerror}") from None


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"gpu.py: error: {message}\n")


def parse():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build/release/bin/extract")
    parser.add_argument("--device", default="cuda:0", help="cuda[:i], or cpu with --quick")
    parser.add_argument("--dtype", choices=list(TOLERANCES), default="bfloat16")
    parser.add_argument("--shapes", help="comma-separated: " + ",".join(SHAPES) + " (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of A, B (default 3)")
    parser.add_argument("--out", type=Path, help="the page (default docs/gpu.md)")
    parser.add_argument("--work", type=Path, help="folder for weights and runs, removed at the end "
                        "(default: the system's for temporary files)")
    parser.add_argument("--quick", action="store_true", help="tiny shapes: a test of this script")
    return check(parser, parser.parse_args())


def check(parser, options):
    """Refuses what cannot work before anything is made."""
    if not re.fullmatch(r"cpu|cuda(:\d+)?", options.device):
        parser.error(f"--device: found '{options.device}', expected cuda[:i], or cpu with --quick")
    known = TINY_SHAPES if options.quick else SHAPES
    names = options.shapes.split(",") if options.shapes else list(known)
    for name in names:
        if name not in known:
            parser.error(f"--shapes: found '{name}', expected some of {','.join(known)}")
    if options.rounds < 1:
        parser.error(f"--rounds: found {options.rounds}, expected at least 1")
    if options.device == "cpu" and not options.quick:
        parser.error("--device cpu: expected together with --quick, as there is no GPU to measure")
    options.selftest = options.quick
    if options.selftest and options.out and options.out.resolve() == PAGE:
        parser.error("--out docs/gpu.md: holds figures of a GPU, expected another file for --quick")
    options.out = options.out or (None if options.selftest else PAGE)
    if options.out and not options.out.resolve().parent.is_dir():
        parser.error(f"--out: no folder {options.out.parent}")
    if options.work and not options.work.is_dir():
        parser.error(f"--work: no folder {options.work}")
    if not os.access(options.program, os.X_OK) or options.program.is_dir():
        raise Failure(f"{options.program}: no such program (./dev build makes it)")
    options.program = options.program.resolve()
    options.torch_device = torch.device(options.device)
    if options.torch_device.type == "cuda":
        index = options.torch_device.index or 0
        if index >= torch.cuda.device_count():
            raise Failure(f"--device {options.device}: torch {torch.__version__} sees "
                          f"{torch.cuda.device_count()} CUDA devices")
        torch.cuda.set_device(index)
    else:
        torch.set_num_threads(1)  # as extract does for models as small
    options.shapes = [known[name] for name in names]
    options.command = (f"python3 bench/gpu.py --device {options.device} --dtype {options.dtype} "
                       f"--shapes {','.join(names)} --rounds {options.rounds}"
                       + (" --quick" if options.quick else ""))
    return options


def main():
    try:
        options = parse()
        transformers.utils.logging.disable_progress_bar()
        transformers.utils.logging.set_verbosity_error()
        torch.set_float32_matmul_precision("highest")  # no TF32
        timed, found = run_all(options)
        if options.out:
            write_atomically(options.out, page(options, timed, found))
            print(f"{options.out} written")
        else:
            print("docs/gpu.md not written: this was a self-test, no measurement of a GPU")
    except Failure as error:
        print(f"gpu.py: error: {error}", file=sys.stderr)
        return 1
    except torch.OutOfMemoryError as error:
        print(f"gpu.py: error: transformers: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0 if all(p.passed() for p in found) else 1


if __name__ == "__main__":
    sys.exit(main())
