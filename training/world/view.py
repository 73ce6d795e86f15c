"""What one camera shows of a scene, as whole numbers: the only thing questions are made from.

Invariant: pixel counts come from `survey`, all else from the scene. Nothing here is a float.
"""

from dataclasses import dataclass, field

from .angles import ONE, cosine, sine
from .things import Thing

SEEN, UNSEEN = 30, 4
SIDE = 112
# A glyph's cell on the picture, in hundredths of a pixel, from which on a marker can be read.
READABLE = 115
BOARD = (1120, 840)
ASKED = ("car", "van", "truck", "person", "tree", "house", "panel", "tower", "crate", "barrel", "cone", "sign", "robot")


@dataclass(frozen=True)
class Sight:
    """A thing as seen: `right`, `forward`, `up` of its middle in mm, and pixels of 224 x 224."""

    thing: Thing
    pixels: int
    telling: int
    right: int
    forward: int
    up: int

    @property
    def across(self):
        """Where it stands from left to right, in 1/1024 of the depth."""
        return self.right * 1024 // max(1, self.forward)


@dataclass(frozen=True)
class View:
    scene: object
    camera: object
    sights: list = field(default_factory=list)

    def all(self, kind):
        return [sight for sight in self.sights if sight.thing.kind == kind]

    def plain(self, kind):
        """The things of a kind that can be made out, or None where one is doubtful."""
        sights = self.all(kind)
        if any(UNSEEN <= sight.pixels < SEEN or self.hazy(sight) for sight in sights if sight.pixels >= UNSEEN):
            return None
        return [sight for sight in sights if sight.pixels >= SEEN]

    def hazy(self, sight):
        return self.scene.room is None and sight.forward > self.scene.look.fog_m * 1100

    def single(self, kind):
        """The only thing of its kind, or None."""
        sights = self.plain(kind)
        return sights[0] if sights and len(sights) == 1 else None

    def readable(self, sight):
        """Is the whole marker seen, large and square enough?"""
        thing, camera = sight.thing, self.camera
        dx, dy = camera.x - thing.x, camera.y - thing.y
        away = max(1, sight.forward)
        per_mm = SIDE * 1024 * 1000 // camera.reach  # pixels times mm of depth, for 1 m
        facing = abs(dx * cosine(thing.yaw) + dy * sine(thing.yaw)) // ONE
        cell = BOARD[1] * per_mm // (9 * away * 10)
        area = BOARD[0] * BOARD[1] * per_mm // away * per_mm // away * facing // away // 1_000_000
        return cell >= READABLE and facing * 10 > away * 6 and sight.telling * 10 >= area * 8


def look_at(scene, number, pixels, telling, time_ms=0):
    """The view of a scene's camera, given the counts of its picture (one row of `Pictures`)."""
    camera = scene.cameras[number].at(time_ms)
    sights = []
    for index, thing in enumerate(scene.things_at(time_ms)):
        place = camera.seen(thing.x, thing.y, thing.z + thing.height // 2)
        sights.append(Sight(thing, int(pixels[index]), int(telling[index]), *place))
    return View(scene, camera, sights)
