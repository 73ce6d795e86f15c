"""Scores of a model by kind of question, on plain pictures and on coded ones."""

import torch

from .codecs import FORMATS, QUALITIES, SIZES, coded_all
from .words import KIND_NAMES

CLASSES = len(KIND_NAMES)


@torch.no_grad()
def correct(model, images, ids, answers, step=256):
    """Which answers are right in both words, [N, Q]."""
    found = []
    for first in range(0, len(images), step):
        few = slice(first, first + step)
        with torch.autocast(images.device.type, torch.bfloat16):
            scores = model(images[few], ids[few])
        found.append((scores.argmax(-1) == answers[few]).all(-1))
    return torch.cat(found)


def by_kind(right, kinds):
    """{kind: (percent right, questions)}, and 'all'."""
    table = {"all": (100 * float(right[kinds >= 0].float().mean()), int((kinds >= 0).sum()))}
    for index, name in enumerate(KIND_NAMES):
        mine = kinds == index
        table[name] = 100 * float(right[mine].float().mean()) if mine.any() else 0.0, int(mine.sum())
    return table


def code_pictures(pool, images):
    """{(format, size, quality): (decoded pictures, mean bytes)} of uint8 pictures in memory."""
    plain, settings = images.cpu().numpy(), [(name, size, quality) for name in FORMATS for size in SIZES for quality in QUALITIES]
    jobs = [pool.submit(coded_all, plain, *setting) for setting in settings]
    for setting, job in zip(settings, jobs):
        back, counts = job.result()
        yield setting, torch.from_numpy(back), float(counts.mean())


def best_under(rows, limit, names=FORMATS):
    """The row with the best score of those under a mean number of bytes."""
    allowed = [row for row in rows if row["bytes"] <= limit and row["format"] in names]
    return max(allowed, key=lambda row: row["scores"]["all"][0], default=None)
