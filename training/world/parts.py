"""Scenes as arrays: every part of every thing in a fixed slot, ready for the renderer.

Invariants:
1. Everything is computed in double precision by single additions, products and divisions of whole
   numbers, then rounded once to float32: the arrays are equal on every machine.
2. Slots 0..63 are boxes, 64..87 cylinders, 88..103 ellipsoids; an empty slot has owner -1.
"""

from dataclasses import dataclass

import numpy as np

from .angles import ONE, rotation, turned
from .look import GROUNDS
from .palette import rgb
from .stage import SLOTS

STARTS = (0, SLOTS[0], SLOTS[0] + SLOTS[1])
PARTS = sum(SLOTS)
THINGS = 32
_SQUARE = ONE * ONE


@dataclass
class Batch:
    """float32 arrays, B pictures, P slots. Part p sees the camera at `origin` and the ray of a pixel at
    `right * u + forward + up * v`, all in its own frame, in which its surface is at 1."""

    origin: np.ndarray
    axes: np.ndarray
    local: np.ndarray
    centre: np.ndarray
    half: np.ndarray
    surface: np.ndarray
    owner: np.ndarray
    tells: np.ndarray
    used: tuple
    camera: np.ndarray
    basis: np.ndarray
    reach: np.ndarray
    room: np.ndarray
    road: np.ndarray
    shadows: np.ndarray
    look: np.ndarray


def _slots(things):
    """(slot, thing's index, thing, part) of every part; things that don't fit are the layout's fault."""
    free = list(STARTS)
    for index, thing in enumerate(things):
        for part in thing.parts:
            yield free[part.shape], index, thing, part
            free[part.shape] += 1


def _row(thing, part):
    dx, dy = turned(part.centre[0], part.centre[1], thing.yaw)
    turn = rotation(thing.yaw + part.yaw, part.tilt)
    centre = (thing.x + dx, thing.y + dy, thing.z + part.centre[2])
    seed = thing.grain % 4096
    return (*turn[0], *turn[1], *turn[2], *centre, *part.half, *rgb(part.colour), part.texture, part.shape, seed, *part.glyphs)


def _look_row(look):
    low, high = GROUNDS[look.ground]
    return (look.sun_azimuth, look.sun_elevation, look.sun, look.ambient, look.warmth, look.exposure, look.fog_m, look.noise, *low, *high, look.grain % 65536, look.wall, look.ground == "tiles", look.contrast, look.dapple, look.skyline)


def _scene_rows(scene, camera):
    room, road = scene.room, scene.road
    return (
        (camera.x, camera.y, camera.z),
        camera.basis(),
        camera.reach,
        (room.x, room.y, room.half_x, room.half_y, room.height) if room else (0, 0, 0, 0, 0),
        (road[0], road[1], *turned(65536, 0, road[2]), road[3]) if road else (0, 0, 65536, 0, 0),
    )


def _difference(a, b):
    return (a - b) / 1000.0


def _dot(a, b):
    """A sum of three products, each rounded by itself (invariant 1)."""
    return (a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1]) + a[..., 2] * b[..., 2]


def pack(scenes, cameras, times_ms):
    """The arrays of pictures: a scene, the number of its camera and a time for each."""
    count = len(scenes)
    raw = np.zeros((count, PARTS, 23))
    raw[:, :, [0, 4, 8]], raw[:, :, 11], raw[:, :, 12:15] = _SQUARE, -(10**6), 1
    owner, tells = np.full((count, PARTS), -1, np.int64), np.zeros((count, PARTS), bool)
    shadows, used, rows = np.zeros((count, THINGS, 4)), list(STARTS), []
    for row, (scene, number, time) in enumerate(zip(scenes, cameras, times_ms)):
        things = scene.things_at(time)
        for slot, index, thing, part in _slots(things):
            raw[row, slot] = _row(thing, part)
            owner[row, slot], tells[row, slot] = index, part.tells
            used[part.shape] = max(used[part.shape], slot + 1)
        for index, thing in enumerate(things[:THINGS]):
            shadows[row, index] = thing.x, thing.y, thing.radius, thing.height
        rows.append(_scene_rows(scene, scene.cameras[number].at(time)))
    looks = np.array([_look_row(scene.look) for scene in scenes], float)
    return _arrays(raw, owner, tells, tuple(used), rows, shadows, looks)


def _arrays(raw, owner, tells, used, rows, shadows, looks):
    camera, basis, reach, room, road = (np.array(column, float) for column in zip(*rows))
    basis, reach = basis / _SQUARE, reach / 1024.0
    turn, centre, half = raw[:, :, :9].reshape(*raw.shape[:2], 3, 3) / _SQUARE, raw[:, :, 9:12], raw[:, :, 12:15] / 1000.0
    # Row k of `local` maps a vector to the part's axis k, in units of its half size.
    local = turn.swapaxes(2, 3) / half[..., None]
    away = _difference(camera[:, None], centre)
    scaled = np.stack([basis[:, 0] * reach[:, None], basis[:, 1], basis[:, 2] * reach[:, None]], 1)
    single = lambda values: np.ascontiguousarray(values, np.float32)  # noqa: E731
    return Batch(
        origin=single(_dot(local, away[:, :, None])),
        axes=single(_dot(local[:, :, None], scaled[:, None, :, None])),
        local=single(local),
        centre=single(centre / 1000.0),
        half=single(half),
        surface=single(np.concatenate([raw[:, :, 15:18] / 100.0, raw[:, :, 18:]], 2)),
        owner=owner,
        tells=tells,
        used=used,
        camera=single(camera / 1000.0),
        basis=single(scaled),
        reach=single(reach),
        room=single(room / 1000.0),
        road=single(road / [1000.0, 1000.0, 65536.0, 65536.0, 1000.0]),
        shadows=single(shadows / 1000.0),
        look=single(looks),
    )
