"""Named colours, and the colours of what is never asked about, as linear RGB in percent."""

NAMED = {
    "red": (62, 4, 4),
    "orange": (80, 25, 1),
    "yellow": (82, 66, 3),
    "green": (5, 36, 7),
    "blue": (4, 12, 62),
    "purple": (32, 5, 45),
    "white": (86, 86, 84),
    "black": (3, 3, 3),
}
COLOURS = tuple(NAMED)
PLAIN = {
    "tyre": (3, 3, 3),
    "glass": (7, 9, 12),
    "skin": (48, 28, 19),
    "trousers": (9, 9, 14),
    "bark": (15, 9, 5),
    "leaf": (8, 22, 5),
    "dry leaf": (24, 20, 5),
    "steel": (42, 43, 44),
    "cell": (3, 5, 16),
    "wall": (58, 54, 47),
    "brick": (36, 17, 11),
    "plaster": (66, 60, 46),
    "wood": (33, 20, 10),
    "cone": (86, 22, 2),
    "door": (22, 26, 30),
}


def rgb(name):
    return NAMED.get(name) or PLAIN[name]
