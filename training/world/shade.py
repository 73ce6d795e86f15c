"""Colours of what a survey met: surface, light, shadow, fog. Alike on every device within rounding."""

import torch

from .noise import lattice, value_noise
from .survey import FAR, GROUND, PARTS, SKY, WALL
from .texture import blend, lines, paint

(AZIMUTH, ELEVATION, SUN, AMBIENT, WARMTH, EXPOSURE, FOG, NOISE) = range(8)
LOW, HIGH, GRAIN, WALLS, TILES, CONTRAST, DAPPLE, SKYLINE = slice(8, 11), slice(11, 14), 14, 15, 16, 17, 18, 19
_STEP = 2 * torch.pi / 1024
_WALL_COLOURS = torch.tensor([[0.55, 0.54, 0.5], [0.45, 0.5, 0.55], [0.5, 0.44, 0.36], [0.62, 0.62, 0.62]])
WALKED_SHADOWS = 16


def sun_of(look):
    """The direction to the sun, three columns [B, 1, 1]."""
    turn, rise = look[:, AZIMUTH, None, None] * _STEP, look[:, ELEVATION, None, None] * _STEP
    return torch.cos(rise) * torch.cos(turn), torch.cos(rise) * torch.sin(turn), torch.sin(rise)


def _on_part(tensors, slot, point):
    """Frame, face coordinates, metres and normal at the points of parts, by gathering each part's row."""
    rows = torch.cat([tensors["local"].flatten(2), tensors["centre"], tensors["half"], tensors["surface"]], 2)
    index = slot.clamp(max=PARTS - 1).long().flatten(1)
    got = torch.gather(rows, 1, index[..., None].expand(-1, -1, rows.shape[2])).view(*slot.shape, -1)
    local, centre, half, surface = got.split([9, 3, 3, rows.shape[2] - 15], -1)
    away = [point[k] - centre[..., k] for k in range(3)]
    at = [sum(local[..., 3 * k + j] * away[j] for j in range(3)) for k in range(3)]
    size = [a.abs() for a in at]
    flat_x, flat_y = (size[0] > size[1]) & (size[0] > size[2]), size[1] > size[2]
    shape = surface[..., 4]
    own = _normal(at, shape, flat_x, flat_y)
    normal = [sum(local[..., 3 * k + j] * own[k] for k in range(3)) for j in range(3)]
    length = torch.rsqrt(sum(n * n for n in normal) + 1e-12)
    side, rise = torch.where(flat_x, 1, 0), torch.where(flat_x | flat_y, 2, 1)
    pick = lambda values, axis: torch.where(axis == 0, values[0], torch.where(axis == 1, values[1], values[2]))  # noqa: E731
    halves = [half[..., k] for k in range(3)]
    s, t = pick(at, side), pick(at, rise)
    # Text reads from left to right on the front and on the back.
    s = torch.where(flat_x, s * torch.sign(at[0]), torch.where(flat_y, -s * torch.sign(at[1]), s))
    metres = pick(at, side) * pick(halves, side), pick(at, rise) * pick(halves, rise)
    rough = [a * h for a, h in zip(at, halves)]
    return surface, (s, t), metres, rough, [n * length for n in normal]


def _normal(at, shape, flat_x, flat_y):
    """The normal in the part's own frame: of a cube's face, of a cylinder's side or end, of an ellipsoid."""
    zero = torch.zeros_like(at[0])
    cube = [torch.where(flat_x, torch.sign(at[0]), zero), torch.where(~flat_x & flat_y, torch.sign(at[1]), zero)]
    cube.append(torch.where(flat_x | flat_y, zero, torch.sign(at[2])))
    end = at[0] * at[0] + at[1] * at[1] < at[2] * at[2]
    tube = [torch.where(end, zero, at[0]), torch.where(end, zero, at[1]), torch.where(end, torch.sign(at[2]), zero)]
    return [torch.where(shape == 0, c, torch.where(shape == 1, t, a)) for c, t, a in zip(cube, tube, at)]


