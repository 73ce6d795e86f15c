"""Is this a question for `nano`? The bits a byte of the question costs the model decide.

The limit is set on fresh held-out-side questions and half of the foreign texts; the error rates
are measured on the held-out file and the other half.
"""

import math
import random

import torch

from . import foreign
from .decoding import padded
from .generators import KINDS
from .samples import held_out_problem

SEED = 4242
EACH = 60


@torch.no_grad()
def bits_of(model, tokenizer, texts, depth, first):
    """-log2 p(text) under one exit, each text after the token `first`."""
    rows, found = [[first, *tokenizer.encode(text)][: model.shape.context] for text in texts], []
    for at in range(0, len(rows), 256):
        part = rows[at : at + 256]
        ids = padded(part, tokenizer.pad, model.embedding.device)
        chances = model.logits(model(ids[:, :-1]), depth).log_softmax(-1)
        costs = -chances.gather(-1, ids[:, 1:, None]).squeeze(-1) / math.log(2)
        found += [float(cost[: len(row) - 1].sum()) for cost, row in zip(costs, part)]
    return found


def bits_per_byte(model, tokenizer, texts, depth):
    """Of each question over its UTF-8 bytes."""
    found = bits_of(model, tokenizer, texts, depth, tokenizer.question)
    return [bits / len(text.encode()) for bits, text in zip(found, texts)]


def _fresh_questions():
    rng = random.Random(SEED)
    return [held_out_problem(rng, kind, index % 2 == 0).question for kind in KINDS for index in range(EACH)]


def _limit(inside, outside):
    """The limit with the fewest errors, both kinds weighing the same; the middle of the best span."""
    candidates = sorted({round(value, 2) for value in [*inside, *outside]})
    wrong = lambda limit: sum(v > limit for v in inside) / len(inside) + sum(v <= limit for v in outside) / len(outside)
    least = min(map(wrong, candidates))
    best = [limit for limit in candidates if wrong(limit) <= least + 1e-9]
    return round((best[0] + best[-1]) / 2, 2)


def _rates(limit, held_out, strangers):
    accepted = {}
    for (sort, _), bits in strangers:
        accepted.setdefault(sort, []).append(bits <= limit)
    every = [mark for marks in accepted.values() for mark in marks]
    return {
        "falseReject": round(sum(bits > limit for bits in held_out) / len(held_out), 4),
        "falseAccept": round(sum(every) / len(every), 4),
        "falseAcceptBySort": {sort: round(sum(marks) / len(marks), 4) for sort, marks in accepted.items()},
        "questions": len(held_out),
        "foreign": len(every),
    }


def calibrate(model, tokenizer, held_out, natural=()):
    """The limit of the shallowest exit, which every device holds, and its measured error rates; `natural` texts are foreign too."""
    strangers, depth = [*foreign.texts(), *(("natural text", text) for text in natural)], min(model.shape.exits)
    outside = bits_per_byte(model, tokenizer, [text for _, text in strangers], depth)
    limit = _limit(bits_per_byte(model, tokenizer, _fresh_questions(), depth), outside[::2])
    asked = bits_per_byte(model, tokenizer, held_out, depth)
    return {"exit": depth, "maxBitsPerByte": limit, **_rates(limit, asked, list(zip(strangers, outside))[1::2])}
