#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Areas under the KL curves of 100 random orders of removal of the model `words`, on 20 problems:
writes words_areas.json. Real orders on which the interval of an AUC ratio is judged.

    python3 tests/golden/ablation/words_areas.py build/release/bin
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

here = pathlib.Path(__file__).parent
source = here.parents[2]
extract = str(pathlib.Path(sys.argv[1]) / "extract")
orders, prompts = 100, 20

with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    problems = (source / "datasets/words/problems.jsonl").read_text().splitlines()[:prompts]
    questions = [{"text": json.loads(line)["question"]} for line in problems]
    (folder / "p.jsonl").write_text("".join(json.dumps(q) + "\n" for q in questions))
    model = str(source / "datasets/models/words")
    subprocess.run([extract, "phiid", "--model", model, "--prompts", folder / "p.jsonl",
                    "--generate", "40", "--out", folder / "texts"], check=True)
    subprocess.run([extract, "ablate", "--model", model, "--texts", folder / "texts",
                    "--orders", f"random:0-{orders - 1}", "--removals-per-shard", "200",
                    "--out", folder / "run"], check=True)
    kl = np.full((orders, 17, prompts), np.nan)
    for file in sorted((folder / "run/kl").glob("shard-*.npy")):
        keys = np.load(folder / "run/rows/ablation" / file.name)
        kl[tuple(keys.T)] = np.load(file)
    areas = np.diff(np.arange(17) / 16) @ ((kl[:, 1:] + kl[:, :-1]) / 2)

(here / "words_areas.json").write_text(
    json.dumps({"areas": [[float(f"{area:.5g}") for area in order] for order in areas]}) + "\n")