def _floor(tensors, point, grain, fine, coarse):
    """The ground's colour: two tones mixed by noise, stones, a road with a dashed line, or tiles."""
    look, road = tensors["look"], tensors["road"]
    low, high = ([look[:, part][:, k, None, None] / 100 for k in range(3)] for part in (LOW, HIGH))
    contrast = look[:, CONTRAST, None, None] / 100
    mix = (0.45 * coarse + 0.35 * grain + 0.2 * fine - 0.5) * contrast + 0.5
    base = [c.clamp(min=0.01) for c in blend(low, high, mix)]
    stones = (fine * 0.6 + grain * 0.4 > 0.68).float()
    base = blend(base, blend((0.5, 0.47, 0.42), (0.08, 0.07, 0.06), (coarse > 0.5).float()), 0.5 * stones * (contrast - 1) / 3.5)
    dx, dy = point[0] - road[:, 0, None, None], point[1] - road[:, 1, None, None]
    ux, uy, half = (road[:, k, None, None] for k in (2, 3, 4))
    along, side = dx * ux + dy * uy, (dy * ux - dx * uy).abs()
    base = blend(base, [0.07 + 0.05 * fine + 0.06 * coarse] * 3, ((side < half) & (half > 0)).float())
    dash = (side < 0.08) & (along - torch.floor(along / 4) * 4 < 2) & (half > 0)
    edge = ((side - half + 0.25).abs() < 0.07) & (half > 0)
    base = blend(base, (0.7, 0.7, 0.68), (dash | edge).float() * (grain * 1.6).clamp(max=1))
    joints = torch.maximum(lines(point[0], 1.2, 0.03), lines(point[1], 1.2, 0.03)) * look[:, TILES, None, None]
    return [c * (1 - 0.5 * joints) for c in base]


def _walls(look, height, point, grain, seed):
    """A room's walls: a band, bricks, or posters in all colours."""
    style = look[:, WALLS, None, None]
    walls = _WALL_COLOURS.to(look.device)[look[:, WALLS].long()]
    band = 1 - 0.35 * ((point[2] < 1.1).float() + lines(point[2], 1.1, 0.06))
    bricks = torch.maximum(lines(point[2], 0.4, 0.05), lines(point[0] + point[1] + 0.4 * torch.floor(point[2] / 0.4), 0.8, 0.05))
    base = [walls[:, k, None, None] * band * (0.7 + 0.6 * grain) * (1 - 0.5 * bricks * (style == 1)) for k in range(3)]
    cells = [torch.floor(c / 0.8).to(torch.int32) for c in point]
    posters = [lattice(*cells, seed + k) for k in range(4)]
    inset = (1 - lines(point[2], 0.8, 0.2)) * (point[2] > 1.2) * (point[2] < height - 0.02) * (posters[3] > 0.6) * (style > 1)
    return blend(base, [0.05 + 0.7 * c * c for c in posters[:3]], inset)


def _shadow(tensors, point, sun):
    """How much of the sun the things leave to points of the ground: soft ellipses away from the sun."""
    level = torch.sqrt(sun[0] * sun[0] + sun[1] * sun[1]) + 1e-6
    ux, uy = sun[0] / level, sun[1] / level
    dark = torch.zeros_like(point[0])
    for index in range(WALKED_SHADOWS):
        x, y, radius, height = (tensors["shadows"][:, index, k, None, None] for k in range(4))
        long = (height * level / (sun[2] + 0.05) * 0.5).clamp(max=8.0)
        dx, dy = point[0] - x + ux * long, point[1] - y + uy * long
        a, b = (dx * ux + dy * uy) / (radius * 0.8 + long + 1e-3), (dx * uy - dy * ux) / (radius * 0.75 + 1e-3)
        dark = torch.maximum(dark, ((1.15 - a * a - b * b) * 3).clamp(0, 1) * (radius > 0))
    return 1 - 0.8 * dark


def _skyline(look, ray, length, colour, value_noise):
    """Woods or a town on the horizon: height by direction, drawn over the sky."""
    style, rise = look[:, SKYLINE, None, None], ray[2] / length
    seed = look[:, GRAIN, None, None].to(torch.int32)
    turn = torch.atan2(ray[1], ray[0])
    woods = 0.015 + 0.05 * value_noise(turn * 30, turn * 0, turn * 0, seed) + 0.02 * value_noise(turn * 110, turn * 0, turn * 0, seed)
    block = torch.floor(turn * 22).to(torch.int32)
    town = 0.02 + 0.10 * lattice(block, block * 0, block * 0, seed) ** 2
    tone = lattice(block, block * 0 + 1, block * 0, seed)
    panes = lines(turn, 0.012, 0.005) * lines(rise, 0.014, 0.006)
    leaf = value_noise(turn * 150, rise * 150, turn * 0, seed)
    houses = [c * (0.4 + 0.6 * tone) * (1 - 0.6 * panes) for c in (0.42, 0.38, 0.35)]
    colour = blend(colour, houses, ((rise < town) & (style >= 2)).float())
    return blend(colour, [c * (0.4 + 1.2 * leaf) for c in (0.06, 0.12, 0.05)], ((rise < woods) & (style == 1)).float())


