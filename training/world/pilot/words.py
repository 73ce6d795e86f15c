"""Questions as token ids of nano's tokenizer and answers as two words out of a closed list."""

import numpy as np

from ...tokenizer import Tokenizer
from ..glyphs import SYMBOLS
from ..palette import COLOURS
from ..places import PLACES
from ..questions import KINDS
from ..view import ASKED

LENGTH, QUESTIONS = 40, 8
WORDS = ["", *"0123456789", "yes", "no", "left", "right", "nearer", "farther", *COLOURS, *ASKED, *SYMBOLS, *PLACES]
_INDEX = {word: index for index, word in enumerate(WORDS)}
KIND_NAMES = list(KINDS)
_TOKENIZER = []


def tokenizer(path="packages/family-nano/tokenizer.json"):
    if not _TOKENIZER:
        _TOKENIZER.append(Tokenizer.load(path))
    return _TOKENIZER[0]


def answer_ids(text):
    """'47' is two words, all else one and the empty one."""
    first, second = (text[0], text[1]) if text.isdigit() and len(text) == 2 else (text, "")
    return _INDEX[first], _INDEX[second]


def encode(questions):
    """ids [8, 40], answers [8, 2] and kinds [8] of a picture's questions; kind -1 where there is none."""
    ids, answers, kinds = np.zeros((QUESTIONS, LENGTH), np.int16), np.zeros((QUESTIONS, 2), np.int16), np.full(QUESTIONS, -1, np.int16)
    for row, question in enumerate(questions[:QUESTIONS]):
        tokens = tokenizer().encode(question.text)[:LENGTH]
        ids[row, : len(tokens)], answers[row], kinds[row] = tokens, answer_ids(question.answer), KIND_NAMES.index(question.kind)
    return ids, answers, kinds
