"""Left or right of, nearer or farther than another thing."""

from ..view import ASKED
from .nearest import clearly_nearest, surprising

KIND = "relation"
GAP = 100


def make(rng, view):
    singles = [sight for sight in map(view.single, ASKED) if sight]
    if len(singles) < 2:
        return None
    one, other = rng.sample(singles, 2)
    a, b = one.thing.kind, other.thing.kind
    if rng.random() < 0.6:
        gap = one.across - other.across
        return (f"is the {a} left or right of the {b}?", "right" if gap > 0 else "left") if abs(gap) > GAP else None
    best = clearly_nearest([one, other])
    if not best or not surprising(rng, best, [one, other]):
        return None
    return (f"is the {a} nearer or farther than the {b}?", "nearer" if best is one else "farther")
