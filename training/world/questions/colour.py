"""The colour of the only thing of a kind, or of the nearest one."""

from .nearest import clearly_nearest

KIND = "colour"
ENOUGH = 60
_COLOURED = ("car", "van", "truck", "person", "crate", "barrel", "robot", "house", "sign")
_NAMES = {"house": "roof of the house", "person": "shirt of the person"}


def make(rng, view):
    kinds = list(_COLOURED)
    rng.shuffle(kinds)
    for kind in kinds:
        sights = view.plain(kind)
        if not sights:
            continue
        sight = clearly_nearest(sights)
        if sight and (sight.telling if kind in ("house", "sign") else sight.pixels) >= ENOUGH:
            name = _NAMES.get(kind, kind)
            if len(sights) > 1:
                name = f"nearest {kind}" if kind not in _NAMES else name.replace(f"the {kind}", f"the nearest {kind}")
            return rng.choice(("what colour is the {}?", "which colour has the {}?")).format(name), sight.thing.colour
    return None
