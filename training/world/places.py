"""The seven places: what stands where in each."""

from .angles import TURN, degrees, turned
from .paths import MARGIN, on_road

VEHICLES = ("car", "van", "truck")


def _vehicles(stage, count, near, far, road=False):
    for _ in range(count):
        x, y = stage.spot(near, far)
        yaw = None
        if road:
            _, _, yaw, half = stage.road
            along = stage.rng.randint(near, far)
            dx, dy = turned(along, stage.rng.choice((-1, 1)) * half // 2, yaw)
            x, y, yaw = stage.road[0] + dx, stage.road[1] + dy, yaw + stage.rng.choice((0, TURN // 2))
        stage.put(stage.rng.choice(VEHICLES), x, y, yaw, speed=stage.rng.choice((0, 0, 3000, 6000)) if road else 0)


def _lay_road(stage, spread):
    """A road that starts beside the first camera and runs into its view."""
    camera, rng = stage.camera, stage.rng
    x, y = turned(0, rng.randint(-3500, 3500), camera.yaw)
    turn = degrees(spread)
    stage.road = (camera.x + x, camera.y + y, camera.yaw + rng.randint(-turn, turn), rng.randint(2600, 3600))


def _settle_road(stage, share):
    """On a share of the roads nothing stands."""
    if stage.road and stage.rng.random() < share:
        stage.clear(lambda thing: on_road(stage.road, thing, MARGIN))


def _small(stage, kinds, most, near, far):
    for kind in kinds:
        stage.scatter(kind, stage.rng.randint(0, most + 1), near, far, speed=stage.rng.choice((0, 700)) if kind in ("person", "robot") else 0)


def street(stage):
    _lay_road(stage, 25)
    _vehicles(stage, stage.rng.randint(1, 3), 6000, 32000, road=True)
    stage.signs(2600, 9500)
    _vehicles(stage, stage.rng.randint(0, 2), 9000, 35000)
    stage.scatter("house", stage.rng.randint(1, 3), 20000, 60000)
    _small(stage, ("person", "tree"), 3, 4500, 26000)
    _small(stage, ("cone", "barrel"), 2, 3500, 12000)
    _settle_road(stage, 0.5)


def village(stage):
    for _ in range(stage.rng.randint(2, 4)):
        stage.scatter("house", 1, 14000, 48000, damaged=stage.rng.random() < 0.34)
    stage.signs(2600, 9500)
    if stage.rng.random() < 0.5:
        _lay_road(stage, 40)
    _small(stage, ("tree", "person"), 4, 5000, 30000)
    _vehicles(stage, stage.rng.randint(0, 2), 8000, 30000)
    _settle_road(stage, 0.6)


def farm(stage):
    """Rows of panels that look at the first camera's side."""
    rng, camera = stage.rng, stage.camera
    broken, turn = rng.random() < 0.75, camera.yaw - TURN // 4 + rng.randint(-70, 70)
    stage.signs(2600, 8500)
    for row in range(rng.randint(1, 3)):
        for column in range(-2, 3):
            dx, dy = turned(6500 + 6800 * row + rng.randint(-300, 300), 4200 * column + rng.randint(-400, 400), camera.yaw)
            if rng.random() < 0.75:
                stage.put("panel", camera.x + dx, camera.y + dy, turn, damaged=broken and rng.random() < 0.35)
    _small(stage, ("person", "robot", "barrel"), 3, 4000, 20000)
    _vehicles(stage, rng.randint(0, 1), 9000, 30000)


def mast(stage):
    stage.scatter("tower", stage.rng.choice((1, 1, 2)), 16000, 42000, damaged=stage.rng.random() < 0.5)
    stage.signs(2600, 9000)
    _small(stage, ("crate", "person", "tree", "barrel"), 3, 4500, 24000)
    _vehicles(stage, stage.rng.randint(0, 2), 8000, 28000)


def yard(stage):
    stage.signs(2600, 9000)
    _vehicles(stage, stage.rng.randint(1, 4), 8000, 34000)
    _small(stage, ("crate", "barrel", "cone", "person", "robot"), 4, 3500, 18000)


def hall(stage):
    stage.signs(2400, 8000)
    stage.scatter("shelf", stage.rng.randint(2, 4), 5000, 20000)
    stage.scatter("pillar", stage.rng.randint(0, 3), 5000, 18000)
    _small(stage, ("crate", "barrel", "person", "robot", "cone"), 4, 2800, 15000)


def corridor(stage):
    rng, room = stage.rng, stage.room
    for side in (-1, 1):
        for _ in range(rng.randint(1, 3)):
            dx, dy = turned(rng.randint(3000, 2 * room.half_x - 2500), side * (room.half_y - 40), stage.camera.yaw)
            stage.put("door", stage.camera.x + dx, room.y + dy, TURN // 4)
    stage.signs(2400, 7000)
    _small(stage, ("crate", "barrel", "person", "robot", "cone"), 2, 2800, 16000)


PLACES = {"street": street, "village": village, "farm": farm, "mast": mast, "yard": yard, "hall": hall, "corridor": corridor}
INDOORS = ("hall", "corridor")
