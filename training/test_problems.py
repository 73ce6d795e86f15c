"""Checks of the generators and the held-out rule; needs no torch. Run: python3 -m unittest discover -t . -s training"""

import json
import random
import re
import unittest
from pathlib import Path

from .generators import KINDS, SHARES
from .held_out import load
from .samples import is_held_out, training_problem

HELD_OUT = Path(__file__).parents[1] / "packages/family-nano/held-out.jsonl"
_LINE = re.compile(r"(\d+) ([-+x/]) (\d+) = (\d+)\.")


def problems(kind, count=300):
    rng = random.Random(f"test-{kind}")
    return [KINDS[kind].make(rng, 1.0, index % 4 == 0) for index in range(count)]


class Generators(unittest.TestCase):
    def test_shares_cover_every_kind(self):
        self.assertEqual(set(SHARES), set(KINDS))
        self.assertAlmostEqual(sum(SHARES.values()), 1.0)

    def test_same_seed_same_problems(self):
        for kind in KINDS:
            self.assertEqual(problems(kind, 20), problems(kind, 20))

    def test_every_written_line_is_true(self):
        operations = {"+": int.__add__, "-": int.__sub__, "x": int.__mul__, "/": int.__floordiv__}
        for kind in KINDS:
            for problem in problems(kind):
                for left, sign, right, result in _LINE.findall(problem.answer):
                    self.assertEqual(operations[sign](int(left), int(right)), int(result), problem)

    def test_sums_are_right(self):
        for problem in problems("quick"):
            found = re.search(r"\d+(?: [-+] \d+)+", problem.question)
            if found:
                self.assertEqual(eval(found.group()), int(problem.answer.rstrip(".").split()[0]))  # digits and signs only

    def test_routes_follow_the_told_links(self):
        for kind in ("route", "hops"):
            for problem in problems(kind):
                for one, two in re.findall(r"([A-Z]\w+) to ([A-Z]\w+)\.", problem.answer):
                    told = problem.question.replace("from ", "")
                    self.assertRegex(told, rf"{one} (to|->|leads to|goes to) {two}|{one} comes {two}", problem)

    def test_plans_are_json(self):
        for problem in problems("plan"):
            plan = json.loads(problem.answer)
            self.assertIn(plan["unit"].lower(), problem.question.lower())

    def test_a_machine_without_a_name_is_spoken_of_as_the(self):
        for kind in ("load", "energy", "travel"):
            for problem in problems(kind, 600):
                self.assertNotRegex(problem.answer, r"\b([Mm]y|[Oo]ur|[Tt]his|A) ", problem)
        answers = " ".join(problem.answer for problem in problems("energy", 600))
        self.assertRegex(answers, r"The truck has \d+ % left")

    def test_no_wording_is_empty(self):
        for kind in KINDS:
            for problem in problems(kind):
                self.assertNotRegex(problem.question, r"^\s|  |\{|\}", problem)

    def test_ceiling_keeps_the_first_problems_easy(self):
        rng = random.Random(3)
        self.assertLessEqual(max(KINDS["count"].make(rng, 0.2).steps for _ in range(200)), 2)


class HeldOut(unittest.TestCase):
    def test_file_is_on_the_held_out_side(self):
        entries = load(HELD_OUT)
        self.assertGreaterEqual(len(entries), 4000)
        self.assertLess(HELD_OUT.stat().st_size, 1_300_000)
        self.assertEqual(len({entry["question"] for entry in entries}), len(entries))
        self.assertTrue(all(is_held_out(entry["question"]) for entry in entries))

    def test_training_never_draws_a_held_out_question(self):
        rng, held = random.Random("nano-1"), {entry["question"] for entry in load(HELD_OUT)}
        for _ in range(5000):
            problem, question = training_problem(rng)
            self.assertFalse(is_held_out(question))
            self.assertNotIn(question, held)
            self.assertNotIn(problem.question, held)


if __name__ == "__main__":
    unittest.main()
