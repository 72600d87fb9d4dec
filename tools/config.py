#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A configuration in YAML -> the same in TOML, for `--config` of `extract sampling`.

    tools/config.py config.yaml > run.toml

Names stay as they are; extract says which it does not know and which have no effect. A value that
is null is left out, with a note. Exit status 1 for bad input (one line, with file and line), 2 for
wrong use. Needs PyYAML.
"""

import argparse
import json
import math
import re
import sys


class BadInput(Exception):
    """One line for the user: where, what was found, what is expected."""


def load(path):
    try:
        import yaml
    except ImportError:
        raise BadInput(f"found no PyYAML in {sys.executable}, expected it (pip install pyyaml), or "
                       "a file written as TOML by hand") from None

    class Loader(yaml.SafeLoader):
        """Refuses a key twice, of which SafeLoader takes the last."""

        def construct_mapping(self, node, deep=False):
            seen = set()
            for key, _ in node.value:
                name = self.construct_object(key, deep=True)
                if not isinstance(name, str):
                    raise BadInput(f"{path}:{key.start_mark.line + 1}: the key {name!r}, expected "
                                   "a string")
                if name in seen:
                    raise BadInput(f"{path}:{key.start_mark.line + 1}: the key {name} twice")
                seen.add(name)
            return super().construct_mapping(node, deep)

    try:
        with open(path, encoding="utf-8") as file:
            return yaml.load(file, Loader)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: found bytes that are not UTF-8, expected text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise BadInput(f"{path}{line}: {getattr(error, 'problem', error)}, expected YAML") from None


def key_text(key):
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else text(key)


def text(value):
    # What JSON leaves as it is and TOML does not allow.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def value_text(value, where):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        if not -2**63 <= value < 2**63:
            raise BadInput(f"{where}: found {value}, expected a number of 64 bits")
        return str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return "nan"
        return ("inf" if value > 0 else "-inf") if math.isinf(value) else repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(value_text(entry, where) for entry in value) + "]"
    raise BadInput(f"{where}: found {type(value).__name__}, expected a string, a number, true or "
                   "false, or a list of these")


def write(table, path, names=()):
    """Lines of a table; what is no table itself comes first, as TOML wants it."""
    lines, tables = [], []
    for key, value in table.items():
        where = ".".join((*names, key))
        if value is None:
            print(f"note: {path}: {where} is null and left out", file=sys.stderr)
        elif isinstance(value, dict):
            tables.append((key, value))
        else:
            lines.append(f"{key_text(key)} = {value_text(value, f'{path}: {where}')}")
    for key, value in tables:
        inner = (*names, key)
        lines += ["", "[" + ".".join(key_text(name) for name in inner) + "]"]
        lines += write(value, path, inner)
    return lines


def main():
    parser = argparse.ArgumentParser(
        description="Prints a configuration in YAML as TOML, for --config of extract sampling.")
    parser.add_argument("config", help="file in YAML")
    path = parser.parse_args().config
    try:
        found = load(path)
        if not isinstance(found, dict):
            raise BadInput(f"{path}: found no names with values, expected some")
        print("\n".join(write(found, path)))
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
