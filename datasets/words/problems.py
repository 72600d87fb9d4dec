# SPDX-License-Identifier: MIT
"""Arithmetic word problems in miniature, and the tokenizer of the demo model `words`.

A problem is a first sentence with a number, one to four things that happen to it, and a question.
Its solution is in the layout of GSM8K: a line per step with a calculator annotation `<<7+5=12>>`
and a last line `#### 12`. All values lie between 2 and 99. A solution has several right wordings
(STYLES), so that sampled solutions of one problem differ and still are right.

A problem is held out when the SHA-256 of its templates and numbers says so (is_held_out): names and
things are not part of it, so no training problem has the sentences and numbers of a held-out one.

    python3 datasets/words/problems.py --out datasets/words/problems.jsonl
"""

import argparse
import hashlib
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors

SPECIALS = ["<unk>", "<bos>", "<eos>", "<pad>"]
UNK, BOS, EOS, PAD = range(4)
SHE = ("Anna Berta Clara Dora Emma Frida Greta Hanna Ida Jana Karla Lena Mia Nora Olga Paula "
       "Rosa Sara Tina Vera Agnes Carla Edith Helen Judith Lydia Maria Ruth Sophie Zoe").split()
HE = ("Adam Ben Carl David Emil Felix Georg Hugo Ivan Jonas Kurt Leo Max Nils Otto Paul "
      "Ralf Simon Tom Victor Anton Daniel Erik Frank Henry Jakob Lukas Moritz Peter Theo").split()
NAMES = SHE + HE
THINGS = (
    "apples bananas lemons oranges plums cookies muffins pancakes eggs nuts carrots onions "
    "potatoes beans books pencils pens stamps cards coins marbles buttons ribbons rings shells "
    "stones feathers flowers tulips roses tickets posters letters photos balloons kites dolls "
    "puzzles stickers candles cups plates spoons bottles keys nails ropes tiles lamps chairs "
    "pears cherries melons rolls peppers olives mushrooms brushes needles hats scarves gloves "
    "socks bells whistles drums maps magnets masks bricks planks hooks pins beads pots bowls "
    "forks towels pillows blankets baubles").split()
PLACES = "kitchen garden attic cellar garage hall shed shop tent library".split()
CONTAINERS = [("bag", "bags"), ("box", "boxes"), ("basket", "baskets"), ("jar", "jars"),
              ("drawer", "drawers"), ("crate", "crates"), ("bucket", "buckets"), ("tin", "tins")]
LEAST, MOST = 2, 99  # of every value in a problem
HELD_OUT_ONE_IN = 16
STEPS = (1, 2, 3, 4)

# Sentences of the question. N owns the things T, M is somebody else, C a container, P a place,
# x a new number; lower-case names are pronouns of N.
OWNED = ["{N} has {x} {T}.", "{N} collects {x} {T}.", "{N} starts the day with {x} {T}."]
STORED = ["There are {x} {T} in the {P}.", "{M} keeps {x} {T} in the {P}."]
PACKED = ["{N} has {v} {C} with {x} {T} in each.", "{N} buys {v} {C}. Each {c} has {x} {T}."]
OWNED_EVENTS = {
    "+": ["{He} buys {x} more.", "{M} gives {him} {x} more {T}.", "{He} finds {x} {T} in the {P}."],
    "-": ["{He} gives {x} of them to {M}.", "{He} loses {x} {T}.", "{He} sells {x} of the {T}."],
}
STORED_EVENTS = {
    "+": ["{M} brings {x} more.", "{M} puts {x} more {T} there."],
    "-": ["{M} takes {x} of them away.", "{M} uses {x} {T}."],
}
TIMES = ["{M} has {x} times as many {T} as {N}.", "{M} has {x} times that number of {T}."]
NOW = ["How many {T} does {N} have now?", "How many {T} does {he} have in the end?"]
# Last steps with their own question: operation, sentences and question, subject of the solution.
OWNED_LAST = [
    ("/", "{He} puts them into {x} {C}, the same number in each. How many {T} are in each {c}?",
     "Each {c} has {e} {T}."),
    ("/", "{He} shares them equally among {x} friends. How many {T} does each friend get?",
     "Each friend gets {e} {T}."),
    ("*", "{He} sells all of them for {x} dollars each. How many dollars does {he} get?",
     "{N} gets {e} dollars."),
    ("+", "{M} has {x} {T}. How many {T} do they have together?", "They have {e} {T} together."),
    ("-", "{M} has {x} {T}. How many more {T} does {N} have than {M}?",
     "{N} has {e} more {T} than {M}."),
]
CONNECTORS = [("", 0.6), ("So ", 0.25), ("Now ", 0.15)]
TERSE_SHARE, SWAPPED_SHARE = 0.3, 0.2  # of the solutions; of the sums and products


