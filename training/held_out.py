"""Writes the held-out questions: every one on the held-out side of the hash rule.

    python3 -m training.held_out packages/family-nano/held-out.jsonl

A fifth of each kind uses wordings that training never sees (their ids carry `new`).
"""

import json
import random
import sys

from .generators import KINDS
from .samples import held_out_problem, is_held_out

SEED = 77
EACH = 420
NEW_WORDINGS = 84


def entries():
    rng, asked = random.Random(SEED), set()
    for kind in KINDS:
        made = 0
        while made < EACH:
            new = made < NEW_WORDINGS
            problem = held_out_problem(rng, kind, new)
            if problem.question in asked:
                continue
            asked.add(problem.question)
            name = f"{kind}-{'new-' if new else ''}{made:03d}"
            yield {"id": name, "kind": kind, "question": problem.question, "answer": problem.answer}
            made += 1


def load(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main(path):
    with open(path, "w", encoding="utf-8") as file:
        for entry in entries():
            assert is_held_out(entry["question"])
            file.write(json.dumps(entry, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
