"""Which of three things is nearest to the camera."""

from ..view import ASKED

KIND = "nearest"
# Kinds by how near they stand as a rule: what a guess goes by.
_RULE = ("sign", "cone", "barrel", "crate", "robot", "person", "panel", "car", "tree", "van", "truck", "tower", "house")
_KEPT = 0.2


def surprising(rng, best, sights):
    """Always where the rule is broken, else now and then, so that guessing by the rule is worth little."""
    expected = min((sight.thing.kind for sight in sights), key=_RULE.index)
    return best.thing.kind != expected or rng.random() < _KEPT


def clearly_nearest(sights):
    """The nearest by a quarter of its distance, or None."""
    ranked = sorted(sights, key=lambda sight: sight.forward)
    if len(ranked) > 1 and ranked[1].forward * 4 < ranked[0].forward * 5:
        return None
    return ranked[0]


def make(rng, view):
    singles = [sight for sight in map(view.single, ASKED) if sight]
    if len(singles) < 3:
        return None
    three = rng.sample(singles, 3)
    best = clearly_nearest(three)
    names = [f"the {sight.thing.kind}" for sight in three]
    if not best or not surprising(rng, best, three):
        return None
    return (f"which is nearest, {names[0]}, {names[1]} or {names[2]}?", best.thing.kind)
