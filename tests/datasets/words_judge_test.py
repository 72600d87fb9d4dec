#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rule of datasets/words/judge.py and the verdicts that were stored of it:  words_judge_test.py SOURCE_DIR"""

import importlib.util
import json
import pathlib
import sys
import unittest

WORDS = pathlib.Path(sys.argv[1]) / "datasets/words"
spec = importlib.util.spec_from_file_location("judge", WORDS / "judge.py")
judge = importlib.util.module_from_spec(spec)
spec.loader.exec_module(judge)


def asked(first, second):
    text = f"<problem>\nP\n</problem>\n<solution_1>\n{first}\n</solution_1>\n<solution_2>\n{second}\n</solution_2>"
    return judge.verdict({"messages": [{"content": "compare"}, {"content": text}]})


class Rule(unittest.TestCase):
    def test_wording_and_order_make_no_difference(self):
        verdict = asked("\n9-3=<<9-3=6>>6\n2*6=<<2*6=12>>12\n#### 12", "So 2*6=<<2*6=12>>12, 9-3=<<9-3=6>>6\n#### 12")
        self.assertFalse(verdict["distinct"])
        self.assertEqual(verdict["reason"], "both calculate 2*6=12, 9-3=6")

    def test_another_calculation_does(self):
        verdict = asked("<<6*2=12>>", "\n<<6+6=12>>")
        self.assertTrue(verdict["distinct"])
        self.assertEqual(verdict["reason"], "6*2=12 against 6+6=12")


class Stored(unittest.TestCase):
    def test_verdicts_follow_from_their_reasons(self):
        lines = [json.loads(line) for line in (WORDS / "judgements.jsonl").read_text().splitlines()]
        self.assertEqual(len({line["id"] for line in lines}), len(lines))
        for line in lines:
            self.assertEqual((line["status"], line["model"]), ("ok", "same-calculations"))
            one, _, other = line["reason"].removeprefix("both calculate ").partition(" against ")
            self.assertEqual(line["distinct"], bool(other) and one != other, line["id"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
