"""Comparison with the working: which arrives first, has most battery left, has most room left."""

from ..problem import Problem, reach
from ..working import Working
from . import names
from .fleet import NOUNS, QUESTIONS, fleet
from .wording import ask, place

KIND = "compare"
_END = {"first": "{} arrives first.", "battery": "{} has the most left.", "room": "{} has the most room."}


def make(rng, ceiling=1.0, unseen=False):
    count = reach(rng, ceiling, 2, 5)
    goal = rng.choice(list(_END))
    group, numbers, best, told = fleet(rng, count, goal)
    working = Working()
    for name, (a, b) in zip(group, numbers):
        (working.divide if goal == "first" else working.subtract)(a, b)
        working.lines[-1] = f"{names.spoken(name)}: {working.lines[-1]}"
    question = place(rng, told, ask(rng, unseen, NOUNS[goal], QUESTIONS[goal]))
    return Problem(KIND, question, working.text(_END[goal].format(best)), count)
