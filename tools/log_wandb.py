#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Logs report folders and run directories of Phiscope to Weights & Biases.

log_wandb.py REPORT|RUN... [--project NAME] [--group NAME] [--max-rows N] [--no-files]

Each folder becomes a run of its own. Of a report (what an analyze program wrote): sources and options as the
configuration, its claims and the numbers of its smaller JSON files as the summary, every table as a wandb.Table with
undefined cells empty, every figure as an image, the folder as an artifact. Of a run directory (what extract wrote):
plan.json as the configuration, and the progress of its logs (rows, tokens, seconds, memory and means of each shard) as
history; arrays stay where they are.

WANDB_MODE=offline writes below WANDB_DIR and sends nothing; `wandb sync` sends it later.
Needs wandb: pip install wandb.
Example: WANDB_MODE=offline tools/log_wandb.py report-steps runs/steps --project thoughts
"""
import argparse
import csv
import json
import pathlib
import re
import sys

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
MOST_NUMBERS = 1000  # of a JSON file in the summary; a file with more is data, which the artifact has


class BadFolder(Exception):
    """One line: what is wrong with a folder."""


def read_json(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadFolder(f"{path}: {error}") from None


def read_table(path):
    """Columns and rows of a CSV file: numbers where every cell of a column is one or empty, None where undefined."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise BadFolder(f"{path}: rows of different lengths, expected a table of an analyze program")
    columns, rows = rows[0], rows[1:]
    for place in range(len(columns)):
        given = [row[place] for row in rows if row[place] != ""]
        is_number = bool(given) and all(NUMBER.fullmatch(cell) for cell in given)
        for row in rows:
            cell = row[place]
            row[place] = None if cell == "" else float(cell) if is_number else cell
    return columns, rows


def numbers_of(value, name=""):
    """{path: number} of a JSON value; Booleans are 0 and 1, null is left out as undefined."""
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    elif isinstance(value, (bool, int, float)):
        return {name: float(value)}
    else:
        return {}
    found = {}
    for member, inner in members:
        found.update(numbers_of(inner, f"{name}/{member}" if name else str(member)))
    return found


def options_of(folder):
    """What summary.txt begins with: a line for each source, and the options of the analysis."""
    lines = (folder / "summary.txt").read_text().split("\n\n")[0].splitlines()
    analysis = [line for line in lines if line.startswith("Analysis: ")]
    return {"sources": [line for line in lines if line not in analysis],
            "analysis": "".join(analysis).removeprefix("Analysis: ")}


def report_of(folder):
    """What is logged of a report folder, without wandb: configuration, summary, tables, pictures (PNG where there is one)."""
    tables = {path.stem: read_table(path) for path in sorted(folder.glob("*.csv"))}
    summary = {}
    columns, rows = tables.get("claims", ([], []))
    for number, row in enumerate(rows):
        summary.update({f"claims/{number}/{column}": cell for column, cell in zip(columns, row)})
    for path in sorted(folder.glob("*.json")):
        numbers = numbers_of(read_json(path)) if path.name != "tables.json" else {}  # that one describes the tables
        if len(numbers) <= MOST_NUMBERS:
            summary.update({f"{path.stem}/{name}": number for name, number in numbers.items()})
    stems = sorted({path.stem for path in folder.iterdir() if path.suffix in (".svg", ".png")})
    pictures = [next(path for path in (folder / f"{stem}.png", folder / f"{stem}.svg") if path.exists()) for stem in stems]
    return options_of(folder), summary, tables, pictures


def history_of(folder):
    """[{name: number}] of the shards in the logs of a run directory, in the order of the shards."""
    shards = {}
    for path in sorted(folder.glob("*.log")):
        for line in path.read_text().splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue  # a task that was killed left half a line, or text for people
            if isinstance(event, dict) and event.get("event") == "shard":
                shards[event["shard"]] = numbers_of({k: v for k, v in event.items() if k not in ("time", "event")})
    return [shards[number] for number in sorted(shards)]


def kind_of(folder):
    if (folder / "plan.json").exists():
        return "run"
    if (folder / "report.html").exists() or (folder / "tables.json").exists():
        return "report"
    raise BadFolder(f"{folder}: neither plan.json nor report.html, expected a run directory or a report folder")


def log_report(wandb, run, folder, options):
    config, summary, tables, pictures = report_of(folder)
    run.config.update(config)
    for name, (columns, rows) in tables.items():
        if len(rows) > options.max_rows:
            print(f"{folder}/{name}.csv: {len(rows)} rows, logged are the first {options.max_rows} (--max-rows); the "
                  "artifact has all", file=sys.stderr)
        run.log({f"tables/{name}": wandb.Table(columns=columns, data=rows[:options.max_rows])})
    for path in pictures:
        picture = wandb.Image(str(path)) if path.suffix == ".png" else wandb.Html(path.read_text())
        run.log({f"figures/{path.stem}": picture})
    run.summary.update(summary)
    if not options.no_files:
        artifact = wandb.Artifact(re.sub(r"[^\w.-]", "-", folder.name), type="report")
        artifact.add_dir(str(folder))
        run.log_artifact(artifact)
    return {"tables": len(tables), "figures": len(pictures), "numbers": len(summary)}


def log_run(run, folder):
    run.config.update(read_json(folder / "plan.json"))
    history = history_of(folder)
    for event in history:
        run.log(event)
    return {"shards": len(history)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="REPORT|RUN")
    parser.add_argument("--project", default="phiscope", help="project to log to (default: phiscope)")
    parser.add_argument("--group", help="group of the runs")
    parser.add_argument("--max-rows", type=int, default=10000, metavar="N",
                        help="rows of a table that are logged at most (default: 10000)")
    parser.add_argument("--no-files", action="store_true", help="log no artifact with the files of a report")
    options = parser.parse_args()
    try:
        kinds = [kind_of(folder) for folder in options.folders]  # before anything is logged
    except BadFolder as error:
        sys.exit(f"error: {error}")
    try:
        import wandb
    except ImportError:
        sys.exit("error: wandb is not installed: pip install wandb")
    for folder, kind in zip(options.folders, kinds):
        run = wandb.init(project=options.project, group=options.group, name=folder.resolve().name, job_type=kind)
        try:
            counts = log_report(wandb, run, folder, options) if kind == "report" else log_run(run, folder)
        except BadFolder as error:
            run.finish(exit_code=1)
            sys.exit(f"error: {error}")
        run.finish()
        print(json.dumps({"folder": str(folder), "kind": kind, **counts}))


if __name__ == "__main__":
    main()
