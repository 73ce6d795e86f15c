"""What each ray meets: depth along the optical axis and the slot of the part, on any device.

Only single IEEE operations (+ - * / sqrt, comparisons) in float32, no fused product, no matrix
product and no table of the device, so that parts agree between CPU and GPU (`training.world.compare_devices`
measures it) and what questions count does too.
"""

import torch

from .parts import PARTS, STARTS
from .windows import windows

NEAR, FAR = 0.05, 200.0
GROUND, WALL, SKY = PARTS, PARTS + 1, PARTS + 2
CHUNK = 4


def plane(size, device):
    """Coordinates of the pixels' centres, -1..1 from left to right; rows run from top to bottom."""
    steps = torch.arange(size, device=device, dtype=torch.float32) * 2.0 + (1.0 - size)
    return steps * (1.0 / size)


def _never_zero(x):
    return torch.where(x == 0, torch.full_like(x, 1e-20), x)


def box(dx, dy, dz, o):
    """Where the ray enters and leaves the cube of half size 1."""
    enter, leave = None, None
    for d, at in ((dx, o[0]), (dy, o[1]), (dz, o[2])):
        inverse = torch.reciprocal(_never_zero(d))
        middle, half = -(at * inverse), inverse.abs()
        low, high = middle - half, middle + half
        enter = low if enter is None else torch.maximum(enter, low)
        leave = high if leave is None else torch.minimum(leave, high)
    return enter, leave


def _round(a, b, c):
    """The ray inside a round shape: a t^2 + 2 b t + c < 0. An empty span where it misses."""
    a = _never_zero(a)
    inside = b * b - a * c
    reach = torch.sqrt(inside.clamp(min=0.0))
    enter, leave = (-b - reach) / a, (reach - b) / a
    return torch.where(inside > 0, enter, torch.full_like(enter, FAR)), leave


def ellipsoid(dx, dy, dz, o):
    a = dx * dx + dy * dy + dz * dz
    b = dx * o[0] + dy * o[1] + dz * o[2]
    return _round(a, b, o[0] * o[0] + o[1] * o[1] + o[2] * o[2] - 1.0)


def cylinder(dx, dy, dz, o):
    enter, leave = _round(dx * dx + dy * dy, dx * o[0] + dy * o[1], o[0] * o[0] + o[1] * o[1] - 1.0)
    inverse = torch.reciprocal(_never_zero(dz))
    middle, half = -(o[2] * inverse), inverse.abs()
    return torch.maximum(enter, middle - half), torch.minimum(leave, middle + half)


SHAPES = (box, cylinder, ellipsoid)


def cast(shape, depth, slot, numbers, across, down, origin):
    """Depth and slot after some parts of one shape. `across` [B, C, 3, W] and `down` [B, C, 3, H] add up
    to the ray, `origin` is [B, C, 3], `numbers` [C] are their slots."""
    for part in range(across.shape[1]):
        ray = across[:, part, :, None, :] + down[:, part, :, :, None]
        o = [origin[:, part, axis, None, None] for axis in range(3)]
        enter, leave = SHAPES[shape](ray[:, 0], ray[:, 1], ray[:, 2], o)
        hit = (enter > NEAR) & (enter < leave) & (enter < depth)
        depth = torch.where(hit, enter, depth)
        slot = torch.where(hit, numbers[part], slot)
    return depth, slot


def backdrop(camera, basis, room, u, v):
    """Ground, the room's walls and ceiling from inside, or sky. u [W] and v [H]."""
    ray = [basis[:, 0, k, None, None] * u + basis[:, 1, k, None, None] + basis[:, 2, k, None, None] * v[:, None] for k in range(3)]
    inverse = [torch.reciprocal(_never_zero(d)) for d in ray]
    x, y, half_x, half_y, height = (room[:, k, None, None] for k in range(5))
    at = [camera[:, k, None, None] for k in range(3)]
    down = torch.where(ray[2] < 0, -(at[2] * inverse[2]), torch.full_like(ray[2], FAR))
    side_x = (x - at[0]) * inverse[0] + half_x * inverse[0].abs()
    side_y = (y - at[1]) * inverse[1] + half_y * inverse[1].abs()
    top = torch.where(ray[2] > 0, (height - at[2]) * inverse[2], torch.full_like(ray[2], FAR))
    wall = torch.minimum(torch.minimum(side_x, side_y), top)
    wall = torch.where(height > 0, wall, torch.full_like(wall, FAR))
    depth = torch.minimum(torch.minimum(down, wall), torch.full_like(down, FAR))
    slot = torch.where(depth < FAR, torch.where(down <= wall, GROUND, WALL), SKY).to(torch.int32)
    return depth, slot


def _whole(batch, used, depth, slot, across, down, caster):
    """Every pixel against every slot, a few slots at a time: for the GPU."""
    numbers = torch.arange(PARTS, dtype=torch.int32, device=depth.device)
    for shape, start in enumerate(STARTS):
        for first in range(start, used[shape], CHUNK):
            few = slice(first, first + CHUNK)
            depth, slot = caster(shape, depth, slot, numbers[few], across[:, few], down[:, few], batch["origin"][:, few])
    return depth, slot


def _windowed(batch, windows, depth, slot, across, down):
    """Each part only where it can be seen: for the CPU. The same operations, so the same numbers."""
    numbers = torch.arange(PARTS, dtype=torch.int32)
    for row, part, left, right, top, bottom in windows:
        area = (slice(row, row + 1), slice(top, bottom), slice(left, right))
        one = (slice(row, row + 1), slice(part, part + 1))
        shape = sum(part >= start for start in STARTS) - 1
        ray = across[one][..., left:right], down[one][..., top:bottom]
        depth[area], slot[area] = cast(shape, depth[area], slot[area], numbers[part : part + 1], *ray, batch["origin"][one])
    return depth, slot


def survey(batch, tensors, size, caster=cast):
    """Depth in metres and slots of a batch of `parts.Batch` whose arrays are `tensors` on a device,
    [B, size, size] each; FAR where nothing is."""
    u = plane(size, tensors["camera"].device)
    v = -u
    depth, slot = backdrop(tensors["camera"], tensors["basis"], tensors["room"], u, v)
    axes = tensors["axes"]
    across = axes[:, :, 0, :, None] * u + axes[:, :, 1, :, None]
    down = axes[:, :, 2, :, None] * v
    if depth.is_cuda:
        return _whole(tensors, batch.used, depth, slot, across, down, caster)
    return _windowed(tensors, windows(batch, size), depth, slot, across, down)
