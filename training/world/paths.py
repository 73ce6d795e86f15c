"""Whether the way ahead or the road is free, in integers, with a margin that leaves no doubt."""

from .angles import turned

HALF_WIDTH, LENGTH, MARGIN = 800, 9000, 500
LOW, STEEP = 2500, -36


def walks(camera):
    """Such a camera moves on the ground or just over it and looks ahead."""
    return camera.z <= LOW and camera.pitch >= STEEP


def ahead(camera, thing, margin=0):
    """Is the thing in the way of a machine as wide as twice HALF_WIDTH, within LENGTH?"""
    forward, side = camera.ahead(thing.x, thing.y)
    reach = thing.radius + HALF_WIDTH + margin
    return abs(side) < reach and 0 < forward < LENGTH + margin


def on_road(road, thing, margin=0):
    """Does the thing's footprint touch the strip?"""
    x, y, yaw, half = road
    _, side = turned(thing.x - x, thing.y - y, -yaw)
    return abs(side) < half + thing.radius + margin


def squarely_on_road(road, thing):
    """Is the thing's centre on the strip?"""
    x, y, yaw, half = road
    return abs(turned(thing.x - x, thing.y - y, -yaw)[1]) < half
