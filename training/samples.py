"""The seeded stream of problems, and the rule that keeps held-out questions out of it.

A question belongs to the held-out side when the first byte of its SHA-256 is below
HELD_OUT_BYTES; training drops those, so the two sides can't share a question.
"""

import hashlib
import re

from .generators import KINDS, SHARES

HELD_OUT_BYTES = 8
_GREETINGS = ["Hello. ", "Please help. ", "Question: ", "Please work this out. ", "Dispatch here. ", "Hi, ", "Quick question. ", "OK, ", "Please: "]
_THANKS = [" Thanks.", " Thank you.", " Please.", " please"]
_SMALL = re.compile(r" (?:the|a|of|it|that|now|is|are|there|then|has|does)(?= )")


_UNITS = [(" kg", ["kg", " kilos", " kilograms"]), (" %", ["%", " percent"]), (" km/h", ["km/h", " kph", " km per hour"]), (" minutes", [" min", " mins"]), (" km", ["km", " kilometres"])]
_NUMBERS = "two three four five six seven eight nine ten eleven twelve".split()
_NUMBER = re.compile(r"(?<=[ ,])(?:[2-9]|1[0-2])(?= [a-z])")


def is_held_out(question):
    return hashlib.sha256(question.encode()).digest()[0] < HELD_OUT_BYTES


def respell(rng, question):
    """Other spellings of the units or, now and then, small numbers as words."""
    if rng.random() < 0.12:
        for unit, others in _UNITS:
            question = re.sub(re.escape(unit) + r"(?![a-z/])", rng.choice(others), question)
    if rng.random() < 0.04:
        question = _NUMBER.sub(lambda found: _NUMBERS[int(found.group()) - 2], question)
    return question


def roughen(rng, question):
    """What people type is not tidy: other units, greetings, thanks, a lost small word, a missing last mark."""
    question = respell(rng, question)
    if rng.random() < 0.1:
        question = rng.choice(_GREETINGS) + question
    if rng.random() < 0.1:
        spots = list(_SMALL.finditer(question))
        if spots:
            spot = rng.choice(spots)
            question = question[: spot.start()] + question[spot.end() :]
    if rng.random() < 0.1 and question[-1] in "?.":
        question = question[:-1]
    if rng.random() < 0.1:
        question = question[0].lower() + question[1:]
    return question + rng.choice(_THANKS) if rng.random() < 0.05 else question


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
