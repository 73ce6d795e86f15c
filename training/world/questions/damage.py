"""Cracked panels, holed roofs, bent masts: whether and how many."""

from ..things import plural
from ..view import UNSEEN

KIND = "damage"
# Pixels of the part that would show the damage.
ENOUGH = {"panel": 110, "house": 110, "tower": 24}
_FRAMES = {
    "panel": ("is any panel damaged?", "is a panel broken?"),
    "house": ("is any roof damaged?", "is there a hole in a roof?"),
    "tower": ("is the mast of the tower bent?", "is the tower damaged?"),
}


def make(rng, view):
    kinds = [kind for kind in ENOUGH if any(sight.pixels >= UNSEEN for sight in view.all(kind))]
    if not kinds:
        return None
    kind = rng.choice(kinds)
    sights = [sight for sight in view.all(kind) if sight.pixels >= UNSEEN]
    clear = [sight for sight in sights if sight.telling >= ENOUGH[kind] and not view.hazy(sight)]
    broken = sum(sight.thing.damaged for sight in clear)
    certain = len(clear) == len(sights)
    if not broken and not certain:
        return None
    if kind == "panel" and broken and certain and rng.random() < 0.4:
        return f"how many {plural(kind)} are damaged?", str(broken)
    return rng.choice(_FRAMES[kind]), "yes" if broken else "no"
