"""Hashed noise: the same integers on every device, floats within rounding."""

import torch


def scramble(x):
    """A hash of int32, which wraps around, to 24 bits."""
    x = x * 747796405 + 289133645
    x = (x ^ ((x >> 15) & 0x1FFFF)) * 277803737
    return (x ^ ((x >> 13) & 0x7FFFF)) & 0xFFFFFF


def lattice(x, y, z, seed):
    return scramble(x * 73856093 + y * 19349663 + z * 83492791 + seed).float() * (1.0 / 0x1000000)


def value_noise(x, y, z, seed):
    """Smooth noise in 0..1 with features one unit wide."""
    low = [torch.floor(c) for c in (x, y, z)]
    part = [c - f for c, f in zip((x, y, z), low)]
    fade = [p * p * (3.0 - 2.0 * p) for p in part]
    i, j, k = (f.to(torch.int32) for f in low)
    total = 0.0
    for a in (0, 1):
        for b in (0, 1):
            weight = (fade[0] if a else 1.0 - fade[0]) * (fade[1] if b else 1.0 - fade[1])
            near, far = lattice(i + a, j + b, k, seed), lattice(i + a, j + b, k + 1, seed)
            total = total + weight * (near + (far - near) * fade[2])
    return total


def bell(index, seed):
    """About normal numbers of mean 0 and deviation 1 for whole numbers."""
    total = sum(scramble(index * 4 + turn + seed).float() for turn in range(4))
    return (total * (1.0 / 0x1000000) - 2.0) * 1.7320508
