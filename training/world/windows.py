"""The rectangle of pixels in which a part can be seen, from the sphere around it: never too small."""

import numpy as np


def windows(batch, size):
    """(picture, slot, left, right, top, bottom) of every part that may be seen, in pixels of a picture of `size`."""
    rows, slots = np.nonzero(batch.owner >= 0)
    away = (batch.centre[rows, slots] - batch.camera[rows]).astype(float)
    reach = batch.reach[rows].astype(float)
    radius = np.linalg.norm(batch.half[rows, slots], axis=1) * 1.001 + 1e-3
    right, ahead, up = (np.sum(batch.basis[rows, k] * away, 1) for k in range(3))
    near, far = np.maximum(ahead - radius, 1e-6), ahead + radius
    inside = ahead - radius <= 0.05
    spans = []
    for middle in (right / reach**2, -up / reach**2):
        ends = [(middle + sign * radius / reach) / depth for sign in (-1, 1) for depth in (near, far)]
        low = np.where(inside, 0, np.floor((np.min(ends, 0).clip(-9, 9) + 1) * size / 2) - 2).clip(0, size)
        high = np.where(inside, size, np.ceil((np.max(ends, 0).clip(-9, 9) + 1) * size / 2) + 2).clip(0, size)
        spans += [low, high]
    seen = (far > 0.05) & (spans[0] < spans[1]) & (spans[2] < spans[3])
    table = np.stack([rows, slots, *spans], 1)[seen].astype(int)
    return table.tolist()
