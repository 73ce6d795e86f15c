"""Comparison: which machine arrives first, has most battery left, has most room left."""

from ..problem import Problem, reach
from ..working import Working
from . import names

KIND = "compare"
_FACTS = {
    "first": ["{m} has {a} km to go at {b} km/h.", "{m} is {a} km away and moves at {b} km/h.", "{m} must drive {a} km at {b} km/h."],
    "battery": ["{m} has {a} % and needs {b} %.", "{m} is at {a} % and will use {b} %.", "{m} starts with {a} % and spends {b} %."],
    "room": ["{m} can carry {a} kg and has {b} kg on board.", "{m} takes {a} kg and already holds {b} kg.", "The limit of {m} is {a} kg and it carries {b} kg."],
}
_ASK = {
    "first": ["Which one arrives first?", "Who is there first?", "Which is the first to arrive?", "Which one is faster there?"],
    "battery": ["Which one has most battery left?", "Who ends with the most charge?", "Which has the most left?"],
    "room": ["Which one has most room left?", "Which can take the most more?", "Who has the most free capacity?"],
}
_UNSEEN = {
    "first": ["Tell me which one gets there first. {facts}", "{facts} Which of them arrives before the others?"],
    "battery": ["Tell me which one keeps the most battery. {facts}", "{facts} Who has more charge at the end than the others?"],
    "room": ["Tell me which one has the most space. {facts}", "{facts} Where does the most still fit?"],
}
_END = {"first": "{} arrives first.", "battery": "{} has the most left.", "room": "{} has the most room."}


def _numbers(rng, ask, value):
    """Two given numbers whose quotient or difference is `value`."""
    if ask == "first":
        speed = rng.randint(3, 60)
        return value * speed, speed
    if ask == "battery":
        used = rng.randint(2, max(2, 100 - value))
        return value + used, used
    used = rng.randint(5, 80)
    return value + used, used


def make(rng, ceiling=1.0, unseen=False):
    count = reach(rng, ceiling, 2, 4)
    ask = rng.choice(["first", "battery", "room"])
    values = rng.sample(range(2, 13) if ask == "first" else range(3, 90), count)
    group = names.machines(rng, count)
    working, facts = Working(), []
    for name, value in zip(group, values):
        a, b = _numbers(rng, ask, value)
        (working.divide if ask == "first" else working.subtract)(a, b)
        working.lines[-1] = f"{names.opening(name)}: {working.lines[-1]}"
        facts.append(names.opening(rng.choice(_FACTS[ask]).format(m=name, a=a, b=b)))
    best = min(values) if ask == "first" else max(values)
    answer = working.text(_END[ask].format(names.opening(group[values.index(best)])))
    told = " ".join(facts)
    question = rng.choice(_UNSEEN[ask]).format(facts=told) if unseen else f"{told} {rng.choice(_ASK[ask])}"
    return Problem(KIND, question, answer, count)
