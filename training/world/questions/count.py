"""How many there are; numbers are drawn first, so that small ones don't win."""

from ..things import plural
from ..view import ASKED

KIND = "count"
MOST = 6
_WEIGHTS = (2, 4, 5, 6, 7, 8, 8)
_FRAMES = ("how many {} are there?", "how many {} can you see?", "count the {}.")


def make(rng, view):
    by_number = {}
    for kind in ASKED:
        sights = view.plain(kind)
        if sights is not None and len(sights) <= MOST:
            by_number.setdefault(len(sights), []).append(kind)
    if not by_number:
        return None
    numbers = sorted(by_number)
    number = rng.choices(numbers, [_WEIGHTS[n] for n in numbers])[0]
    return rng.choice(_FRAMES).format(plural(rng.choice(by_number[number]))), str(number)
