"""Sums answered at once, with no working: what depth alone can do."""

from ..problem import Problem, reach
from . import names

KIND = "quick"
_ASK = ["Quick: what is {sum}?", "Answer at once: {sum}.", "In one go, what is {sum}?", "Only the result: {sum}.", "Just the number: {sum}?"]
_UNSEEN = ["Without any working, what is {sum}?", "At once, please: {sum}?"]


def _chain(rng, length):
    terms, value = [rng.randint(2, 60)], 0
    value = terms[0]
    text = str(value)
    for _ in range(length):
        if value >= 20 and rng.random() < 0.5 or value > 90:
            term = rng.randint(1, min(value, 60))
            value, text = value - term, f"{text} - {term}"
        else:
            term = rng.randint(1, 99 - value)
            value, text = value + term, f"{text} + {term}"
    return text, value


def make(rng, ceiling=1.0, unseen=False):
    length = reach(rng, ceiling, 1, 5)
    text, value = _chain(rng, length)
    unit = rng.choice(["", "", "", "kg", "minutes", "km", names.GOODS[rng.randrange(len(names.GOODS))]])
    if unit:
        text = f"{text} {unit}"
    question = rng.choice(_UNSEEN if unseen else _ASK).format(sum=text)
    return Problem(KIND, question, f"{value} {unit}.".replace(" .", "."), length)
