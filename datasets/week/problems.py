# SPDX-License-Identifier: MIT
"""Problems about a week, for the demo model of latent thoughts `week`, and its tokenizer.

Somebody has a number of things on Sunday, and on each of the two to six days from Monday on
something happens to it: 2 to 6 are added or taken away, or it is doubled, tripled or halved. Only
the first sentence has a fixed place; the days are told in any order. So a reader cannot compute
along the way: the steps have to be done one after the other at the end. All values lie between 1
and 50, and each number is one token.

A problem is held out when the SHA-256 of its calculation says so (is_held_out): no training problem
has the calculation of a held-out one, whatever the words and the order of the sentences.

    python3 datasets/week/problems.py --problems datasets/week/problems.jsonl \\
        --pairs datasets/week/pairs.json

needs the standard library only.
"""

import argparse
import hashlib
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

SPECIALS = ["<unk>", "<bos>", "<eos>"]
UNK, BOS, EOS = range(3)
SHE = "Anna Clara Emma Ida Lena Mia Nora Rosa".split()
HE = "Ben Carl Emil Hugo Jonas Max Otto Tom".split()
NAMES = SHE + HE
THINGS = ("apples beans books buttons cards coins cups eggs kites lemons marbles nuts pens plums "
          "shells stamps").split()
START_DAY = "Sunday"
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday".split()
STEPS = (2, 3, 4, 5, 6)
MOST = 50  # of every value; the least is 1
FIRST_LEAST, FIRST_MOST = 3, 40
NUMBERS = {"+": range(2, 7), "-": range(2, 7), "*": (2, 3), "/": (2,)}
WEIGHTS = {"+": 3, "-": 3, "*": 3, "/": 3}  # of the operations that stay in range
HELD_OUT_ONE_IN = 16
# Problems of the file by number of steps: a hundred in each of the strata 2, 3, 4, 5 and more.
PER_STEPS = {2: 100, 3: 100, 4: 100, 5: 50, 6: 50}
PAIRS_PER_STEPS = 12

# Every event has the same number of tokens, so questions of equally many steps have the same length.
START = "{N} has {x} {T} on {d}."
EVENTS = {
    "+": ["{He} buys {x} on {d}.", "{He} finds {x} on {d}.", "{He} wins {x} on {d}."],
    "-": ["{He} sells {x} on {d}.", "{He} loses {x} on {d}.", "{He} drops {x} on {d}."],
    "*2": ["{He} doubles them on {d}."],
    "*3": ["{He} triples them on {d}."],
    "/2": ["{He} halves them on {d}."],
}
QUESTION = "How many {T} does {N} have?"
SOLUTION = "{N} has {e} {T} on {d}."


@dataclass(frozen=True)
class Calculation:
    """A first value and what is done to it in turn: pairs of operation and number."""

    start: int
    steps: tuple

    def values(self):
        """The first value and the result of every step; None where one is out of range or a
        division has a remainder."""
        made = [self.start]
        for operation, number in self.steps:
            value = apply(made[-1], operation, number)
            if value is None:
                return None
            made.append(value)
        return made


@dataclass(frozen=True)
class Problem:
    """A calculation in words; `order` is the order in which its days are told."""

    calculation: Calculation
    owner: str
    things: str
    templates: tuple  # one for each step
    order: tuple

    def fill(self, template, day, number):
        she = self.owner in SHE
        return template.format(d=day, x=number, e=number, N=self.owner, T=self.things,
                               He="She" if she else "He")

    def question(self):
        told = [self.fill(START, START_DAY, self.calculation.start)]
        for step in self.order:
            told.append(self.fill(self.templates[step], DAYS[step],
                                  self.calculation.steps[step][1]))
        return " ".join([*told, self.fill(QUESTION, "", "")])

    def answer(self):
        return self.calculation.values()[-1]

    def solution(self):
        """The steps in order of the days, in the layout of GSM8K."""
        values, lines = self.calculation.values(), []
        for step, (operation, number) in enumerate(self.calculation.steps):
            sum_ = f"{values[step]}{operation}{number}"
            text = f"{sum_}=<<{sum_}={values[step + 1]}>>{values[step + 1]}"
            lines.append(self.fill(SOLUTION, DAYS[step], text))
        return "\n".join([*lines, f"#### {self.answer()}"])


def apply(value, operation, number):
    """`value operation number`, or None where that is no whole number from 1 to MOST."""
    if operation == "/":
        return value // number if value % number == 0 else None
    made = {"+": value + number, "-": value - number, "*": value * number}[operation]
    return made if 1 <= made <= MOST else None


def draw_calculation(rng, count):
    """A calculation of `count` steps. Every value leaves one possible: 2 can be added or taken."""
    value = start = rng.randint(FIRST_LEAST, FIRST_MOST)
    steps = []
    while len(steps) < count:
        operation = rng.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
        number = rng.choice(NUMBERS[operation])
        made = apply(value, operation, number)
        if made is not None:
            steps.append((operation, number))
            value = made
    return Calculation(start, tuple(steps))


