"""The seeded stream of problems, and the rule that keeps held-out questions out of it.

A question belongs to the held-out side when the first byte of its SHA-256 is below
HELD_OUT_BYTES; training drops those, so the two sides can't share a question.
"""

import hashlib

from .generators import KINDS, SHARES

HELD_OUT_BYTES = 8
_GREETINGS = ["Hello. ", "Please help. ", "Question: ", "Please work this out. ", "Dispatch here. "]


def is_held_out(question):
    return hashlib.sha256(question.encode()).digest()[0] < HELD_OUT_BYTES


def roughen(rng, question):
    """What people type is not tidy: greetings, a missing last mark."""
    if rng.random() < 0.06:
        question = rng.choice(_GREETINGS) + question
    if rng.random() < 0.06 and question[-1] in "?.":
        question = question[:-1]
    return question


def training_problem(rng, ceiling=1.0):
    """A problem and its roughened question; neither wording is on the held-out side."""
    kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
    while True:
        problem = KINDS[kind].make(rng, ceiling)
        question = roughen(rng, problem.question)
        if not is_held_out(problem.question) and not is_held_out(question):
            return problem, question


def held_out_problem(rng, kind, unseen):
    while True:
        problem = KINDS[kind].make(rng, 1.0, unseen)
        if is_held_out(problem.question):
            return problem
