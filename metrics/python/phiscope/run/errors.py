# SPDX-License-Identifier: MIT
"""What is wrong with a file, in one line."""
import json
import pathlib


class FormatError(ValueError):
    """A file or run directory that is damaged, incomplete or contradicts itself: one line, the path first."""

    def __init__(self, path, problem):
        self.path = pathlib.Path(path)
        super().__init__(f"{path}: {problem}")


def _distinct(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key occurs twice")
    return members


def _no_constant(name):
    raise ValueError(f"{name} is not a number of JSON")


def read_text(path):
    try:
        return pathlib.Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise FormatError(path, "not found") from None
    except OSError as error:
        raise FormatError(path, error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise FormatError(path, f"byte {error.start} is not UTF-8") from None


def parse_json(text, path, where=""):
    """An object, with each key once and no NaN."""
    try:
        value = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FormatError(path, f"{where}{error}") from None
    if not isinstance(value, dict):
        raise FormatError(path, f"{where}expected a JSON object, found {type(value).__name__}")
    return value


def member(value, name, kind, path, where=""):
    """A member of an object; `kind` is a type, and bool is no int."""
    found = value.get(name)
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        shown = "absent" if name not in value else repr(found)[:60]
        raise FormatError(path, f"{where}{name}: {shown}, expected {kind.__name__}")
    return found
