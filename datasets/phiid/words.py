# SPDX-License-Identifier: MIT
"""Sixty prompts for phiid in the vocabulary of the demo model `words`: six kinds, ten of each.

Each is a held-out problem of datasets/words/problems.py with three or four steps, so that the model
writes at least 40 tokens before it ends: a series of 30 steps is the least that a decomposition of
four numbers needs. Kinds are by the last step: sums, differences, products, shares, comparisons;
`begun` gives the first line of a solution, which the model continues.

    python3 datasets/phiid/words.py --out datasets/phiid/words.jsonl
"""

import argparse
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "words"))
from problems import draw, solution  # noqa: E402

KINDS = ("sums", "differences", "products", "shares", "comparisons", "begun")
BY_OPERATION = {"+": "sums", "-": "differences", "*": "products", "/": "shares"}
PER_KIND = 10


def kind_of(problem):
    """The kind of a problem, by its last step."""
    if "How many more" in problem.question:
        return "comparisons"
    return BY_OPERATION[problem.steps[-1].operation]


def text_of(problem, kind):
    """What the model is given to continue."""
    if kind != "begun":
        return problem.question
    return problem.question + "\n" + solution(problem).split("\n")[0] + "\n"


def prompts(seed):
    """Ten prompts of each kind; no two have the same templates and numbers."""
    rng = random.Random(seed)
    chosen = {kind: [] for kind in KINDS}
    seen = set()
    while any(len(own) < PER_KIND for own in chosen.values()):
        kind = rng.choice(KINDS)
        problem = draw(rng, 4 if kind == "begun" else rng.choice((3, 4)), held_out=True)
        key = json.dumps(problem.key)
        if kind not in (kind_of(problem), "begun") or key in seen or len(chosen[kind]) == PER_KIND:
            continue
        seen.add(key)
        chosen[kind].append(problem)
    return [{"id": f"{kind}-{n:02}", "text": text_of(problem, kind),
             "meta": {"category": kind, "steps": len(problem.steps)}}
            for kind in KINDS for n, problem in enumerate(chosen[kind], 1)]


def main():
    parser = argparse.ArgumentParser(description="Writes the prompts of phiid for `words`.")
    parser.add_argument("--out", type=Path, required=True, help="the JSONL file to write")
    parser.add_argument("--seed", type=int, default=14)
    options = parser.parse_args()
    lines = [json.dumps(prompt) for prompt in prompts(options.seed)]
    options.out.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
