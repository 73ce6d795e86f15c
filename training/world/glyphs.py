"""Digits and symbols of markers as bitmaps of 5 columns and 7 rows."""

_DRAWN = """
01110 10001 10011 10101 11001 10001 01110
00100 01100 00100 00100 00100 00100 01110
01110 10001 00001 00010 00100 01000 11111
11111 00010 00100 00010 00001 10001 01110
00010 00110 01010 10010 11111 00010 00010
11111 10000 11110 00001 00001 10001 01110
00110 01000 10000 11110 10001 10001 01110
11111 00001 00010 00100 01000 01000 01000
01110 10001 10001 01110 10001 10001 01110
01110 10001 10001 01111 00001 00010 01100
00100 01110 11111 00100 00100 00100 00100
10001 11011 01110 00100 01110 11011 10001
01110 11011 10001 10001 10001 11011 01110
00100 00100 01110 01110 01010 11111 11111
11111 11111 11111 11111 11111 11111 11111
00100 00100 11111 11111 00100 00100 00100
"""
SYMBOLS = ("arrow", "cross", "circle", "triangle", "square", "plus")
COLUMNS, ROWS = 5, 7
BITMAPS = [[int(bit) for bit in line.replace(" ", "")] for line in _DRAWN.strip().split("\n")]
# The square does not fill its bitmap, or it would look like a board of another colour.
BITMAPS[14] = [int(0 < row < 6) for row in range(ROWS) for _ in range(COLUMNS)]


def spelled(text):
    """The glyphs of a marker's text, left to right; -1 for none. '47' has two, 'arrow' one."""
    if text in SYMBOLS:
        return 10 + SYMBOLS.index(text), -1
    return (int(text[0]), int(text[1])) if text else (-1, -1)
