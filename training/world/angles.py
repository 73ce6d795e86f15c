"""Integer geometry: positions in mm, angles in 1/1024 of a turn, sines scaled by 65,536.

Scenes and answers use only this, so they are the same on every machine.
"""

import math

TURN = 1024
ONE = 65536
_SINES = [round(math.sin(2 * math.pi * step / TURN) * ONE) for step in range(TURN)]


def sine(angle):
    return _SINES[angle % TURN]


def cosine(angle):
    return _SINES[(angle + TURN // 4) % TURN]


def degrees(value):
    """A whole number of degrees in steps of the table."""
    return value * TURN // 360


def turned(x, y, yaw):
    """The point turned counter-clockwise about the z axis."""
    s, c = sine(yaw), cosine(yaw)
    return (x * c - y * s) // ONE, (x * s + y * c) // ONE


def root(value):
    return math.isqrt(value)


def rotation(yaw, tilt):
    """Rows of Rz(yaw) Rx(tilt), scaled by ONE squared."""
    s, c, u, v = sine(yaw), cosine(yaw), sine(tilt), cosine(tilt)
    return (c * ONE, -s * v, s * u), (s * ONE, c * v, -c * u), (0, u * ONE, v * ONE)
