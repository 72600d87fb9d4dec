#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the comments of the headers into the docstrings of the module: docstrings.py HEADERS OUTPUT.cpp

A function or struct is found by its name, a member as "Struct.member"; the second of two overloads has the
name "function#2". Comments that only say "The same for arrays" belong to C++. Functions also get the members of
their options, which are keyword arguments in Python, and the names that an argument of few choices takes.
"""
import pathlib
import re
import sys

HEADINGS = {"return": "Returns", "throws": "Raises", "see": "See", "pre": "Precondition"}


def as_docstring(lines):
    """Comment lines with Doxygen's commands as sections of a docstring."""
    out, section = [], None
    for line in lines:
        command = re.match(r"@(\w+)\s*(.*)", line)
        if not command:
            out.append(("    " + line.strip()) if section and line.strip() else line.strip())
            continue
        word, rest = command.groups()
        heading = "Parameters" if word == "param" else HEADINGS.get(word, word)
        if heading != section:
            if out and out[-1]:
                out.append("")
            out.append(heading + ":")
            section = heading
        if word == "param":
            name, _, text = rest.partition(" ")
            rest = f"{name}: {text.strip()}"
        out.append("    " + rest)
    text = "\n".join(out).strip()
    for cpp, python in (("std::invalid_argument", "ValueError"), ("phiscope::", ""), ("std::span", "array"),
                        ("std::vector", "list"), ("::", ".")):
        text = text.replace(cpp, python)
    return text


def name_of(line):
    """What the declaration after a comment declares."""
    struct = re.match(r"\s*(?:struct|class|enum class) (\w+)", line)
    if struct:
        return struct.group(1)
    function = re.search(r"([A-Za-z_]\w*)\(", line)
    return function.group(1) if function else None


def enums_of(text):
    """{enum: [(enumerator, comment)]}."""
    enums = {}
    for name, body in re.findall(r"enum class (\w+)[^{;]*\{(.*?)\};", text, re.S):
        enums[name] = [(one, re.sub(r"\s*///<\s*", " ", note).strip())
                       for one, note in re.findall(r"(\w+),?[ ]*((?:\s*///<[^\n]*)*)", body)]
    return enums


def options_of(text):
    """{struct: [(type, member)]} of the structs whose name ends with Options."""
    return {name: re.findall(r"^  ([\w:]+) (\w+)(?: =[^;]*|\{\})?;", body, re.M)
            for name, body in re.findall(r"struct (\w+Options) \{(.*?)^\};", text, re.S | re.M)}


def further_lines(declaration, enums, options, docs):
    """What a function's declaration says of its options and choices."""
    lines, arguments = [], re.findall(r"(\w+)&? (\w+)(?= =|,|\))", declaration)
    for kind, _ in list(arguments):
        members = options.get(kind, [])
        arguments += members  # an option may be one of few choices too
        known = [(name, docs.get(f"{kind}.{name}")) for _, name in members]
        lines += [f"    {name}: {text}" for name, text in known if text]
    choices = []
    for kind, name in arguments:
        if kind in enums:
            shown = "; ".join(f"{one} ({note})" if note else one for one, note in enums[kind])
            choices.append(f"    {name}: {shown}")
    return (["Options:", *lines, ""] if lines else []) + (["Choices:", *choices] if choices else [])


def comments_of(path, declarations):
    """(name, docstring) of everything a header documents; the declarations of the functions go to `declarations`."""
    lines = path.read_text(encoding="utf-8").split("\n")
    comment, struct, field = [], None, None
    for number, line in enumerate(lines):
        text = line.strip()
        opened = re.match(r"(?:struct|class) (\w+) .*\{$", line)
        if opened:
            struct = opened.group(1)
        elif line.startswith("}"):
            struct = None
        trailing = re.match(r"\s+[\w:<>, ]+?\s(\w+)(?:\s*=[^;]*|\{\})?;\s*///<\s*(.*)", line)
        continued = re.match(r"\s+///<\s*(.*)", line)
        if struct and trailing:
            field = [f"{struct}.{trailing.group(1)}", trailing.group(2)]
            yield field
        elif field and continued:
            field[1] += " " + continued.group(1)
        else:
            field = None
        if text.startswith("/// ") or text == "///":
            comment.append(text[4:])
        elif comment and not text.startswith(("template", "requires", "[[nodiscard]] ///")):
            name = name_of(text) or name_of(" ".join(lines[number:number + 3]))
            if name and not comment[0].startswith("The same for arrays of any kind"):
                declaration = re.split(r"[{;]", " ".join(lines[number:number + 8]))[0]
                declarations.setdefault(name, re.sub(r"\s+", " ", declaration))
                yield [f"{struct}.{name}" if struct and not opened else name, as_docstring(comment)]
            comment = []


def main():
    headers, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    docs, enums, options, declarations = {}, {}, {}, {}
    for path in [*sorted(headers.glob("*.hpp")), headers / "detail/phiid_tile.hpp"]:
        text = path.read_text(encoding="utf-8")
        enums.update(enums_of(text))
        options.update(options_of(text))
        for name, text in list(comments_of(path, declarations)):
            while name in docs:
                stem, _, number = name.partition("#")
                name = f"{stem}#{int(number or 1) + 1}"
            docs[name] = text.replace(", so it must outlive the estimate; a literal does", "")
    for name, declaration in declarations.items():
        further = further_lines(declaration, enums, options, docs)
        if name in docs and further:
            docs[name] += "\n\n" + "\n".join(further).strip()
    rows = "\n".join(f'    {{"{name}", R"doc({docs[name]})doc"}},' for name in sorted(docs))
    output.write_text(f"""// Made by docstrings.py from the headers.
#include "results.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

namespace phiscope::python {{
namespace {{
constexpr std::pair<std::string_view, const char*> docs[] = {{
{rows}
}};
}}  // namespace

const char* doc(std::string_view name) {{
  const auto place = std::lower_bound(std::begin(docs), std::end(docs), name,
                                      [](const auto& row, std::string_view n) {{ return row.first < n; }});
  return place != std::end(docs) && place->first == name ? place->second : "";
}}

}}  // namespace phiscope::python
""", encoding="utf-8")


if __name__ == "__main__":
    main()
