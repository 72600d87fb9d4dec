# SPDX-License-Identifier: MIT
"""Real orders of removal on the demo model `words`: 21 random orders, of which each in turn is
taken for a ranking. Nothing tells it from the other 20."""

import json
from itertools import islice

from programs import run_program

ORDERS = 21  # of one group
TEXTS = 12
STEPS = 20   # generated tokens of each text


def write_texts(place, folder):
    """A run of extract phiid on the first problems of the model's data set."""
    model = place.source / "datasets/models/words"
    with open(place.source / "datasets/words/problems.jsonl") as problems:
        chosen = [json.loads(line) for line in islice(problems, TEXTS)]
    (folder / "prompts.jsonl").write_text("".join(
        json.dumps({"id": each["id"], "text": each["question"]}) + "\n" for each in chosen))
    run_program([place.bin_dir / "extract", "phiid", "--model", model, "--prompts",
                 folder / "prompts.jsonl", "--generate", STEPS, "--threads", 1,
                 "--out", folder / "texts"])


def write_group(place, folder, group):
    """The KL along 21 random orders that no other group has."""
    write_texts(place, folder)
    first = group * ORDERS
    run_program([place.bin_dir / "extract", "ablate", "--model",
                 place.source / "datasets/models/words", "--texts", folder / "texts",
                 "--orders", f"random:{first}-{first + ORDERS - 1}", "--step-size", 2,
                 "--removals-per-shard", 64, "--threads", 1, "--out", folder / "run"])


def name_ranking(run, index):
    """Calls one of the orders a ranking, named as primary before the run."""
    for file in ("plan.json", "manifest.json"):
        whole = json.loads((run / file).read_text())
        plan = whole if file == "plan.json" else whole["plan"]
        for at, order in enumerate(plan["orders"]):
            order["kind"] = "ranking" if at == index else "random"
            order["name"] = "drawn" if at == index else f"random-{at}"
        plan["options"]["primary"] = "drawn"
        (run / file).write_text(json.dumps(whole, indent=1) + "\n")
