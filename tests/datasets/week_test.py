#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Problems and pairs of datasets/week:  week_test.py SOURCE_DIR

Reads the questions word by word and computes the answers again.
"""

import collections
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv[1])
DATA = SOURCE / "datasets/week"
WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
ADDS, TAKES = {"buys", "finds", "wins"}, {"sells", "loses", "drops"}
WHOLE = {"doubles": ("*", 2), "triples": ("*", 3), "halves": ("/", 2)}


def read(path):
    return path.read_text(encoding="ascii")


def tokens_of(text):
    return re.findall(r"\w+|[^\w\s]+", text)


def calculation(question):
    """First value and steps [(sign, number)] in order of the days, from the sentences alone."""
    first, *events, asked = re.findall(r"[^.?]+[.?]", question)
    start = re.fullmatch(r"On Sunday (\w+) has (\d+) (\w+)\.", first)
    owner, things = start[1], start[3]
    assert asked.strip() == f"How many {things} does {owner} have?", asked
    by_day = {}
    for event in events:
        day, verb, rest = re.fullmatch(r" On (\w+) s?he (\w+) (\w+)\.", event).groups()
        assert day not in by_day, question
        if verb in WHOLE:
            assert rest == "them"
            by_day[day] = WHOLE[verb]
        else:
            by_day[day] = ("+" if verb in ADDS else {v: "-" for v in TAKES}[verb], int(rest))
    assert sorted(by_day, key=WEEK.index) == WEEK[:len(events)], question
    return int(start[2]), [by_day[day] for day in WEEK[:len(events)]]


def solve(start, steps):
    """The values after every step; all in range and whole."""
    values = [start]
    for sign, number in steps:
        value = values[-1]
        if sign == "/":
            assert value % number == 0
        values.append({"+": value + number, "-": value - number, "*": value * number,
                       "/": value // number}[sign])
        assert 1 <= values[-1] <= 50
    return values


def held_out(start, steps):
    text = json.dumps([start, [[sign, number] for sign, number in steps]])
    return hashlib.sha256(text.encode()).digest()[0] % 16 == 0


class Problems(unittest.TestCase):
    def setUp(self):
        self.problems = [json.loads(line) for line in read(DATA / "problems.jsonl").splitlines()]

    def test_strata(self):
        counts = collections.Counter(p["answer"].count("<<") for p in self.problems)
        self.assertEqual(counts, {2: 100, 3: 100, 4: 100, 5: 50, 6: 50})
        self.assertEqual([p["id"] for p in self.problems], [f"week-{n:03}" for n in range(400)])

    def test_answers(self):
        seen = set()
        for problem in self.problems:
            start, steps = calculation(problem["question"])
            values = solve(start, steps)
            seen.add((start, tuple(steps)))
            self.assertTrue(held_out(start, steps), problem["id"])
            self.assertEqual(problem["meta"], {"steps": len(steps)})
            *lines, last = problem["answer"].split("\n")
            self.assertEqual(last, f"#### {values[-1]}")
            self.assertEqual(len(lines), len(steps))
            for line, day, (sign, number), before, after in zip(lines, WEEK, steps, values,
                                                                values[1:]):
                sum_ = f"{before}{sign}{number}"
                self.assertRegex(line, rf"^On {day} \w+ has {re.escape(sum_)}="
                                       rf"<<{re.escape(sum_)}={after}>>{after} \w+\.$")
        self.assertEqual(len(seen), len(self.problems))

    def test_generator_makes_the_files(self):
        with tempfile.TemporaryDirectory() as folder:
            made = [pathlib.Path(folder) / name for name in ("problems.jsonl", "pairs.json")]
            subprocess.run([sys.executable, DATA / "problems.py", "--problems", made[0], "--pairs",
                            made[1]], check=True)
            for path in made:
                self.assertEqual(path.read_bytes(), (DATA / path.name).read_bytes())


class Pairs(unittest.TestCase):
    def setUp(self):
        self.pairs = json.loads(read(DATA / "pairs.json"))

    def test_one_number_differs(self):
        self.assertEqual([p["pair_id"] for p in self.pairs], list(range(60)))
        changed, counts, seen = collections.Counter(), collections.Counter(), set()
        for pair in self.pairs:
            made = {}
            for name in ("clean", "corrupted"):
                half = pair[name]
                self.assertEqual(sorted(half), ["answer", "question", "reasoning_steps"])
                start, steps = calculation(half["question"])
                self.assertEqual(half["answer"], solve(start, steps)[-1])
                self.assertEqual(half["reasoning_steps"], len(steps))
                self.assertTrue(held_out(start, steps))
                made[name] = [start, *steps]
                seen.add(str(made[name]))
            self.assertNotEqual(pair["clean"]["answer"], pair["corrupted"]["answer"])
            words = [tokens_of(pair[name]["question"]) for name in made]
            self.assertEqual(len(words[0]), len(words[1]))
            differing = [(a, b) for a, b in zip(*words) if a != b]
            self.assertEqual(len(differing), 1)
            self.assertTrue(all(word.isdigit() for word in differing[0]))
            places = [n for n, (a, b) in enumerate(zip(*made.values())) if a != b]
            self.assertEqual(len(places), 1)
            changed[places[0]] += 1
            counts[len(made["clean"]) - 1] += 1
        self.assertEqual(counts, {2: 12, 3: 12, 4: 12, 5: 12, 6: 12})
        self.assertEqual(len(seen), 120)
        self.assertEqual(sorted(changed), list(range(7)))  # the first value and every step


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
