#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Links between pages, and examples that a parser can judge:  links.py SOURCE_DIR

Every relative link of a markdown file or notebook leads to a file of the repository, and to a heading where it names
one. Blocks of JSON and Python parse. Notebooks are committed without outputs. Addresses of other hosts are not fetched.
"""
import ast
import json
import pathlib
import re
import sys

import pages

LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)", re.M)


def link_faults(root, path):
    prose = re.sub(r"`[^`\n]*`", "", pages.split(pages.text_of(path))[1])
    for match in LINK.finditer(prose):
        target = match[1] or match[2]
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists():
            yield f"link to {target}: no such file"
        elif not goal.is_relative_to(root):
            yield f"link to {target}: outside the repository"
        elif anchor and goal.suffix in (".md", ".ipynb") and anchor not in pages.anchors(pages.text_of(goal)):
            yield f"link to {target}: no heading of that name"


def parses_as_json(text):
    """The whole, or every line: prompt files are shown as they are."""
    try:
        json.loads(text)
    except ValueError:
        try:
            for line in text.splitlines():
                json.loads(line)
        except ValueError as error:
            return str(error)
    return ""


def block_faults(path):
    for block in pages.split(pages.text_of(path))[0]:
        fault = ""
        if block.language in ("json", "jsonl"):
            fault = parses_as_json(block.text)
        elif block.language in ("python", "py"):
            try:
                ast.parse(block.text)
            except SyntaxError as error:
                fault = str(error)
        if fault:
            yield f"line {block.line}: {block.language}: {fault}"


def output_faults(path):
    """A notebook's outputs are made by whoever runs it: committed ones would be of an older revision."""
    for number, cell in enumerate(json.loads(path.read_text())["cells"]):
        if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"] is not None):
            yield f"cell {number} has outputs; strip them"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    every = pages.paths(root) + pages.paths(root, ".ipynb")
    faults = []
    for path in every:
        try:
            found = [*link_faults(root, path), *block_faults(path)]
            if path.suffix == ".ipynb":
                found += output_faults(path)
        except ValueError as error:
            found = [str(error)]
        faults += [f"{path.relative_to(root)}: {fault}" for fault in found]
    for fault in faults:
        print("links: " + fault, file=sys.stderr)
    if not every:
        sys.exit(f"links: no pages in {root}")
    if not faults:
        print(f"links: all lead somewhere ({len(every)} pages)")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
