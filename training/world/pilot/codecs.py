"""Pictures through WebP, AVIF and JPEG of several sizes and qualities, and back to 224 x 224."""

import io

import numpy as np
from PIL import Image

FORMATS = ("AVIF", "WEBP", "JPEG")
SIZES = (224, 160, 112, 80)
QUALITIES = (0, 5, 10, 20, 30, 45, 60, 80)


def coded(picture, name, size, quality):
    """The decoded picture, uint8 [3, 224, 224], and how many bytes crossed."""
    image = Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0)))
    small = image if size == 224 else image.resize((size, size), Image.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, name, quality=quality, **({"max_threads": 1} if name == "AVIF" else {}))
    back = Image.open(io.BytesIO(stream.getvalue())).convert("RGB")
    back = back if size == 224 else back.resize((224, 224), Image.BICUBIC)
    return np.asarray(back).transpose(2, 0, 1), stream.tell()


def coded_all(pictures, name, size, quality):
    """The same for uint8 [N, 3, 224, 224]; bytes as [N]."""
    made = [coded(picture, name, size, quality) for picture in pictures]
    return np.stack([image for image, _ in made]), np.array([count for _, count in made])


def coded_some(pictures, seed):
    """Each picture through a codec, size and quality of its own, for training."""
    draw = np.random.default_rng(seed)
    settings = [(FORMATS[draw.choice(3, p=(0.45, 0.45, 0.1))], int(draw.choice(SIZES)), int(draw.integers(0, 85))) for _ in pictures]
    return np.stack([coded(picture, *setting)[0] for picture, setting in zip(pictures, settings)])
