"""One scene out of (seed, index): things, cameras, light. All state is whole numbers."""

import random
from dataclasses import dataclass

from .angles import degrees, turned
from .camera import Camera, heading
from .look import Look, draw_look
from .paths import HALF_WIDTH, LENGTH, MARGIN, ahead, walks
from .places import INDOORS, PLACES
from .stage import Stage

CAMERAS = 4


@dataclass(frozen=True)
class Room:
    x: int
    y: int
    half_x: int
    half_y: int
    height: int

    def holds(self, x, y, radius):
        return abs(x - self.x) < self.half_x - radius and abs(y - self.y) < self.half_y - radius


@dataclass(frozen=True)
class Scene:
    """`road` is a strip: a point, a direction and half its width. Times are ms from the first picture."""

    seed: str
    index: int
    place: str
    things: tuple
    cameras: tuple
    look: Look
    room: Room | None
    road: tuple | None

    def things_at(self, time_ms):
        return [thing.at(time_ms) for thing in self.things] if time_ms else list(self.things)


def _draw_camera(rng, indoors):
    """A machine on the ground, one that hovers, or, in the open, one that looks down."""
    roll = rng.random()
    if indoors or roll < 0.5:
        z, pitch = rng.randint(450, 2400), rng.randint(-12, -2)
    elif roll < 0.88:
        z, pitch = rng.randint(2500, 8000), rng.randint(-30, -14)
    else:
        z, pitch = rng.randint(8000, 16000), rng.randint(-60, -35)
    return Camera(0, 0, z, rng.randint(-14, 14) if indoors else rng.randint(-40, 40), degrees(pitch), rng.randint(700, 950), rng.choice((0, 800, 1500)))


def _draw_room(rng, place):
    if place == "hall":
        half_x, half_y, height = rng.randint(8000, 12500), rng.randint(6000, 10000), rng.randint(4200, 7000)
    else:
        half_x, half_y, height = rng.randint(9000, 16000), rng.randint(1500, 2300), rng.randint(2600, 3400)
    return Room(half_x - 1200, rng.randint(-half_y // 4, half_y // 4), half_x, half_y, height)


def _settle_path(stage):
    """Half the scenes have a free way ahead, whatever the place."""
    rng, camera = stage.rng, stage.camera
    if not walks(camera):
        return
    stage.clear(lambda thing: ahead(camera, thing, MARGIN))
    if rng.random() < 0.52:
        for _ in range(6):
            x, y = turned(rng.randint(3500, LENGTH - 600), rng.randint(-HALF_WIDTH, HALF_WIDTH) // 2, camera.yaw)
            if stage.put(rng.choice(("crate", "barrel", "cone", "person", "robot")), x, y):
                return


def _other_camera(rng, first, room, middle):
    """A camera elsewhere that looks at the middle of what the first one sees."""
    for _ in range(20):
        z = first.z if room else rng.randint(900, 7000)
        dx, dy = turned(rng.randint(2500, 6000) if room else rng.randint(7000, 16000), 0, rng.randrange(1024))
        x, y = middle[0] + dx, middle[1] + dy
        if not room or room.holds(x, y, 500):
            pitch = degrees(-max(3, min(30, z // 320)))
            return Camera(x, y, z, heading(-dx, -dy) + rng.randint(-25, 25), pitch, first.reach, first.speed)
    return first


def make_scene(seed, index, place=None):
    """The scene of a seed and an index, the same everywhere; `place` forces one of PLACES."""
    rng = random.Random(f"{seed}:{index}")
    place = place or rng.choice(tuple(PLACES))
    indoors = place in INDOORS
    camera = _draw_camera(rng, indoors)
    room = _draw_room(rng, place) if indoors else None
    stage = Stage(rng, camera, room)
    PLACES[place](stage)
    _settle_path(stage)
    middle = turned(6000 if indoors else 14000, 0, camera.yaw)
    cameras = (camera, *(_other_camera(rng, camera, room, middle) for _ in range(CAMERAS - 1)))
    return Scene(seed, index, place, tuple(stage.things), cameras, draw_look(rng, indoors), room, stage.road)
