"""Counting: things come and go, how many are there at the end."""

from ..problem import Problem, reach
from ..working import Working
from . import names

KIND = "count"
_START = [
    "{place} holds {n} {things}.",
    "There are {n} {things} at {place}.",
    "{place} starts the day with {n} {things}.",
    "{place} has {n} {things}.",
]
_PLUS = ["{b} {things} arrive.", "{machine} brings {b} more.", "{b} more come in.", "Then {b} are added.", "{person} adds {b} more."]
_MINUS = ["{b} {things} leave.", "{machine} takes {b} away.", "{b} are used.", "Then {b} are removed.", "{b} of them break."]
_PACKS = ["{a} pallets with {b} {things} each arrive.", "{machine} brings {a} loads of {b}.", "Then {a} racks of {b} come in."]
_TRIPS = ["{machine} makes {a} trips and takes {b} each time.", "{a} orders of {b} leave.", "{a} teams take {b} each."]
_ASK = [
    "How many {things} are there now?",
    "How many {things} are left?",
    "How many {things} does {place} hold now?",
    "How many are there in the end?",
    "What is the count now?",
]
_UNSEEN = [
    "What is the number of {things} at {place} after all this? {story}",
    "{story} Tell me the final number of {things}.",
    "How many {things} remain? {story}",
]


def _event(rng, working, stock):
    """One change: its sentence patterns, its numbers and the new stock."""
    a = rng.randint(2, 9)
    options = ["plus", "packs"] + (["minus"] if stock >= 4 else []) + (["trips"] if stock >= 2 * a else [])
    choice = rng.choice(options)
    if choice == "plus":
        b = rng.randint(2, 60)
        return _PLUS, a, b, working.add(stock, b)
    if choice == "minus":
        b = rng.randint(2, min(60, stock))
        return _MINUS, a, b, working.subtract(stock, b)
    b = rng.randint(2, 15) if choice == "packs" else rng.randint(1, min(15, stock // a))
    moved = working.multiply(a, b)
    if choice == "packs":
        return _PACKS, a, b, working.add(stock, moved)
    return _TRIPS, a, b, working.subtract(stock, moved)


def make(rng, ceiling=1.0, unseen=False):
    steps = reach(rng, ceiling, 1, 6)
    place = names.opening(names.sites(rng, 1)[0])
    things = names.goods(rng, 1)[0]
    working, stock = Working(), rng.randint(5, 120)
    story = [rng.choice(_START).format(place=place, n=stock, things=things)]
    for _ in range(steps):
        frames, a, b, stock = _event(rng, working, stock)
        machine = names.titled(rng, names.machines(rng, 1)[0])
        story.append(rng.choice(frames).format(a=a, b=b, things=things, machine=machine, person=rng.choice(names.PEOPLE)))
    text = " ".join(story)
    if unseen:
        question = rng.choice(_UNSEEN).format(story=text, things=things, place=place)
    else:
        question = f"{text} {rng.choice(_ASK).format(things=things, place=place)}"
    return Problem(KIND, question, working.text(f"{place} has {stock} {things}."), steps)
