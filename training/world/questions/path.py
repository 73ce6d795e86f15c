"""Whether the way ahead or the road is free."""

from ..paths import MARGIN, ahead, on_road, squarely_on_road, walks
from ..view import SEEN

KIND = "path"


def _verdict(view, inside, touched):
    """'no' where something that can be made out is inside, 'yes' where nothing touches, else None."""
    if any(inside(sight.thing) and sight.pixels >= SEEN for sight in view.sights):
        return "no"
    return None if any(touched(sight.thing) for sight in view.sights if sight.forward > 0) else "yes"


def make(rng, view):
    camera, road = view.camera, view.scene.road
    asked = ["way"] * walks(camera) + ["road"] * bool(road)
    if not asked:
        return None
    if rng.choice(asked) == "way":
        verdict = _verdict(view, lambda thing: ahead(camera, thing), lambda thing: ahead(camera, thing, MARGIN))
        return verdict and (rng.choice(("is the path ahead free?", "can we go straight ahead?")), verdict)
    verdict = _verdict(view, lambda thing: squarely_on_road(road, thing), lambda thing: on_road(road, thing, MARGIN))
    return verdict and (rng.choice(("is the road free?", "is the road clear?")), verdict)
