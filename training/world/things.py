"""What stands in a scene, and the parts each thing is drawn from.

A part is a box, an upright cylinder or an ellipsoid in the thing's own frame: x forward, y to the
left, z up, in mm. A part with `tells` shows what is asked about: the damage or the text.
"""

from dataclasses import dataclass, replace

from .angles import TURN, turned
from .glyphs import spelled

BOX, CYLINDER, ELLIPSOID = 0, 1, 2
PLAIN, WINDOWS, CELLS, CRACKED, GLYPHS, PLANKS, LEAVES, SHINGLES, HOLED, BRICKS = range(10)
QUARTER = TURN // 4


@dataclass(frozen=True)
class Part:
    shape: int
    centre: tuple
    half: tuple
    colour: str
    texture: int = PLAIN
    yaw: int = 0
    tilt: int = 0
    tells: bool = False
    glyphs: tuple = (-1, -1)


@dataclass(frozen=True)
class Thing:
    """`speed` is mm a second along `yaw`; `radius` bounds the footprint and `height` the top, in mm."""

    kind: str
    x: int
    y: int
    yaw: int
    colour: str = ""
    damaged: bool = False
    text: str = ""
    speed: int = 0
    z: int = 0
    grain: int = 0

    @property
    def radius(self):
        return FOOTPRINTS[self.kind][0]

    @property
    def height(self):
        return FOOTPRINTS[self.kind][1]

    def at(self, time_ms):
        dx, dy = turned(self.speed * time_ms // 1000, 0, self.yaw)
        return replace(self, x=self.x + dx, y=self.y + dy)

    @property
    def parts(self):
        return BUILDERS[self.kind](self)


FOOTPRINTS = {
    "car": (2300, 1500),
    "van": (2700, 2200),
    "truck": (3900, 3300),
    "person": (350, 1750),
    "tree": (2100, 5600),
    "house": (5600, 6300),
    "panel": (1800, 2300),
    "tower": (2600, 15500),
    "crate": (650, 900),
    "barrel": (380, 1000),
    "cone": (280, 750),
    "sign": (600, 2000),
    "robot": (550, 900),
    "shelf": (1700, 2600),
    "pillar": (450, 6000),
    "door": (600, 2100),
}
PLURALS = {"person": "people"}


def plural(kind):
    return PLURALS.get(kind, f"{kind}s")


def _wheels(places, radius, half_width):
    return [Part(CYLINDER, (x, 0, radius), (radius, radius, half_width), "tyre", tilt=QUARTER) for x in places]


def _car(thing):
    body = Part(BOX, (0, 0, 680), (2150, 880, 330), thing.colour)
    glass = Part(BOX, (-150, 0, 1180), (1150, 780, 190), "glass")
    roof = Part(BOX, (-150, 0, 1420), (1050, 760, 60), thing.colour)
    return [body, glass, roof, *_wheels((-1350, 1350), 330, 920)]


def _van(thing):
    body = Part(BOX, (-350, 0, 1290), (2150, 960, 890), thing.colour)
    nose = Part(BOX, (2100, 0, 800), (420, 930, 400), thing.colour)
    glass = Part(BOX, (1500, 0, 1600), (420, 985, 260), "glass")
    return [body, nose, glass, *_wheels((-1600, 1700), 380, 1000)]


def _truck(thing):
    load = Part(BOX, (-900, 0, 2050), (2800, 1200, 1200), thing.colour, PLANKS)
    cab = Part(BOX, (2850, 0, 1450), (800, 1150, 1000), "steel")
    glass = Part(BOX, (3200, 0, 1950), (470, 1060, 320), "glass")
    return [load, cab, glass, *_wheels((-2600, 2700), 480, 1230)]


def _person(thing):
    legs = Part(BOX, (0, 0, 420), (120, 190, 420), "trousers")
    torso = Part(CYLINDER, (0, 0, 1150), (200, 290, 330), thing.colour)
    head = Part(ELLIPSOID, (0, 0, 1620), (115, 105, 140), "skin")
    return [legs, torso, head]


def _tree(thing):
    trunk = Part(CYLINDER, (0, 0, 1200), (160, 160, 1200), "bark")
    crown = Part(ELLIPSOID, (0, 0, 3800), (1700, 1800, 1850), "dry leaf" if thing.grain % 4 == 0 else "leaf", LEAVES)
    return [trunk, crown]


def _house(thing):
    walls = ("wall", "plaster", "brick")[thing.grain % 3]
    body = Part(BOX, (0, 0, 1600), (4200, 3000, 1600), walls, WINDOWS if thing.grain % 2 else BRICKS)
    skin = HOLED if thing.damaged else SHINGLES
    slope, slant = 100, {"colour": thing.colour, "texture": skin, "tells": True}
    near = Part(BOX, (0, -1780, 4300), (4500, 2250, 90), tilt=slope, **slant)
    far = Part(BOX, (0, 1780, 4300), (4500, 2250, 90), tilt=-slope, **slant)
    loft = Part(BOX, (0, 0, 3900), (4100, 1500, 700), walls)
    return [body, loft, near, far, Part(BOX, (2600, -900, 5200), (320, 320, 900), "brick", BRICKS)]


def _panel(thing):
    skin = CRACKED if thing.damaged else CELLS
    slab = Part(BOX, (0, 0, 1450), (1600, 1050, 45), "cell", skin, tilt=96 + thing.grain % 40, tells=True)
    return [slab, Part(CYLINDER, (0, 120, 650), (80, 80, 650), "steel")]


def _tower(thing):
    legs = [Part(BOX, (x, y, 5500), (90, 90, 5500), thing.colour) for x in (-900, 900) for y in (-900, 900)]
    decks = [Part(BOX, (0, 0, z), (1150, 1150, 70), "steel") for z in (2600, 5400, 8200, 11000)]
    braces = [Part(BOX, (x, 0, z), (50, 50, 1650), "steel", tilt=tilt) for x, z, tilt in ((-900, 4000, 95), (900, 4000, -95), (-900, 6800, -95), (900, 6800, 95))]
    lean = 110 if thing.damaged else 0
    mast = Part(CYLINDER, (0, -1300 if lean else 0, 12600 if lean else 13200), (260, 260, 2200), thing.colour, tilt=lean, tells=True)
    return [*legs, *decks, *braces, mast]


def _crate(thing):
    return [Part(BOX, (0, 0, 450), (450, 450, 450), thing.colour, PLANKS)]


def _barrel(thing):
    return [Part(CYLINDER, (0, 0, 480), (320, 320, 480), thing.colour), Part(CYLINDER, (0, 0, 965), (290, 290, 12), "steel")]


def _cone(thing):
    return [Part(ELLIPSOID, (0, 0, 60), (190, 190, 660), "cone"), Part(BOX, (0, 0, 25), (240, 240, 25), "cone")]


def _sign(thing):
    board = Part(BOX, (0, 0, 1550), (35, 560, 420), thing.colour, GLYPHS, tells=True, glyphs=spelled(thing.text))
    return [board, Part(CYLINDER, (-60, 0, 700), (45, 45, 700), "steel")]


def _robot(thing):
    body = Part(BOX, (0, 0, 330), (450, 330, 200), thing.colour)
    head = Part(CYLINDER, (180, 0, 700), (130, 130, 180), "glass")
    return [body, head, *_wheels((-260, 260), 170, 370)]


def _shelf(thing):
    boards = [Part(BOX, (0, 0, z), (1500, 420, 40), "steel") for z in (300, 1200, 2100)]
    posts = [Part(BOX, (x, 0, 1300), (45, 420, 1300), "steel") for x in (-1500, 1500)]
    boxes = [Part(BOX, (x, 0, z), (420, 360, 300), "wood", PLANKS) for x, z in ((-800, 640), (500, 1540))[: 1 + thing.grain % 2]]
    return [*boards, *posts, *boxes]


def _pillar(thing):
    return [Part(BOX, (0, 0, 3000), (280, 280, 3000), "wall", BRICKS)]


def _door(thing):
    return [Part(BOX, (0, 0, 1050), (30, 520, 1050), "door", PLANKS)]


BUILDERS = {
    "car": _car,
    "van": _van,
    "truck": _truck,
    "person": _person,
    "tree": _tree,
    "house": _house,
    "panel": _panel,
    "tower": _tower,
    "crate": _crate,
    "barrel": _barrel,
    "cone": _cone,
    "sign": _sign,
    "robot": _robot,
    "shelf": _shelf,
    "pillar": _pillar,
    "door": _door,
}
