"""Albedo of a surface: a factor or a colour by texture, from coordinates on the part and on its face."""

import torch

from .glyphs import BITMAPS, COLUMNS, ROWS
from .things import BRICKS, CELLS, CRACKED, GLYPHS, HOLED, LEAVES, PLANKS, SHINGLES, WINDOWS


def lines(x, period, width):
    """1 on lines of a width across x, else 0."""
    away = x - torch.floor(x / period + 0.5) * period
    return (away.abs() < width * 0.5).float()


def blend(base, colour, amount):
    return [b + (c - b) * amount for b, c in zip(base, colour)]


def glyph_table(device):
    return torch.tensor(BITMAPS, dtype=torch.float32, device=device).flatten()


def ink(table, s, t, first, second):
    """1 where the face at s, t in -1..1 (left to right, bottom to top) carries ink of one or two glyphs."""
    pair = second >= 0
    width = torch.where(pair, 2.0 * COLUMNS + 3, COLUMNS + 4.0)
    column = torch.floor((s + 1) * 0.5 * width - torch.where(pair, 1.0, 2.0))
    row = torch.floor((1 - t) * 0.5 * (ROWS + 2.0) - 1.0)
    later = pair & (column > COLUMNS)
    column = torch.where(later, column - COLUMNS - 1, column)
    glyph = torch.where(later, second, first)
    valid = (column >= 0) & (column < COLUMNS) & (row >= 0) & (row < ROWS) & (glyph >= 0)
    at = (glyph * COLUMNS * ROWS + row * COLUMNS + column).clamp(0, table.numel() - 1)
    return table[at.long()] * valid


def cracks(s, t, seed):
    """Two bent cracks and a shattered corner of a panel's face, placed by the seed."""
    turn = (seed % 7.0) * 0.13 - 0.4
    bend = 0.12 * torch.sin(9.0 * s + seed) + 0.07 * torch.sin(23.0 * s)
    one = (t - turn * s - bend - 0.2).abs() < 0.09
    two = (s + 0.6 * t + bend - 0.3 + turn).abs() < 0.07
    return (one | two).float()


def hole(s, t, seed):
    """A ragged hole in a roof."""
    x, y = s - 0.5 + (seed % 5.0) * 0.25, t + 0.1
    ragged = 0.30 + 0.07 * torch.sin(5.0 * torch.atan2(y, x) + seed)
    return (x * x + y * y * 0.5 < ragged * ragged).float()


def paint(base, kind, face, metres, grain, seed, glyphs, table):
    """Colours (three fields) of a surface: `face` s, t in -1..1, `metres` a, b on it, `grain` noise 0..1."""
    (s, t), (a, b) = face, metres
    is_a = lambda *kinds: sum((kind == k).float() for k in kinds)  # noqa: E731
    pane = (1 - lines(a, 2.0, 0.9)) * (1 - lines(b + 0.2, 1.6, 0.7))
    base = blend(base, (0.05, 0.07, 0.1), is_a(WINDOWS) * pane * 0.85)
    base = blend(base, (0.38, 0.4, 0.42), is_a(CELLS, CRACKED) * torch.maximum(lines(a, 0.53, 0.035), lines(b, 0.53, 0.035)))
    base = blend(base, (0.66, 0.66, 0.62), is_a(CRACKED) * cracks(s, t, seed))
    seams = is_a(PLANKS) * lines(b, 0.28, 0.04) + is_a(SHINGLES, HOLED) * torch.maximum(lines(b, 0.45, 0.07), 0.5 * lines(a, 0.9, 0.06))
    seams = seams + is_a(BRICKS) * torch.maximum(lines(b, 0.3, 0.05), lines(a + 0.3 * torch.floor(b / 0.3), 0.6, 0.04))
    base = [c * (1.0 - 0.45 * seams) for c in base]
    base = blend(base, (0.015, 0.012, 0.01), is_a(HOLED) * hole(s, t, seed))
    dark = (base[0] * 0.3 + base[1] * 0.6 + base[2] * 0.1) < 0.25
    pen = [torch.where(dark, c, 0.02) for c in (0.9, 0.9, 0.88)]
    base = blend(base, pen, is_a(GLYPHS) * ink(table, s, t, *glyphs))
    rough = 0.25 + 0.9 * is_a(LEAVES)
    return [c * (1.0 + rough * (grain - 0.5)) for c in base]
