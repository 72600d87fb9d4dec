#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/log_wandb.py offline, on a report and a run made by hand; the record files are read back.

log_wandb_test.py SOURCE_DIR
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

from wandb.proto import wandb_internal_pb2

SOURCE = pathlib.Path(sys.argv[1])


def write_png(path):
    """One white pixel."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b""))


def write_report(folder):
    folder.mkdir()
    (folder / "report.html").write_text("<!doctype html>")
    (folder / "summary.txt").write_text("steps: 4 problems\nAnalysis: grader default; seed 7\n\nFindings\n- one\n")
    (folder / "claims.csv").write_text("role,claim,p_value\nprimary,thoughts matter,0.03\n")
    (folder / "steps.csv").write_text("step_set,importance,n\nsingle,0.25,4\nall,,4\n")
    (folder / "numbers.json").write_text('{"mean": {"0": 1.5, "1": null}, "ok": true, "text": "no number"}')
    (folder / "large.json").write_text(json.dumps({"x": list(range(1001))}))
    (folder / "tables.json").write_text('{"rows": 2}')
    write_png(folder / "curve.png")
    (folder / "curve.svg").write_text("<svg></svg>")
    (folder / "map.svg").write_text("<svg></svg>")


def write_run(folder):
    folder.mkdir()
    (folder / "plan.json").write_text('{"experiment": "steps", "options": {"seed": 3}}')
    lines = [{"event": "start"}, {"event": "shard", "shard": 1, "tokens": 20},
             {"event": "shard", "shard": 0, "tokens": 10}]
    (folder / "extract-0-of-1.log").write_text("\n".join(map(json.dumps, lines)) + '\n{"event": "sha')


def log(folder, *arguments):
    environment = {**os.environ, "WANDB_MODE": "offline", "WANDB_DIR": str(folder), "WANDB_SILENT": "true"}
    return subprocess.run([sys.executable, "-B", SOURCE / "tools/log_wandb.py", *map(str, arguments)], env=environment,
                          cwd=folder, text=True, capture_output=True)


def records(path):
    """The records of an offline run: after 7 bytes a log in the layout of LevelDB, blocks of 32 KiB with pieces of
    records, each after its checksum (4 bytes), length (2) and kind (1: 1 whole, 2 first, 3 middle, 4 last)."""
    data, place, parts, found = path.read_bytes(), 7, b"", []
    while place + 7 <= len(data):
        left = 32768 - place % 32768
        if left < 7:
            place += left
            continue
        length, kind = struct.unpack_from("<HB", data, place + 4)
        if kind == 0:
            break
        parts = (b"" if kind in (1, 2) else parts) + data[place + 7:place + 7 + length]
        place += 7 + length
        if kind in (1, 4):
            found.append(wandb_internal_pb2.Record())
            found[-1].ParseFromString(parts)
    return found


def values(items):
    """{key: value} of the items of a configuration, summary or step of the history."""
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def logged(folder, kind):
    """(configuration, summary, history) of the run with that job type, and its folder."""
    for path in folder.glob("wandb/offline-run-*/*.wandb"):
        config, summary, history, job = {}, {}, [], ""
        for record in records(path):
            which = record.WhichOneof("record_type")
            if which == "run":
                job = record.run.job_type
                config.update(values(record.run.config.update))
            elif which == "config":
                config.update(values(record.config.update))
            elif which == "summary":
                summary.update(values(record.summary.update))
            elif which == "history":
                history.append(values(record.history.item))
        if job == kind:
            return config, summary, history, path.parent
    raise AssertionError(f"no offline run of the kind {kind}")


def check_report(folder):
    config, summary, history, place = logged(folder, "report")
    assert (config["sources"], config["analysis"]) == (["steps: 4 problems"], "grader default; seed 7"), config
    expected = {"claims/0/role": "primary", "claims/0/claim": "thoughts matter", "claims/0/p_value": 0.03,
                "numbers/mean/0": 1.5, "numbers/ok": 1.0}
    for name, value in expected.items():
        assert summary.get(name) == value, (name, summary)
    assert not [name for name in summary if name.startswith(("large", "tables.json", "numbers/text", "numbers/mean/1"))]
    kinds = {name.removesuffix("/_type"): value for step in history for name, value in step.items() if
             name.endswith("/_type")}
    paths = {name: step[f"{name}/path"] for step in history for name in kinds if f"{name}/path" in step}
    assert kinds == {"tables/claims": "table-file", "tables/steps": "table-file", "figures/curve": "image-file",
                     "figures/map": "html-file"}, kinds
    table = json.loads((place / "files" / paths["tables/steps"]).read_text())
    assert table["columns"] == ["step_set", "importance", "n"], table
    assert table["data"] == [["single", 0.25, 4], ["all", None, 4]], table
    assert (place / "files" / paths["figures/curve"]).stat().st_size > 0


def check_run(folder):
    config, _, history, _ = logged(folder, "run")
    assert config["experiment"] == "steps" and config["options"] == {"seed": 3}, config
    assert [step["tokens"] for step in history if "tokens" in step] == [10, 20], history


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_report(folder / "report")
        write_run(folder / "run")
        done = log(folder, folder / "report", folder / "run")
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [(line["kind"], line.get("tables"), line.get("shards")) for line in lines] == [
            ("report", 2, None), ("run", None, 2)], lines
        check_report(folder)
        check_run(folder)
        # A folder of neither kind is refused before anything is logged.
        before = list(folder.glob("wandb/*"))
        (folder / "neither").mkdir()
        done = log(folder, folder / "report", folder / "neither")
        assert done.returncode == 1 and done.stderr.startswith("error: ") and "neither" in done.stderr, done.stderr
        assert list(folder.glob("wandb/*")) == before
    print("log_wandb: a report and a run were logged offline and read back")


if __name__ == "__main__":
    main()
