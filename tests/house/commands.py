#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every command that a page or a --help shows, given to the real program:  commands.py SOURCE_DIR BIN_DIR

A command of extract whose inputs are in the repository runs with --dry-run. Any other command of ours is parsed: it
gets empty files in place of what earlier commands make, and must say of one of these what is wrong with it (exit 1),
not that it was called wrongly (exit 2). Verbs of ./dev, scripts, their options, and options named in the prose exist.
Exit code 77: skipped, because no program is built.
"""
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import pages

PROGRAMS = ["extract", "analyze-loo", "analyze-phiid", "analyze-ablation", "analyze-patching", "analyze-steps",
            "analyze-sampling", "analyze-metric", "analyze-all", "judge"]
DRY = ["activations", "loo", "phiid", "ablate", "patching", "steps", "sampling"]
# What a reader has, by the name that the pages give it.
READERS = {"MODEL": "datasets/models/words", "PROMPTS": "datasets/phiid/words.jsonl",
           "PROBLEMS": "datasets/words/problems.jsonl", "path/to/model": "datasets/models/words",
           "Qwen2.5-7B": "datasets/models/words", "i": "0",
           "SLURM_PROCID": "0", "SLURM_NTASKS": "4"}
# The model that a subcommand's MODEL is, where it is not that one.
MODELS = {"patching": "datasets/models/week", "steps": "datasets/models/week", "loo": "datasets/models/walk"}
# Options that are followed by a path to read; those that nothing follows; endings of files, as folders have none.
INPUTS = {"--texts", "--ranking", "--donors", "--interventions", "--prompts", "--problems", "--pairs", "--model", "--config",
          "--judgements", "--null-weights", "--series", "--clusters", "--groups", "--oracle", "--prompt-template",
          "--prepare", "--select"}
SWITCHES = {"--no-figures", "--dry-run", "--published", "--all-atoms", "--json", "--quick"}
FILES = {".csv", ".json", ".jsonl", ".npy", ".toml", ".txt", ".safetensors"}
BEFORE = {"exec", "do", "then", "time", "srun", "!", "{", "nohup"}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
# Options of other programs that the pages name.
FOREIGN = {"--target", "--preset", "--dependency", "--signal", "--nodes", "--ntasks", "--gpus-per-task", "--help",
           "--no-deps", "--test-dir", "--gpu-bind", "--install"}


@dataclasses.dataclass
class Shown:
    """A command of ours and where it is shown."""
    place: str
    words: list

    @property
    def program(self):
        return pathlib.PurePath(self.words[0]).name


def logical_lines(text, first):
    """(line number, line) with continued lines joined."""
    joined, start = "", first
    for number, line in enumerate(text.split("\n"), first):
        if not joined:
            start = number
        if line.endswith("\\"):
            joined += line[:-1].strip() + " "
            continue
        yield start, joined + line.strip()
        joined = ""


def simple_commands(line):
    """The commands of a line of shell, as lists of words; what is described after wide space is no part of it."""
    line = re.split(r"(?<=\S)\s{3,}(?=\S)", line.strip())[0]
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.wordchars += "=*@%{}[]$,:"
    lexer.whitespace_split = True
    words, skip = [], False
    for token in [*lexer, ";"]:
        if token in ("<", ">", ">>", "<<"):
            skip = True
        elif set(token) <= set(";&|()"):
            if words:
                yield words
            words = []
        elif skip:
            skip = False
        else:
            words.append(token)


def is_ours(word):
    path = pathlib.PurePath(word)
    return path.name in PROGRAMS or word in ("./dev", "dev") or re.match(r"(\./)?tools/\w+\.(py|sh)$", word)


def commands_of(place, line):
    try:
        found = list(simple_commands(line))
    except ValueError as error:
        raise ValueError(f"{place}: {error}: {line}") from None
    for words in found:
        while words and (words[0] in BEFORE or re.match(r"[A-Z_]+=", words[0]) or
                         (words[0].startswith("-") and len(words) > 1)):
            words = words[1:]
        if "-c" in words[:-1] and "bash" in words:
            yield from commands_of(place, words[words.index("-c") + 1])
        elif words and words[0].startswith("python") and len(words) > 1:
            words = words[1:]
        if words and is_ours(words[0]):
            yield Shown(place, words)


def of_page(root, path):
    name = path.relative_to(root)
    blocks, _ = pages.split(pages.text_of(path))
    for block in blocks:
        if block.language in ("", "sh", "bash", "console", "shell"):
            for number, line in logical_lines(block.text, block.line):
                if not line.lstrip().startswith("#"):
                    yield from commands_of(f"{name}:{number}", line)


def of_help(place, text):
    """The commands after "Example:"; a line that does not begin with a program continues the one before."""
    lines = []
    for line in text.partition("\nExample:\n")[2].splitlines():
        if line.split()[0] in PROGRAMS:
            lines.append(line.strip())
        else:
            lines[-1] += " " + line.strip()
    for line in lines:
        yield from commands_of(place, line)


class Judge:
    """Gives commands to the programs, in a folder of its own."""

    def __init__(self, root, bin_dir, folder):
        self.root, self.bin, self.folder = root, bin_dir, folder
        self.helps = {}
        self.skipped = set()

    def has(self, program):
        return (self.bin / program).exists()

    def run(self, words, cwd):
        environment = {**os.environ, "SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_MIN": "0",
                       "SLURM_ARRAY_TASK_MAX": "3", "SLURM_ARRAY_TASK_COUNT": "4", "OMP_NUM_THREADS": "1"}
        environment.pop("OPENROUTER_API_KEY", None)
        return subprocess.run([self.bin / words[0], *words[1:]], cwd=cwd, env=environment, text=True,
                              capture_output=True, timeout=300)

    def help(self, *words):
        if words not in self.helps:
            self.helps[words] = self.run([*words, "--help"], self.folder).stdout
        return self.helps[words]

    def subcommands(self, program):
        """None of a program that has none."""
        section = self.help(program).partition("\nCommands (")[2].partition("\n\n")[0]
        return re.findall(r"^  ([a-z-]+) ", section, re.M)

    def options(self, *words):
        return set(OPTION.findall(self.help(*words)))

    def fault(self, shown):
        """What is wrong with a command; empty: nothing."""
        if shown.program == "dev":
            return self.dev_fault(shown.words)
        if shown.words[0].endswith((".py", ".sh")):
            return self.script_fault(shown.words)
        if not self.has(shown.program):
            self.skipped.add(shown.program)
            return ""
        return self.program_fault([shown.program, *shown.words[1:]])

    def dev_fault(self, words):
        usage = (self.root / "dev").read_text()
        if len(words) > 1 and not re.search(rf"^  {re.escape(words[1])}\s", usage, re.M) and words[1] != "VERB":
            return f"./dev has no verb {words[1]}"
        return next((f"./dev has no option {word}" for word in words[2:] if word.startswith("--") and
                     not re.search(rf"^  {re.escape(word)}\s", usage, re.M)), "")

    def script_fault(self, words):
        path = self.root / words[0]
        if not path.exists():
            return f"no file {words[0]}"
        text = path.read_text()
        return next((f"{words[0]} has no option {word}" for word in words[1:]
                     if word.startswith("--") and f'"{word.split("=")[0]}"' not in text), "")

    def program_fault(self, words):
        subcommand = words[1] if words[0] in ("extract", "analyze-metric") and len(words) > 1 else ""
        known = (words[0], subcommand) if subcommand and not subcommand.startswith("-") else (words[0],)
        if len(known) == 2 and subcommand.isupper():
            return ""  # "NAME": any of them
        if len(known) == 2 and not re.search(rf"^  {re.escape(subcommand)} ", self.help(words[0]), re.M):
            return f"{words[0]} has no subcommand {subcommand}"
        for word in words[1:]:
            if word.startswith("--") and word.split("=")[0] not in self.options(*known):
                return f"{' '.join(known)} has no option {word}"
        if "..." in words or len(words) <= len(known):
            return ""
        with tempfile.TemporaryDirectory(dir=self.folder) as here:
            return self.parse_fault(words, subcommand, pathlib.Path(here))

    def parse_fault(self, words, subcommand, here):
        for name in ("datasets", "docs", "tests", "examples"):
            (here / name).symlink_to(self.root / name)
        given = [self.readers(word, subcommand) for word in words[1:]]
        given = ["cpu" if before == "--device" else word for before, word in zip(["", *given], given)]
        made = []
        for before, word in zip(["", *given], given):
            missing = [part for part in word.split(",") if part.startswith(("datasets/", "docs/", "tests/")) and
                       not (here / part).exists()]
            if missing:
                return f"no file {missing[0]}"
            if not word.startswith("-") and self.is_made(before, word, subcommand, here):
                made.append(word)
                place = here / word
                place.parent.mkdir(parents=True, exist_ok=True)
                if place.suffix in FILES:
                    place.touch()
                else:
                    place.mkdir(exist_ok=True)
        out = here / given[given.index("--out") + 1] if "--out" in given[:-1] else here
        if out != here and out.is_dir():  # what lies there was put beside a report
            (out / "files.json").write_text('{"schema": "phiscope-report/1", "files": []}')
        more = []
        if words[0] == "extract" and subcommand in DRY and not made and "--prepare" not in given:
            more = ["--dry-run"]
        if words[0] == "judge":
            more = ["--offline"]  # no command asks anybody
        if subcommand and "--out" not in given and "--out" in self.options(words[0], subcommand):
            more += ["--out", "out"]  # where only the other options are the point
        done = self.run([words[0], *given, *more], here)
        said = (done.stderr.strip() or done.stdout.strip()).replace("Run with --help for more information.", "").strip()
        if done.returncode == 0 or (done.returncode == 1 and any(name in said for name in made)):
            return ""
        return f"exit {done.returncode}: {said[-400:]}"

    @staticmethod
    def readers(word, subcommand):
        word = re.sub(r"\$\{?(\w+)\}?", lambda match: match[1] if match[1] not in READERS else READERS[match[1]], word)
        found = READERS.get(word, word)
        return MODELS.get(subcommand, found) if found == READERS["MODEL"] and word != found else found

    @staticmethod
    def is_made(before, word, subcommand, here):
        """Whether a word names something that the reader or an earlier command makes."""
        if word == subcommand or (here / word).exists():
            return False
        return before in INPUTS or not before.startswith("-") or before in SWITCHES


def prose_options(root):
    """(place, option) of every option in the inline code of a page."""
    for path in pages.paths(root):
        if path.relative_to(root).parts[0] in ("docs", "README.md", "CONTRIBUTING.md", "metrics", "analyze"):
            for number, line in enumerate(pages.split(path.read_text())[1].split("\n"), 1):
                for code in re.findall(r"`([^`]+)`", line):
                    for option in OPTION.findall(code):
                        yield f"{path.relative_to(root)}:{number}", option


def known_options(root, judge):
    """All options of programs, ./dev and the scripts."""
    known = set(FOREIGN) | set(re.findall(r"^  (--[a-z-]+)", (root / "dev").read_text(), re.M))
    for program in PROGRAMS:
        if judge.has(program):
            known |= judge.options(program)
            for subcommand in judge.subcommands(program):
                known |= judge.options(program, subcommand)
    for folder in ("tools", "bench", "tests/calibrate", "tests/house"):
        for path in (root / folder).glob("*.py"):
            known |= set(re.findall(r'"(--[a-z0-9-]+)"', path.read_text()))
    return known


def main():
    root, bin_dir = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    if not any((bin_dir / program).exists() for program in PROGRAMS):
        print(f"skipped: no programs in {bin_dir}")
        return 77
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        judge = Judge(root, bin_dir, pathlib.Path(folder))
        shown = [command for path in pages.paths(root) + pages.paths(root, ".ipynb")
                 for command in of_page(root, path)]
        for program in filter(judge.has, PROGRAMS):
            shown += of_help(f"{program} --help", judge.help(program))
            for subcommand in judge.subcommands(program):
                shown += of_help(f"{program} {subcommand} --help", judge.help(program, subcommand))
        unique = {tuple(command.words): command for command in reversed(shown)}
        faults = [f"{command.place}: {' '.join(command.words)}\n    {fault}"
                  for command, fault in zip(unique.values(), pool.map(judge.fault, unique.values())) if fault]
        if not judge.skipped and all(map(judge.has, PROGRAMS)):
            known = known_options(root, judge)
            faults += [f"{place}: no program has the option {option}" for place, option in prose_options(root)
                       if option not in known]
    for fault in sorted(faults):
        print("commands: " + fault, file=sys.stderr)
    if judge.skipped:
        print(f"commands: not built, so not asked: {', '.join(sorted(judge.skipped))}")
    print(f"commands: {len(unique)} shown, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
