#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our readers of .npy and safetensors against NumPy and the package safetensors, on many damaged files.

differential.py --program build/fuzz/tests/fuzz_replay [--inputs N] [--jobs N] [--json FILE]

Each file is accepted by both, with the same dtypes, shapes and data, or refused by both. A difference is allowed only
where the file falls under one of the policies below, each of which is looked for in the file's bytes, not in our
message. Ends with 1 if any other difference is found, and writes the file as difference-*.
"""
import argparse
import collections
import io
import json
import math
import multiprocessing
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import warnings

import numpy
import safetensors

POLICIES = {
    # What the other reads and we refuse.
    "npy: trailing bytes": "a file longer than its array is cut or joined wrongly; NumPy ignores the rest",
    "npy: Python syntax": "a header other than a plain dictionary of the three keys (comments, sums, escapes, a key "
                          "twice): np.save writes none of it, and to read it is to evaluate Python",
    "npy: other dtypes": "text, dates, complex numbers, records and long names (float64): nothing here computes with them",
    "npy: archive": "a zip is an .npz, which no program of ours takes",
    "npy: larger than memory": "an empty array whose other lengths are beyond 2^63 bytes",
    "safetensors: key twice": "which of the two holds is a matter of the parser",
    "safetensors: unknown field": "a field of a tensor besides dtype, shape and data_offsets may change its meaning",
    "safetensors: other dtypes": "numbers of 4 and 6 bits and E8M0: no model family here has them",
    "safetensors: padding": "the format begins with a brace and pads with spaces after it; other white space is not looked past",
    "safetensors: shorthand": "an entry as a list, a dtype as an object, null metadata: accidents of the package's parser",
    "safetensors: larger than 2^63": "a dimension that no signed number holds, or bytes of leading ones beyond 64 bits, beside "
                                     "a dimension of 0",
    # What we read and the other refuses.
    "npy: long header": "NumPy refuses a header of more than 10,000 characters unless asked; we take a megabyte",
    "npy: indentation": "a line break outside the braces and blanks after it, which Python takes for an indented line",
}
WE_TAKE_MORE = {"npy: long header", "npy: indentation"}

# ---- .npy

SPACE = r"[ \n\t\r]*"
NUMBER = {1: rf"(?:0|[1-9][0-9]*)L?{SPACE}", 3: rf"(?:0|[1-9][0-9]*){SPACE}"}
PLAIN_DTYPE = re.compile(r"[<>=|]?(?:b1|[iu][1248]|f[248])")


def grammar(version):
    number = NUMBER[3 if version == 3 else 1]
    text = r"'([^'\\\n]*)'|" + r'"([^"\\\n]*)"'
    tuple_ = rf"\({SPACE}(?:{number},{SPACE}(?:{number},{SPACE})*(?:{number})?)?\)"
    key = {name: f"(?:'{name}'|\"{name}\"){SPACE}:{SPACE}" for name in ("descr", "fortran_order", "shape")}
    return re.compile(f"{key['descr']}(?P<descr>{text})|{key['fortran_order']}(?P<order>True|False)|"
                      f"{key['shape']}(?P<shape>{tuple_})")


MEMBER = {version: grammar(version) for version in (1, 2, 3)}
BLANK = re.compile(SPACE)


def plain_header(text, version):
    """(dtype, Fortran order, shape) of a header in the grammar of FORMAT, else None."""
    found = {}
    at = BLANK.match(text).end()
    if text[at:at + 1] != "{":
        return None
    at = BLANK.match(text, at + 1).end()
    while text[at:at + 1] != "}":
        member = MEMBER[version].match(text, at)
        if not member or member.lastgroup is None:
            return None
        name = next(key for key in ("descr", "order", "shape") if member[key] is not None)
        if name in found:
            return None
        found[name] = member[name]
        at = BLANK.match(text, member.end()).end()
        if text[at:at + 1] == ",":
            at = BLANK.match(text, at + 1).end()
        elif text[at:at + 1] != "}":
            return None
    at = BLANK.match(text, at + 1).end()
    if at != len(text) or len(found) != 3:
        return None
    shape = [int(number) for number in re.findall(r"[0-9]+", found["shape"])]
    return found["descr"][1:-1], found["order"] == "True", shape


def npy_policies(data):
    """The policies that a file falls under."""
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return {"npy: archive"}
    if data[:6] != b"\x93NUMPY" or len(data) < 12 or data[6] not in (1, 2, 3):
        return set()
    begin = 10 if data[6] == 1 else 12
    length = int.from_bytes(data[8:begin], "little")
    text = data[begin:begin + length].decode("latin1")
    policies = set()
    if length > 10000:
        policies.add("npy: long header")
    if re.search(r"[\r\n][ \t]", text.partition("{")[0] + text.rpartition("}")[2]):
        policies.add("npy: indentation")
    header = plain_header(text, data[6])
    if header is None:
        return policies | {"npy: Python syntax"}
    dtype, _, shape = header
    if not PLAIN_DTYPE.fullmatch(dtype):
        return policies | {"npy: other dtypes"}
    size = int(dtype[-1])
    room = (2**63 - 1) // size
    for number in shape:
        room = room // number if number else room
    if room == 0 or any(number > 2**63 - 1 for number in shape):
        return policies | ({"npy: larger than memory"} if 0 in shape else set())
    bytes_ = size
    for number in shape:
        bytes_ *= number
    if len(data) - begin - length > bytes_:
        policies.add("npy: trailing bytes")
    return policies


def numpy_says(data):
    try:
        array = numpy.load(io.BytesIO(data), allow_pickle=False)
        if not isinstance(array, numpy.ndarray):
            return "ok archive"
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        shape = "".join(f"{length}," for length in array.shape)
        swapped = array.astype(array.dtype.newbyteorder("<")) if array.dtype.kind in "iuf" else array
        return f"ok {array.dtype.str} {order} {shape} {swapped.tobytes('C').hex()}"
    except (MemoryError, RecursionError, Exception):  # whatever it is, NumPy does not take the file
        return "no"


def npy_same(ours, theirs):
    """Fortran order has no meaning where at most one axis is longer than 1, and none in an empty array."""
    if ours.startswith("no") or theirs.startswith("no"):
        return ours[:2] == theirs[:2]
    one, other = ours.split(" "), theirs.split(" ")
    if one == other:
        return True
    lengths = [int(n) for n in one[3].split(",") if n]
    vague = sum(n != 1 for n in lengths) < 2 or 0 in lengths
    return vague and one[:2] + one[3:] == other[:2] + other[3:]


DTYPES = [order + name for order in "<>|=" for name in "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8".split()] + [
    "<f4", "<f4", "<f8", "<i8", "f4", "b1", "|b1", "|u1"]
ODD_DTYPES = ["<f3", "<c8", "<U3", "|S2", "|V2", "<V2", "|O", "<M8[ns]", "float64", "f", "?", "i", "<f16", "e", "", "<",
              "<f4,<f4", "<i16", "u3", "<b2", "int8", "<f4 ", "\xe9"]
LENGTHS = ["0", "1", "2", "3", "5", "1", "2", "3", "4"]
ODD_LENGTHS = ["-1", "00", "01", "1L", "2l", "0x2", "1_0", "1.0", "True", "4294967296", "9223372036854775807",
               "9223372036854775808", "18446744073709551616", "1000000000000", " 2", "2 ", "1+1", "(2)", "", "None", "0o2"]
PIECES = ["'", '"', "\\", "{", "}", "(", ")", ",", ":", "\n", " ", "\t", "\r", "\0", "#", "L", "0", "1", "True", "u", "b'",
          "\xff", "\x0c", "[", "]", "+", "'descr': '<f4', ", "'shape': (1,), ", "'x': 0", "\\x41", "*", "-", "\v", "\xa0"]


def changed(pieces, rng, text):
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            text = text[:at] + rng.choice(pieces) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + rng.randrange(6):]
        elif kind == 2:
            text = text[:at] + rng.choice(pieces) + text[at + 1:]
        else:
            end = at + rng.randrange(12)
            text = text[:at] + text[at:end] + text[at:]
    return text


def damaged(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if not data:
            break
        at = rng.randrange(len(data))
        kind = rng.randrange(4)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.randrange(256)
        elif kind == 2:
            del data[at:at + rng.randrange(1, 9)]
        else:
            data[at:at] = data[at:at + rng.randrange(1, 9)]
    return bytes(data)


def make_npy(rng):
    dtype = rng.choice(DTYPES if rng.random() < 0.9 else ODD_DTYPES)
    rank = rng.choice((0, 1, 1, 2, 2, 3)) if rng.random() < 0.99 else rng.choice((31, 33, 63, 64, 65))
    lengths = [rng.choice(LENGTHS) if rng.random() < 0.95 else rng.choice(ODD_LENGTHS) for _ in range(min(rank, 3))]
    lengths += ["1"] * (rank - 3)
    gap = rng.choice(("", " ", " ", "\n", "\t "))
    shape = "(" + f",{gap}".join(lengths) + ("," if rank == 1 or (rank and rng.random() < 0.1) else "") + ")"
    quote = rng.choice("''\"")
    members = [f"{quote}descr{quote}:{gap}{quote}{dtype}{quote}",
               f"{quote}fortran_order{quote}:{gap}{rng.choice(('True', 'False', 'False'))}", f"{quote}shape{quote}:{gap}{shape}"]
    if rng.random() < 0.3:
        rng.shuffle(members)
    text = "{" + f",{gap}".join(members) + rng.choice((", ", "", ",")) + "}" + " " * rng.randrange(8) + rng.choice(("\n", ""))
    if rng.random() < 0.4:
        text = changed(PIECES, rng, text)
    if rng.random() < 0.001:
        text += " " * rng.choice((9900, 10100, 70000))
    version = rng.choice((1, 1, 1, 2, 3))
    header = text.encode("utf-8" if version == 3 and rng.random() < 0.9 else "latin1", "replace")
    if version == 1 and len(header) > 65535:
        version = 2
    size = int(dtype[-1]) if dtype[-1:].isdigit() else 4
    for length in lengths:
        size *= int(length) if length.isdigit() and len(length) < 4 else 1
    size = min(size, 4000)
    if rng.random() < 0.1:
        size = max(0, size + rng.choice((-8, -1, 1, 8)))
    data = (b"\x93NUMPY" + bytes((version, 0)) + struct.pack("<H" if version == 1 else "<I", len(header)) + header +
            rng.randbytes(size))
    return damaged(rng, data) if rng.random() < 0.2 else data


# ---- safetensors

ST_SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2, "U32": 4,
            "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8, "C64": 8}


def safetensors_policies(data):
    length = int.from_bytes(data[:8], "little")
    text = data[8:8 + length]
    policies = set()

    def members(pairs):
        if len({name for name, _ in pairs}) < len(pairs):
            policies.add("safetensors: key twice")
        return dict(pairs)

    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=members)
    except (ValueError, RecursionError):
        return set()
    if not isinstance(header, dict):
        return set()
    if text.rstrip(b" ")[-1:] in b"\n\t\r" or text[:1] != b"{":
        policies.add("safetensors: padding")
    for name, entry in header.items():
        if name == "__metadata__":
            if entry is None:
                policies.add("safetensors: shorthand")
        elif isinstance(entry, list):
            policies.add("safetensors: shorthand")
        elif isinstance(entry, dict):
            if entry.keys() - {"dtype", "shape", "data_offsets"}:
                policies.add("safetensors: unknown field")
            if isinstance(entry.get("dtype"), dict):
                policies.add("safetensors: shorthand")
            elif isinstance(entry.get("dtype"), str) and entry["dtype"] not in ST_SIZES:
                policies.add("safetensors: other dtypes")
            shape = entry.get("shape")
            if isinstance(shape, list) and all(isinstance(n, int) for n in shape) and 0 in shape:
                leading = math.prod(shape[:shape.index(0)]) * ST_SIZES.get(str(entry.get("dtype")), 8)
                if max(leading, *shape) >= 2**63:
                    policies.add("safetensors: larger than 2^63")
    return policies


def safetensors_says(data):
    try:
        tensors = safetensors.deserialize(data)
    except (safetensors.SafetensorError, Exception):  # whatever it is, the package does not take the file
        return "no"
    return "ok " + json.dumps({name: [one["dtype"], one["shape"], bytes(one["data"]).hex()] for name, one in tensors},
                              sort_keys=True)


def safetensors_same(ours, theirs):
    if ours.startswith("no") or theirs.startswith("no"):
        return ours[:2] == theirs[:2]
    return json.loads(ours[3:])[0] == json.loads(theirs[3:])


ST_PIECES = ['"', "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "\0", "0", "1", "-", ".0", "e1", "null", "true", '"a":',
             '"x":1,', '"dtype":"F32",', "\\u0000", "\\ud800", "\xff", "\x7f", '"__metadata__":{"a":"b"},',
             '"__metadata__":null,', "9223372036854775808", "18446744073709551616", "00", "\t", "\xa0"]
ST_NAMES = ["a", "b", "c", "a.b", "", "\xe9", "__metadata__", "\u6771", "a\\n", "dtype"]


def make_safetensors(rng):
    entries, at = [], 0
    for name in rng.sample(ST_NAMES, rng.choice((0, 1, 1, 2, 2, 3))):
        dtype = rng.choice(list(ST_SIZES)) if rng.random() < 0.97 else rng.choice(
            ("F4", "F6_E2M3", "F8_E8M0", "f32", "", "F128", "BF", "F6_E3M2", "C128"))
        shape = [rng.choice((0, 1, 2, 3)) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
        size = ST_SIZES.get(dtype, 4)
        for length in shape:
            size *= length
        if name == "__metadata__":
            entries.append('"__metadata__":{"format":"pt"}')
            continue
        if rng.random() < 0.03:
            shape.append(rng.choice((2**32, 2**62, 2**63, 2**64 - 1, 2**64, -1, 1.5)))
        begin = at + (rng.choice((-8, -1, 1, 4)) if rng.random() < 0.05 else 0)
        end = at + size + (rng.choice((-8, -1, 1, 2**40)) if rng.random() < 0.05 else 0)
        members = [f'"dtype":"{dtype}"', f'"shape":{json.dumps(shape)}', f'"data_offsets":[{begin}, {end}]']
        if rng.random() < 0.2:
            rng.shuffle(members)
        entries.append(f'"{name}":{{{",".join(members)}}}')
        at += size
    if rng.random() < 0.3:
        rng.shuffle(entries)
    text = "{" + ",".join(entries) + "}"
    if rng.random() < 0.4:
        text = changed(ST_PIECES, rng, text)
    if rng.random() < 0.5:
        text += rng.choice((" ", "   ", "\n", " \n ", "\t")) if rng.random() < 0.1 else " " * (-len(text) % 8)
    header = text.encode("utf-8" if rng.random() < 0.95 else "latin1", "replace")
    if rng.random() < 0.05:
        at = max(0, at + rng.choice((-8, -1, 1, 8)))
    data = struct.pack("<Q", len(header)) + header + rng.randbytes(at)
    return damaged(rng, data) if rng.random() < 0.15 else data


FORMATS = {"npy": (make_npy, numpy_says, npy_same, npy_policies),
           "safetensors": (make_safetensors, safetensors_says, safetensors_same, safetensors_policies)}


def compare(task):
    """One batch: verdicts of both, and what differs without a policy."""
    program, name, seed, inputs = task
    make, says, same, policies = FORMATS[name]
    warnings.simplefilter("ignore")  # of Python about odd literals
    rng = random.Random(f"{name} {seed}")
    files = [make(rng) for _ in range(inputs)]
    stream = b"".join(struct.pack("<I", len(data)) + data for data in files)
    done = subprocess.run([program, "--verdicts", name], input=stream, capture_output=True, check=False)
    ours = done.stdout.decode("utf-8", "replace").split("\n")[:-1]
    counts, bad = collections.Counter(), []
    if done.returncode != 0 or len(ours) != inputs:
        culprit = files[len(ours)] if len(ours) < inputs else b""
        return counts, [(culprit, f"the program ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}", "")]
    for data, verdict in zip(files, ours):
        theirs = says(data)
        counts["both accept" if verdict[:2] == theirs[:2] == "ok" else
               "both refuse" if verdict[:2] == theirs[:2] else "differ"] += 1
        if same(verdict, theirs):
            continue
        # A file that both accept and read differently has no excuse.
        reasons = policies(data) if verdict[:2] != theirs[:2] else set()
        reasons = {reason for reason in reasons if (reason in WE_TAKE_MORE) == (verdict[:2] == "ok")}
        if reasons:
            counts.update(reasons)
        else:
            bad.append((data, verdict, theirs))
    return counts, bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="fuzz_replay")
    parser.add_argument("--inputs", type=int, default=100_000, help="files of each format (100000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (all cores)")
    parser.add_argument("--json", type=pathlib.Path, help="write the counts there as well")
    parser.add_argument("--findings", type=pathlib.Path, default=pathlib.Path("."), help="folder of difference-* (.)")
    options = parser.parse_args()
    batch, found, figures = 10_000, 0, {}
    for name in FORMATS:
        tasks = [(options.program, name, seed, min(batch, options.inputs - first))
                 for seed, first in enumerate(range(0, options.inputs, batch))]
        counts = collections.Counter()
        with multiprocessing.Pool(options.jobs) as pool:
            for batch_counts, bad in pool.imap(compare, tasks):
                counts.update(batch_counts)
                for data, ours, theirs in bad:
                    found += 1
                    if found <= 10:
                        path = options.findings / f"difference-{found}.{name}"
                        path.write_bytes(data)
                        print(f"{path}: ours: {ours[:300]}\n  theirs: {theirs[:300]}")
        other = f"NumPy {numpy.__version__}" if name == "npy" else f"safetensors {safetensors.__version__}"
        print(f"{name}: {options.inputs} files against {other}: {counts['both accept']} accepted by both, "
              f"{counts['both refuse']} refused by both, {counts['differ']} by one")
        for policy in sorted(policy for policy in counts if policy in POLICIES):
            print(f"  {counts[policy]:>8}  {policy}: {POLICIES[policy]}")
        figures[name] = {"files": options.inputs, "against": other, **{key: counts[key] for key in sorted(counts)}}
    if options.json:
        options.json.write_text(json.dumps({**figures, "unexplained": found}, indent=1) + "\n")
    print(f"{found} differences without a policy")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