def is_held_out(calculation):
    """Does the calculation belong to the evaluation?"""
    key = json.dumps([calculation.start, calculation.steps])
    return hashlib.sha256(key.encode("ascii")).digest()[0] % HELD_OUT_ONE_IN == 0


def draw(rng, count, held_out):
    """A problem of `count` steps on one side of the split."""
    while True:
        calculation = draw_calculation(rng, count)
        if is_held_out(calculation) == held_out:
            return in_words(rng, calculation)


def events(operation, number):
    """The sentences for a step."""
    return EVENTS[operation if operation in EVENTS else f"{operation}{number}"]


def in_words(rng, calculation):
    """Random words for a calculation."""
    templates = tuple(rng.choice(events(*step)) for step in calculation.steps)
    order = list(range(len(templates)))
    rng.shuffle(order)
    return Problem(calculation, rng.choice(NAMES), rng.choice(THINGS), templates,
                   tuple(order))


def corrupted(rng, problem, place):
    """The problem with the number of one place changed, 0 for the first value and k for step k, so
    that the answer is another and the calculation is held out as well. None where no number does
    that, or the step has none: doubling, tripling and halving are words of their own."""
    calculation = problem.calculation
    if place > 0 and calculation.steps[place - 1][0] not in "+-":
        return None
    numbers = NUMBERS["+"] if place > 0 else range(FIRST_LEAST, FIRST_MOST + 1)
    found = []
    for number in numbers:
        steps = list(calculation.steps)
        if place > 0:
            steps[place - 1] = (steps[place - 1][0], number)
        other = Calculation(calculation.start if place > 0 else number, tuple(steps))
        values = other.values()
        if values and values[-1] != problem.answer() and is_held_out(other):
            found.append(other)
    if not found:
        return None
    return Problem(rng.choice(found), problem.owner, problem.things, problem.templates,
                   problem.order)


def vocabulary():
    """Every token, in the order of the ids."""
    templates = [START, QUESTION, *(t for kind in EVENTS.values() for t in kind)]
    words = {word for t in templates for word in re.findall(r"[A-Za-z]+", re.sub(r"{\w+}", "", t))}
    words |= {*NAMES, *THINGS, *DAYS, START_DAY, "He", "She"}
    return [*SPECIALS, *(str(n) for n in range(1, MOST + 1)), ".", "?", *sorted(words)]


TOKEN_IDS = {token: i for i, token in enumerate(vocabulary())}


def encode(text):
    """Ids with BOS first, as tokenizer.json has it."""
    return [BOS] + [TOKEN_IDS.get(t, UNK) for t in re.findall(r"\w+|[^\w\s]+", text)]


def tokenizer_json():
    """The content of tokenizer.json: a token per word, number and mark; encoding puts BOS first."""
    added = [{"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for i, token in enumerate(SPECIALS)]
    first = {"SpecialToken": {"id": "<bos>", "type_id": 0}}
    a, b = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": None, "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {
            "type": "TemplateProcessing", "single": [first, a], "pair": [first, a, b],
            "special_tokens": {"<bos>": {"id": "<bos>", "ids": [BOS], "tokens": ["<bos>"]}}},
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": TOKEN_IDS, "unk_token": "<unk>"}}


def stratified(rng, per_steps):
    """Different held-out problems: `per_steps` gives how many for each number of steps."""
    chosen, seen = [], set()
    for count, wanted in per_steps.items():
        while wanted > 0:
            problem = draw(rng, count, held_out=True)
            if problem.calculation not in seen:
                seen.add(problem.calculation)
                chosen.append(problem)
                wanted -= 1
    return chosen


def pairs(rng, per_steps):
    """`per_steps` pairs (clean, corrupted) of held-out problems for each number of steps, the
    places of the change in turn; no calculation occurs twice."""
    made, seen = [], set()
    for count in STEPS:
        wanted = per_steps
        while wanted > 0:
            clean = draw(rng, count, held_out=True)
            other = corrupted(rng, clean, wanted % (count + 1))
            if other and not {clean.calculation, other.calculation} & seen:
                seen |= {clean.calculation, other.calculation}
                made.append((clean, other))
                wanted -= 1
    return made


def half(problem):
    """A half of a pair as it is written."""
    return {"question": problem.question(), "answer": problem.answer(),
            "reasoning_steps": len(problem.calculation.steps)}


def main():
    parser = argparse.ArgumentParser(description="Writes held-out problems and pairs of them.")
    parser.add_argument("--problems", type=Path, required=True, help="the JSONL file to write")
    parser.add_argument("--pairs", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    lines = [json.dumps({"id": f"week-{n:03}", "question": problem.question(),
                         "answer": problem.solution(),
                         "meta": {"steps": len(problem.calculation.steps)}})
             for n, problem in enumerate(stratified(random.Random(options.seed), PER_STEPS))]
    options.problems.write_text("\n".join(lines) + "\n", encoding="ascii")
    written = [{"pair_id": n, "clean": half(clean), "corrupted": half(other)}
               for n, (clean, other) in enumerate(
                   pairs(random.Random(options.seed + 1), PAIRS_PER_STEPS))]
    options.pairs.write_text(json.dumps(written, indent=2) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
