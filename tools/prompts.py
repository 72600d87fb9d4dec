#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Questions or conversations -> a prompt file for `extract`, in the model's own chat template.

    tools/prompts.py MODEL INPUT [--system TEXT] [--no-generation-prompt] [--out FILE]

INPUT is .jsonl (an object a line), .json (a list of objects) or .csv. An entry has `messages` (a
list of objects with `role` and `content`; not in .csv), or one of `question`, `problem`, `text`,
`prompt`, which becomes a message of the user; a list of messages or a string may also stand alone.
`id`, else `unique_id` or `gsm8k_id`, is kept as `id`, other fields go to `meta`. Written are lines with `id`, `input_ids` and `meta`, whose `text`
is what the template made. The template alone decides about the begin token: none is added to it.
Exit status 1 for bad input (one line, with file and line), 2 for wrong use. Needs transformers.
"""

import argparse
import csv
import io
import json
import os
import sys
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")

QUESTIONS = ("messages", "question", "problem", "text", "prompt")
IDS = ("id", "unique_id", "gsm8k_id")  # the first that an entry has, as extract reads problems


class BadInput(Exception):
    """One line for the user: where, what was found, what is expected."""


def name(value):
    """A value's kind as JSON calls it."""
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean",
             int: "a number", float: "a number", type(None): "null"}
    return kinds[type(value)]


def unique_keys(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is listed twice in an object")
    return made


def refuse_constant(text):
    raise ValueError(f"found {text}, expected a number of JSON")


DECODER = json.JSONDecoder(object_pairs_hook=unique_keys, parse_constant=refuse_constant)


def decode(text, start, where):
    """One JSON value and the place after it."""
    try:
        return DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where}: {error.msg} (column {error.colno}), expected JSON") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where}: {error}") from None


def json_lines(path, text):
    """(line, entry) of a .jsonl file; blank lines may end it."""
    lines = text.rstrip().split("\n") if text.strip() else []
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        if not line.strip():
            raise BadInput(f"{where}: empty, expected a JSON object")
        entry, end = decode(line.strip(), 0, where)
        if end != len(line.strip()):
            raise BadInput(f"{where}: more after the JSON value, expected one per line")
        yield number, entry


def json_list(path, text):
    """(line, entry) of a .json file that holds a list."""
    def skip(at):
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        return at

    def line(at):
        return text.count("\n", 0, at) + 1

    at = skip(0)
    if text[at:at + 1] != "[":
        raise BadInput(f"{path}:{line(at)}: found {text[at:at + 10]!r}, expected a list of entries")
    at = skip(at + 1)
    while text[at:at + 1] != "]":
        number = line(at)
        entry, at = decode(text, at, f"{path}:{number}")
        yield number, entry
        at = skip(at)
        if text[at:at + 1] == ",":
            at = skip(at + 1)
        elif text[at:at + 1] != "]":
            raise BadInput(f"{path}:{line(at)}: found {text[at:at + 10]!r}, expected , or ]")
    if skip(at + 1) != len(text):
        raise BadInput(f"{path}:{line(skip(at + 1))}: more after the list, expected nothing")


def csv_rows(path, text):
    """(line, entry) of a .csv file with a header."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, None)
        if not header or len(set(header)) != len(header):
            raise BadInput(f"{path}:1: found {header}, expected a header of different names")
        number = rows.line_num + 1
        for row in rows:
            if len(row) != len(header):
                raise BadInput(f"{path}:{number}: {len(row)} fields, expected {len(header)}")
            yield number, dict(zip(header, row))
            number = rows.line_num + 1
    except csv.Error as error:
        raise BadInput(f"{path}:{rows.line_num}: {error}") from None


READERS = {".jsonl": json_lines, ".json": json_list, ".csv": csv_rows}


def read_entries(path):
    reader = READERS.get(path.suffix)
    if reader is None:
        raise BadInput(f"{path}: found {path.suffix or 'no'} suffix, expected "
                       + ", ".join(READERS))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not UTF-8 at byte {error.start}") from None
    entries = list(reader(path, text))
    if not entries:
        raise BadInput(f"{path}: empty, expected at least one entry")
    return entries


def messages_of(entry, where):
    """The conversation of an entry, and the entry's other fields."""
    if isinstance(entry, str):
        entry = {"question": entry}
    if isinstance(entry, list):
        entry = {"messages": entry}
    if not isinstance(entry, dict):
        raise BadInput(f"{where}: found {name(entry)}, expected an object")
    given = [key for key in QUESTIONS if key in entry]
    if len(given) != 1:
        raise BadInput(f"{where}: found {' and '.join(given) or 'no question'}, expected one of "
                       + ", ".join(QUESTIONS))
    value = entry[given[0]]
    rest = {key: field for key, field in entry.items() if key != given[0]}
    if given[0] != "messages":
        if not isinstance(value, str):
            raise BadInput(f"{where}: {given[0]} is {name(value)}, expected a string")
        return [{"role": "user", "content": value}], rest
    if not isinstance(value, list) or not value:
        raise BadInput(f"{where}: messages is {name(value)}, expected a list of at least one")
    for n, message in enumerate(value):
        for key in ("role", "content"):
            if not isinstance(message, dict) or not isinstance(message.get(key), str):
                raise BadInput(f"{where}: message {n} has no text `{key}`, expected an object with "
                               "role and content")
    return value, rest


