"""What a marker reads: two digits or a symbol."""

from ..glyphs import SYMBOLS
from ..view import UNSEEN

KIND = "marker"


def make(rng, view):
    signs = [sight for sight in view.all("sign") if sight.pixels >= UNSEEN]
    readable = [sight for sight in signs if view.readable(sight) and not view.hazy(sight)]
    if not readable:
        return None
    sign = rng.choice(readable).thing
    what = "symbol" if sign.text in SYMBOLS else "number"
    name = "sign" if len(signs) == 1 else f"{sign.colour} sign"
    return rng.choice(("what {} is on the {}?", "read the {} on the {}.")).format(what, name), sign.text
