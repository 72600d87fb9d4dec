# SPDX-License-Identifier: MIT
"""The pages of the repository: markdown files and notebooks as blocks of code, prose and anchors."""
import dataclasses
import json
import re

# Made by programs, or of other projects.
LEFT_OUT = {"build", ".venv", "demo", ".git", ".ci", "__pycache__"}
FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})\s*([\w+-]*)\s*$")


@dataclasses.dataclass
class Block:
    """A fenced block of code, and the line of the page where it begins."""
    language: str
    text: str
    line: int


def paths(root, suffix=".md"):
    """All files of that kind, sorted."""
    found = []
    for path in root.rglob("*" + suffix):
        if not LEFT_OUT & set(path.relative_to(root).parts):
            found.append(path)
    return sorted(found)


def text_of(path):
    """A page as markdown; of a notebook its markdown cells."""
    text = path.read_text()
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def split(text):
    """(blocks, prose): the fenced blocks, and the page with blank lines in their place."""
    blocks, prose, open_block, fence = [], [], None, ""
    for number, line in enumerate(text.split("\n"), 1):
        match = FENCE.match(line)
        if open_block is None and match:
            open_block, fence = Block(match[3], "", number + 1), match[2]
        elif open_block is not None and match and match[2].startswith(fence) and not match[3]:
            blocks.append(open_block)
            open_block = None
        elif open_block is not None:
            open_block.text += line + "\n"
        prose.append(line if open_block is None and not match else "")
    if open_block is not None:
        raise ValueError(f"line {open_block.line - 1}: a block of code that does not end")
    return blocks, "\n".join(prose)


def anchors(text):
    """The names that a link can give after #, made of the headings as GitHub makes them."""
    found = set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", split(text)[1], re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        name, count = slug, 0
        while name in found:
            count += 1
            name = f"{slug}-{count}"
        found.add(name)
    return found
