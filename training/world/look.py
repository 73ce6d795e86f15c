"""Light, air and sensor of a scene, as whole numbers that the renderer reads."""

from dataclasses import dataclass

GROUNDS = {
    "grass": ((9, 19, 5), (16, 24, 8)),
    "asphalt": ((9, 9, 10), (15, 15, 16)),
    "sand": ((40, 31, 19), (50, 40, 26)),
    "concrete": ((30, 30, 29), (40, 39, 37)),
    "soil": ((16, 10, 6), (25, 17, 10)),
    "snow": ((72, 75, 80), (84, 86, 88)),
    "tiles": ((34, 32, 29), (44, 42, 39)),
}
OPEN_GROUNDS = ("grass", "asphalt", "sand", "concrete", "soil", "snow")


@dataclass(frozen=True)
class Look:
    """`sun_azimuth`, `sun_elevation` in steps of the angle table, `fog_m` the depth at which 63 % is fog,
    `noise` in thousandths of full scale, the rest in percent. `contrast` is the ground's, `dapple` the shade of
    what is out of sight, `skyline` 0 for an empty horizon, 1 for woods, 2 and 3 for a town."""

    sun_azimuth: int
    sun_elevation: int
    sun: int
    ambient: int
    warmth: int
    exposure: int
    fog_m: int
    noise: int
    ground: str
    grain: int
    wall: int
    contrast: int
    dapple: int
    skyline: int


def draw_look(rng, indoors):
    dull = rng.random() < 0.4
    fog = rng.choice((25, 40, 70)) if rng.random() < 0.25 else rng.randint(150, 900)
    return Look(
        sun_azimuth=rng.randrange(1024),
        sun_elevation=rng.randint(45, 230),
        sun=rng.randint(5, 35) if dull or indoors else rng.randint(60, 130),
        ambient=rng.randint(50, 85) if dull or indoors else rng.randint(25, 45),
        warmth=rng.randint(-12, 18),
        exposure=rng.randint(35, 60) if rng.random() < 0.25 else rng.randint(75, 120),
        fog_m=900 if indoors else fog,
        noise=rng.randint(4, 30),
        ground=rng.choice(("concrete", "tiles")) if indoors else rng.choice(OPEN_GROUNDS),
        grain=rng.randrange(1 << 20),
        wall=rng.randrange(4),
        contrast=rng.randint(100, 450),
        dapple=0 if indoors else rng.choice((0, rng.randint(20, 70))),
        skyline=rng.randint(0, 3),
    )
