"""The kinds of question; each module has KIND and `make(rng, view)`: (text, answer) or None."""

from dataclasses import dataclass

from . import colour, count, damage, marker, nearest, path, place, relation

KINDS = {module.KIND: module for module in (count, colour, relation, nearest, damage, marker, path, place)}
# How often each kind is tried on a view, so that no kind is rare.
TRIES = {"count": 2, "colour": 2, "relation": 2, "nearest": 3, "damage": 2, "marker": 2, "path": 2, "place": 1}


@dataclass(frozen=True)
class Question:
    kind: str
    text: str
    answer: str


def ask(rng, view):
    """Different questions on a view, a few of each kind that it allows."""
    found = {}
    for kind, module in KINDS.items():
        for _ in range(TRIES[kind]):
            made = module.make(rng, view)
            if made:
                found.setdefault(made[0], Question(kind, *made))
    return list(found.values())