def _sky(look, ray, length, sun, value_noise):
    """A gradient with clouds and a glow about the sun."""
    rise = (ray[2] / length).clamp(0, 1)
    at = [r / (rise + 0.15) * 2 / length for r in ray[:2]]
    cloud = 0.65 * value_noise(*at, rise * 3, 77) + 0.35 * value_noise(at[0] * 4, at[1] * 4, rise * 9, 78)
    base = blend((0.62, 0.68, 0.76), (0.16, 0.32, 0.66), rise.sqrt())
    base = blend(base, (0.72, 0.73, 0.75), ((cloud - 0.45) * 4).clamp(0, 1) * 0.8)
    near = (sum(r * s for r, s in zip(ray, sun)) / length).clamp(0, 1)
    return [c + 0.4 * near**24 for c in base]


def shade(tensors, table, depth, slot, u, v, value_noise=value_noise):
    """Linear RGB [B, 3, H, W] of every ray of a survey; `value_noise` may be a compiled one."""
    look, camera, basis = tensors["look"], tensors["camera"], tensors["basis"]
    column = lambda k: look[:, k, None, None]  # noqa: E731
    ray = [basis[:, 0, k, None, None] * u + basis[:, 1, k, None, None] + basis[:, 2, k, None, None] * v[:, None] for k in range(3)]
    point = [camera[:, k, None, None] + depth * ray[k] for k in range(3)]
    length, sun = torch.sqrt(sum(r * r for r in ray)), sun_of(look)
    is_ground, is_wall, is_sky = slot == GROUND, slot == WALL, slot == SKY
    surface, face, metres, rough, normal = _on_part(tensors, slot, point)
    on_part = slot < PARTS
    spot = [torch.where(on_part, r * 3.0, p * 0.8) for r, p in zip(rough, point)]
    seed = column(GRAIN).to(torch.int32) + torch.where(on_part, surface[..., 5], 0.0).to(torch.int32)
    grain = value_noise(*spot, seed)
    fine = value_noise(*(c * 4.3 for c in spot), seed + 11)
    colour = paint([surface[..., k] for k in range(3)], surface[..., 3], face, metres, 0.5 * grain + 0.5 * fine, surface[..., 5], (surface[..., 6], surface[..., 7]), table)
    coarse = value_noise(point[0] * 0.22, point[1] * 0.22, point[2] * 0.22, seed.clamp(min=0) * 0 + 5)
    wall = _walls(look, tensors["room"][:, 4, None, None], point, grain, column(GRAIN).to(torch.int32))
    floor = _floor(tensors, point, grain, fine, coarse)
    colour = [torch.where(is_ground, f, torch.where(is_wall, w, c)) for f, w, c in zip(floor, wall, colour)]
    facing = torch.where(on_part, sum(n * s for n, s in zip(normal, sun)).clamp(min=0), torch.where(is_ground, sun[2], 0.35))
    lit = torch.where(is_ground, _shadow(tensors, point, sun), 1.0)
    leaves = value_noise(point[0] * 0.55 + point[2], point[1] * 0.55, point[2] * 0.3, 99)
    lit = lit * (1 - column(DAPPLE) / 100 * ((leaves - 0.45) * 6).clamp(0, 1))
    above = torch.where(on_part, 0.75 + 0.25 * normal[2], 1.0)
    warm = [1 + column(WARMTH) * f / 100 for f in (1.0, 0.2, -1.0)]
    bright = (column(SUN) / 100 * facing * lit, column(AMBIENT) / 100 * above * (0.4 + 0.6 * lit))
    colour = [c * (bright[0] * w + bright[1]) for c, w in zip(colour, warm)]
    sky = _sky(look, ray, length, sun, value_noise)
    colour = [torch.where(is_sky, s, c) for s, c in zip(sky, colour)]
    mist = 1 - torch.exp(-depth / column(FOG))
    mist = torch.where(is_sky, mist * (1 - (ray[2] / length).clamp(0, 1) * 0.7), mist)
    town = _skyline(look, ray, length, colour, value_noise)
    colour = [torch.where(is_sky, t * (1 - 0.5 * mist) + 0.3 * mist, c) for t, c in zip(town, colour)]
    colour = blend(colour, (0.6, 0.63, 0.67), torch.where((tensors["room"][:, 4, None, None] > 0) & (depth < FAR), 0.3 * mist, mist))
    return torch.stack([c * column(EXPOSURE) / 100 for c in colour], 1)
