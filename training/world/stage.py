"""Puts things where the first camera can see them, without overlap and within the renderer's slots."""

from .angles import degrees, turned
from .camera import REACH, heading
from .glyphs import SYMBOLS
from .palette import COLOURS
from .things import Thing

# Boxes, cylinders and ellipsoids a scene may hold.
SLOTS = (64, 24, 16)
UPRIGHT = ("sign", "panel", "tower", "house", "shelf", "door")


class Stage:
    def __init__(self, rng, camera, room=None):
        self.rng, self.camera, self.room = rng, camera, room
        self.things, self.road, self.left = [], None, list(SLOTS)

    def spot(self, near, far):
        """A place in the first camera's view, nearer ones more often."""
        step = self.rng.randint(0, 1000)
        away = near + (far - near) * step * step // 1_000_000
        side = away * self.camera.reach * 9 // (REACH * 10)
        x, y = turned(away, self.rng.randint(-side, side), self.camera.yaw)
        return self.camera.x + x, self.camera.y + y

    def facing(self, x, y, spread):
        """The yaw with which something at the place looks at the first camera, more or less."""
        spread = degrees(spread)
        return heading(self.camera.x - x, self.camera.y - y) + self.rng.randint(-spread, spread)

    def put(self, kind, x, y, yaw=None, **fields):
        """The thing, or None where there is no room for it."""
        yaw = self.rng.randrange(1024) if yaw is None else yaw
        fields.setdefault("colour", self.rng.choice(COLOURS))
        thing = Thing(kind, x, y, yaw, grain=self.rng.randrange(1 << 16), **fields)
        used = [0, 0, 0]
        for part in thing.parts:
            used[part.shape] += 1
        if any(need > left for need, left in zip(used, self.left)) or not self._fits(thing):
            return None
        self.left = [left - need for left, need in zip(self.left, used)]
        self.things.append(thing)
        return thing

    def _fits(self, thing):
        if self.room and not self.room.holds(thing.x, thing.y, 20 if thing.kind == "door" else thing.radius):
            return False
        camera = (self.camera.x, self.camera.y, 900 if self.camera.z < thing.height + 500 else 0)
        others = [(other.x, other.y, other.radius) for other in self.things] + [camera]
        return all((x - thing.x) ** 2 + (y - thing.y) ** 2 > (radius + thing.radius) ** 2 for x, y, radius in others)

    def scatter(self, kind, count, near, far, **fields):
        for _ in range(count):
            for _ in range(3):
                x, y = self.spot(near, far)
                yaw = self.facing(x, y, 35) if kind in UPRIGHT else None
                if self.put(kind, x, y, yaw, **fields):
                    break

    def signs(self, near, far):
        """One or two signs of different colours, mostly near enough to be read."""
        rng = self.rng
        colours = rng.sample(COLOURS, 2)
        for colour in colours[: rng.choice((0, 1, 1, 1, 2, 2))]:
            text = rng.choice(SYMBOLS) if rng.random() < 0.35 else f"{rng.randrange(10)}{rng.randrange(10)}"
            self.scatter("sign", 1, near, far, colour=colour, text=text)

    def clear(self, blocked):
        """Takes away what fulfils the condition."""
        self.things = [thing for thing in self.things if not blocked(thing)]
