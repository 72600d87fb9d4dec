#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares `extract tokens` with AutoTokenizer of the installed transformers on random texts.

  tokenizer_parity.py EXTRACT DIRECTORY... [--texts 20000] [--configurations 0] [--seed 1]

Each DIRECTORY has a tokenizer.json. With --configurations N it is copied N times, with random tokens added in
tokenizer.json, tokenizer_config.json, special_tokens_map.json and added_tokens.json, and a tenth of the texts are
compared for each. Prints one line per directory and exits with 1 if an id differs.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

from transformers import AutoTokenizer, PreTrainedTokenizerFast, __version__
from transformers.utils import logging

logging.set_verbosity_error()
NAMES = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]
RANGES = [(0x20, 0x7E)] * 6 + [(0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0x97F),
                               (0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x206F), (0x3040, 0x30FF),
                               (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1FAFF), (0x20, 0xD7FF)]
WORDS = ("the quick brown fox don't I'LL we've 12 3.14 1,000 2024 x=1; foo_bar camelCase Straße naïve Ελλάδα русский "
         "日本語 한국어 é e\u0301 \u00c5 \u212b fi 👍🏽 👨‍👩‍👧 <s> </s> <unk> <|endoftext|> <|im_end|> <0x41>").split()
SPACES = [" ", " ", " ", "  ", "   ", "\n", "\r\n", "\n\n", "\t", "\u00a0", "\u3000", "", ""]


def random_text(draw, tokens):
    parts = []
    for _ in range(draw.choice([0, 1, 2, 3, 5, 8, 13, 30])):
        kind = draw.random()
        if kind < 0.45:
            parts.append(draw.choice(WORDS))
        elif kind < 0.6 and tokens:
            parts.append(draw.choice(tokens))
        else:
            low, high = draw.choice(RANGES)
            parts.append("".join(chr(draw.randint(low, high)) for _ in range(draw.randint(1, 6))))
        parts.append(draw.choice(SPACES))
    return "".join(parts)


def ours(program, directory, texts):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        file.flush()
        done = subprocess.run([program, "tokens", "--model", directory, "--prompts", file.name],
                              capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{directory}: {done.stderr.strip()}")
    return [json.loads(line)["ids"] for line in done.stdout.split("\n") if line]


def theirs(directory, texts):
    kind = AutoTokenizer if os.path.exists(os.path.join(directory, "tokenizer_config.json")) else PreTrainedTokenizerFast
    return kind.from_pretrained(directory)(texts)["input_ids"]


def compare(program, directory, texts):
    """Number of texts whose ids differ; prints the first."""
    wrong = 0
    for text, a, b in zip(texts, ours(program, directory, texts), theirs(directory, texts), strict=True):
        if a != b:
            wrong += 1
            if wrong == 1:
                print(f"  {text!r}: {a}, expected {b}")
    return wrong


def token_texts(directory):
    with open(os.path.join(directory, "tokenizer.json"), encoding="utf-8") as file:
        value = json.load(file)
    return value, [token["content"] for token in value["added_tokens"]]


def plain_copy(source, to):
    """tokenizer.json alone, with the class that reads it as it is."""
    shutil.copy(os.path.join(source, "tokenizer.json"), to)
    with open(os.path.join(to, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump({"tokenizer_class": "PreTrainedTokenizerFast"}, file)


def flags(draw, content):
    made = {"content": content}
    for key in ["single_word", "lstrip", "rstrip", "normalized", "special"]:
        made[key] = draw.random() < (0.5 if key in ["normalized", "special"] else 0.25)
    return made


def random_configuration(draw, source, to):
    """Adds tokens in some of the four files; returns the texts of all of them."""
    value, known = token_texts(source)
    vocabulary = value["model"]["vocab"]
    words = [word for word in draw.sample(sorted(vocabulary), 6) if word.isascii() and word.isalpha()]
    fresh = [f"<x{i}>" for i in range(8)] + ["new", "Ünï", "two words", "<|n|>", "e\u0301", "##"] + words
    pick = lambda: draw.choice(fresh + known[:8])
    used = set()
    if draw.random() < 0.5:
        number = max(list(vocabulary.values()) + [token["id"] for token in value["added_tokens"]]) + 1
        for content in draw.sample(fresh[:8], draw.randint(1, 3)):
            value["added_tokens"].append({"id": number} | flags(draw, content))
            number += 1
            used.add(content)
    top = max(list(vocabulary.values()) + [token["id"] for token in value["added_tokens"]]) + 1
    config = {"tokenizer_class": "PreTrainedTokenizerFast"}
    if draw.random() < 0.5:
        chosen = dict.fromkeys(pick() for _ in range(draw.randint(1, 6)))
        ids = draw.sample(range(top - 3, top + 20), len(chosen))
        config["added_tokens_decoder"] = {str(i): flags(draw, content) for i, content in zip(ids, chosen)}
        used.update(chosen)
    files = {"tokenizer_config.json": config}
    for name in draw.sample(NAMES, draw.randint(0, 3)):
        config[name] = pick()
        used.add(config[name])
    if draw.random() < 0.5:
        special = {}
        for name in draw.sample(NAMES, draw.randint(0, 3)):
            content = pick()
            used.add(content)
            special[name] = content if draw.random() < 0.5 else {k: v for k, v in flags(draw, content).items() if k != "special"}
        if draw.random() < 0.5:
            # transformers 4.57.6 takes a named token that is also the last of this list for the last one of
            # added_tokens.json (its loop writes to the wrong key; 5 does not): not compared.
            named = {config.get(name) for name in NAMES}
            named.update(one if isinstance(one, str) else one["content"] for one in special.values())
            more = [content for content in (pick() for _ in range(draw.randint(1, 3))) if content not in named]
            special["additional_special_tokens"] = more
            used.update(more)
        files["special_tokens_map.json"] = special
    if draw.random() < 0.5:
        chosen = dict.fromkeys(pick() for _ in range(draw.randint(1, 4)))
        files["added_tokens.json"] = {content: number for content, number in
                                      zip(chosen, draw.sample(range(top, top + 20), len(chosen)))}
        used.update(chosen)
    files["tokenizer.json"] = value
    for name, content in files.items():
        with open(os.path.join(to, name), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
    return sorted(used)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extract")
    parser.add_argument("directories", nargs="+")
    parser.add_argument("--texts", type=int, default=20000)
    parser.add_argument("--configurations", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="folder for the first configuration that differs")
    options = parser.parse_args()
    print(f"transformers {__version__}")
    failed = 0
    for source in options.directories:
        draw = random.Random(f"{options.seed} {os.path.basename(source)}")
        known = token_texts(source)[1]
        with tempfile.TemporaryDirectory() as copy:
            plain_copy(source, copy)
            wrong = compare(options.extract, copy, [random_text(draw, known) for _ in range(options.texts)])
        print(f"{source}: {options.texts} texts, {wrong} differ", flush=True)
        failed += wrong
        texts = wrong = 0
        for _ in range(options.configurations):
            with tempfile.TemporaryDirectory() as copy:
                used = random_configuration(draw, source, copy)
                some = [random_text(draw, used + known[:8]) for _ in range(options.texts // 10)]
                one = compare(options.extract, copy, some)
                if one and not wrong and options.keep:
                    shutil.copytree(copy, options.keep, dirs_exist_ok=True)
                texts += len(some)
                wrong += one
        if options.configurations:
            print(f"  {options.configurations} configurations with added tokens, {texts} texts, {wrong} differ", flush=True)
        failed += wrong
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