def meta_of(rest, where):
    """The fields of an entry that mean nothing here, and those of its `meta`."""
    meta = rest.pop("meta", {})
    if not isinstance(meta, dict):
        raise BadInput(f"{where}: meta is {name(meta)}, expected an object")
    for key in [*rest, "text"]:
        if key in meta:
            raise BadInput(f"{where}: meta has a field {key}, expected another name")
    return meta | rest


def conversations(entries, path, system):
    """(where, id, messages, meta) of every entry, checked."""
    seen, made = {}, []
    for index, (line, entry) in enumerate(entries):
        where = f"{path}:{line}"
        messages, rest = messages_of(entry, where)
        key = next((key for key in IDS if rest.get(key) is not None), "id")
        identity = rest.pop(key, None)
        identity = str(index) if identity is None else identity
        if isinstance(identity, bool) or not isinstance(identity, (str, int)):
            raise BadInput(f"{where}: {key} is {name(identity)}, expected a string or an integer")
        if str(identity) in seen:
            raise BadInput(f"{where}: duplicate id {str(identity)!r}, expected another than that "
                           f"of line {seen[str(identity)]}")
        seen[str(identity)] = line
        if system is not None:
            if any(message["role"] == "system" for message in messages):
                raise BadInput(f"{where}: has a system message, expected none beside --system")
            messages = [{"role": "system", "content": system}, *messages]
        made.append((where, str(identity), messages, meta_of(rest, where)))
    return made


def open_tokenizer(model):
    """That of transformers, for its template, and tokenizer.json itself, as extract reads it."""
    if not (model / "tokenizer.json").exists():
        raise BadInput(f"{model}: no tokenizer.json, expected a Hugging Face model directory")
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(model)
    if not tokenizer.chat_template:
        raise BadInput(f"{model}: no chat template, expected one in tokenizer_config.json or "
                       "chat_template.jinja")
    encoder = Tokenizer.from_file(str(model / "tokenizer.json"))
    encoder.no_padding()
    encoder.no_truncation()
    return tokenizer, encoder


def render(checked, model, generation_prompt):
    """A prompt line a conversation."""
    tokenizer, encoder = open_tokenizer(model)
    begin = tokenizer.bos_token_id
    for where, identity, messages, meta in checked:
        try:
            text = tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=generation_prompt)
        except Exception as error:  # the template is a program of the model's authors
            raise BadInput(f"{where}: the chat template refuses the messages: "
                           + str(error).split("\n")[0]) from None
        ids = encoder.encode(text, add_special_tokens=False).ids
        if not ids:
            raise BadInput(f"{where}: no tokens, expected at least one")
        if begin is not None and ids[:2] == [begin, begin]:
            raise BadInput(f"{where}: the begin token {tokenizer.bos_token!r} is listed twice, "
                           "expected it from the template alone")
        yield {"id": identity, "input_ids": ids, "meta": meta | {"text": text}}


def write(lines, out):
    """All lines or nothing."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    if out is None:
        sys.stdout.write(text)
        return
    part = out.with_name(f"{out.name}.part-{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadInput(f"{out}: {error.strerror}") from None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("input", type=Path, metavar="INPUT")
    parser.add_argument("--system", metavar="TEXT", help="system message of every conversation")
    parser.add_argument("--no-generation-prompt", action="store_true",
                        help="end after the last message, not where the answer begins")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    options = parser.parse_args()
    try:
        checked = conversations(read_entries(options.input), options.input, options.system)
        write(list(render(checked, options.model, not options.no_generation_prompt)), options.out)
    except BadInput as error:
        print(f"prompts.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
