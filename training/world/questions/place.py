"""What place it is."""

from ..view import SEEN

KIND = "place"


def make(rng, view):
    if sum(sight.pixels >= SEEN for sight in view.sights) < 2:
        return None
    return rng.choice(("what place is this?", "where are we?")), view.scene.place