@dataclass
class Step:
    """`left operation right = value`, and the sentence that says so around `{e}`."""

    left: int
    operation: str
    right: int
    value: int
    sentence: str


@dataclass
class Problem:
    """A question with its steps; `key` is what the split between training and held out sees."""

    question: str = ""
    steps: list = field(default_factory=list)
    key: list = field(default_factory=list)

    def answer(self):
        return self.steps[-1].value


def operand(rng, operation, value):
    """A number for `value operation number` with a result in range, or None."""
    if operation == "+":
        return rng.randint(LEAST, min(40, MOST - value)) if value <= MOST - LEAST else None
    if operation == "-":
        return rng.randint(LEAST, min(40, value - LEAST)) if value >= 2 * LEAST else None
    if operation == "*":
        return rng.randint(2, min(9, MOST // value)) if 2 * value <= MOST else None
    exact = [n for n in range(2, 10) if value % n == 0 and value // n >= LEAST]
    return rng.choice(exact) if exact else None


def apply(left, operation, right):
    """The result of a step; division is exact."""
    return {"+": left + right, "-": left - right, "*": left * right, "/": left // right}[operation]


class Writer:
    """Puts one problem together, sentence by sentence."""

    def __init__(self, rng):
        self.rng, self.problem, self.value = rng, Problem(), 0
        self.owner, self.other, self.third = rng.sample(NAMES, 3)
        self.things = rng.choice(THINGS)
        self.container, self.place = rng.choice(CONTAINERS), rng.choice(PLACES)
        self.says = "{N} has {e} {T}."

    def fill(self, template, number=None):
        """The sentence of a template."""
        she = self.owner in SHE
        words = {"N": self.owner, "M": self.other, "T": self.things, "P": self.place,
                 "C": self.container[1], "c": self.container[0], "x": number, "v": self.value,
                 "e": "{e}", "he": "she" if she else "he", "him": "her" if she else "him",
                 "He": "She" if she else "He"}
        return template.format(**words)

    def say(self, template, number=None):
        """Adds a sentence to the question."""
        self.problem.question += " " + self.fill(template, number)
        self.problem.key += [template] if number is None else [template, number]

    def step(self, operation, number, sentence):
        """Adds a step to the solution."""
        value = apply(self.value, operation, number)
        self.problem.steps.append(
            Step(self.value, operation, number, value, self.fill(sentence)))
        self.value = value

    def event(self, events):
        """Something is added or taken away."""
        operation = self.rng.choice("+-")
        number = operand(self.rng, operation, self.value)
        if number is None:
            operation = "-" if operation == "+" else "+"
            number = operand(self.rng, operation, self.value)
        self.say(self.rng.choice(events[operation]), number)
        self.step(operation, number, self.says)

    def times(self):
        """Somebody else has a multiple; from then on it is about them. False: out of range."""
        number = operand(self.rng, "*", self.value)
        if number is None:
            return False
        self.say(self.rng.choice(TIMES), number)
        self.owner, self.other, self.third = self.other, self.third, self.owner
        self.step("*", number, self.says)
        return True

    def last(self):
        """A last step that brings its own question. False: out of range."""
        operation, template, sentence = self.rng.choice(OWNED_LAST)
        number = operand(self.rng, operation, self.value)
        if number is None:
            return False
        self.say(template, number)
        self.step(operation, number, sentence)
        return True

    def start(self):
        """The first sentence; the packed kind is a step as well."""
        rng = self.rng
        kind = rng.choices(["owned", "stored", "packed"], [5, 2, 2])[0]
        if kind == "packed":
            self.value = rng.randint(2, 9)
            number = rng.randint(2, min(20, MOST // self.value))
            self.problem.key.append(self.value)
            self.say(rng.choice(PACKED), number)
            self.step("*", number, self.says)
        else:
            self.value = rng.randint(3, 60 if rng.random() < 0.5 else 12)
            self.say(rng.choice(OWNED if kind == "owned" else STORED), self.value)
            if kind == "stored":
                self.says = "There are {e} {T} in the {P}."
        return kind

    def write(self, steps):
        """The problem."""
        kind = self.start()
        while len(self.problem.steps) < steps:
            if kind == "stored":
                self.event(STORED_EVENTS)
                continue
            is_last = len(self.problem.steps) == steps - 1
            if is_last and self.rng.random() < 0.6 and self.last():
                return self.done()
            if self.rng.random() < 0.2 and self.times():
                continue
            self.event(OWNED_EVENTS)
        self.say("How many {T} are in the {P} now?" if kind == "stored" else self.rng.choice(NOW))
        return self.done()

    def done(self):
        self.problem.question = self.problem.question.strip()
        return self.problem


def is_held_out(problem):
    """Does the problem belong to the evaluation? A function of its templates and numbers alone."""
    digest = hashlib.sha256(json.dumps(problem.key).encode("ascii")).digest()
    return digest[0] % HELD_OUT_ONE_IN == 0


def draw(rng, steps, held_out):
    """A problem of `steps` steps on one side of the split."""
    while True:
        problem = Writer(rng).write(steps)
        if is_held_out(problem) == held_out:
            return problem


def solution(problem, rng=None):
    """A right solution; without `rng` the most frequent wording."""
    terse = rng is not None and rng.random() < TERSE_SHARE
    lines = []
    for step in problem.steps:
        left, right = step.left, step.right
        if rng is not None and step.operation in "+*" and rng.random() < SWAPPED_SHARE:
            left, right = right, left
        sum_ = f"{left}{step.operation}{right}"
        text = f"{sum_}=<<{sum_}={step.value}>>{step.value}"
        if not terse:
            text = step.sentence.replace("{e}", text)
            if rng is not None:
                words, weights = zip(*CONNECTORS)
                text = rng.choices(words, weights)[0] + text
        lines.append(text)
    # After a connector a sentence goes on in lower case where it begins with no name.
    for first in ("There", "They", "Each"):
        lines = [line.replace(f" {first} ", f" {first.lower()} ") for line in lines]
    return "\n".join([*lines, f"#### {problem.answer()}"])


def vocabulary():
    """Every token, in the order of the ids. A word carries the space before it."""
    templates = [*OWNED, *STORED, *PACKED, *TIMES, *NOW, "How many {T} are in the {P} now?"]
    for events in (OWNED_EVENTS, STORED_EVENTS):
        templates += sum(events.values(), [])
    templates += sum(([question, sentence] for _, question, sentence in OWNED_LAST), [])
    letters = "".join(c if c.isalpha() else " " for t in templates for c in blank(t) + " ")
    words = set(letters.split()) | {"he", "she", "him", "her", "He", "She", "there", "they"}
    words |= {*NAMES, *THINGS, *PLACES} | {word for pair in CONTAINERS for word in pair}
    words -= {"There", "They"}
    first = sorted(NAMES) + ["Each", "Now", "So", "There", "They"]  # of a text or a line
    marks = ["\n", " ", *"0123456789", *"+-*/=", "<<", ">>", "####", ".", ",", "?"]
    return SPECIALS + marks + first + [" " + word for word in sorted(words)]


def blank(template):
    """A template without its fields."""
    return template.format(**{name: "" for name in
                              ("N", "M", "T", "P", "C", "c", "x", "v", "e", "he", "him", "He")})


def tokenizer():
    """A token per word with the space before it, per digit and per mark; encoding puts BOS first.
    Decoding is joining, so that a known text comes back byte by byte."""
    ids = {token: i for i, token in enumerate(vocabulary())}
    made = Tokenizer(models.WordLevel(ids, "<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split(
        Regex(r"<<|>>|####| ?[A-Za-z]+|[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    made.add_special_tokens([AddedToken(token, special=True) for token in SPECIALS])
    made.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A $B", special_tokens=[("<bos>", BOS)])
    return made


def stratified(rng, per_stratum, held_out=True):
    """`per_stratum` different problems for each number of steps, as pairs (steps, problem)."""
    chosen, seen = [], set()
    for steps in STEPS:
        count = 0
        while count < per_stratum:
            problem = draw(rng, steps, held_out)
            if json.dumps(problem.key) not in seen:
                seen.add(json.dumps(problem.key))
                chosen.append((steps, problem))
                count += 1
    return chosen


def main():
    parser = argparse.ArgumentParser(description="Writes held-out problems as a prompt file.")
    parser.add_argument("--out", type=Path, required=True, help="the JSONL file to write")
    parser.add_argument("--per-stratum", type=int, default=25)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    lines = [json.dumps({"id": f"words-{n:03}", "question": problem.question,
                         "answer": solution(problem), "meta": {"steps": steps}})
             for n, (steps, problem) in enumerate(
                 stratified(random.Random(options.seed), options.per_stratum))]
    options.out.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
