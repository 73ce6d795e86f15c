"""Byte-level BPE in plain Python: the same ids as the exported `tokenizer.json` gives."""

import json
import re
from functools import lru_cache

SPECIALS = ["<|pad|>", "<|question|>", "<|answer|>", "<|end|>"]
# Words and digits may carry one leading space; every digit stays alone.
PATTERN = r" ?[A-Za-z]+| ?[0-9]| ?[^A-Za-z0-9 \t\r\n]+|[ \t\r\n]+"
_WORDS = re.compile(PATTERN)
_SPECIAL = re.compile("(" + "|".join(re.escape(name) for name in SPECIALS) + ")")


def byte_alphabet():
    """GPT-2's printable stand-in for each of the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {**{byte: chr(byte) for byte in plain}, **{byte: chr(256 + index) for index, byte in enumerate(others)}}


ALPHABET = byte_alphabet()
_BYTES = {letter: byte for byte, letter in ALPHABET.items()}


def words(text):
    return _WORDS.findall(text)


def spell(word):
    return [ALPHABET[byte] for byte in word.encode()]


class Tokenizer:
    def __init__(self, vocabulary, merges):
        self.vocabulary = vocabulary
        self.merges = merges
        self._ranks = {tuple(pair): rank for rank, pair in enumerate(merges)}
        self._tokens = {index: token for token, index in vocabulary.items()}
        self.word_ids = lru_cache(maxsize=200_000)(self._word_ids)
        self.pad, self.question, self.answer, self.end = (vocabulary[name] for name in SPECIALS)

    @classmethod
    def load(cls, path):
        model = json.loads(open(path, encoding="utf-8").read())["model"]
        return cls(model["vocab"], [tuple(pair) for pair in model["merges"]])

    def _word_ids(self, word):
        parts = spell(word)
        while len(parts) > 1:
            ranks = [self._ranks.get(pair, 1 << 30) for pair in zip(parts, parts[1:])]
            best = min(ranks)
            if best == 1 << 30:
                break
            at = ranks.index(best)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return tuple(self.vocabulary[part] for part in parts)

    def encode(self, text):
        ids = []
        for part in _SPECIAL.split(text):
            if part in self.vocabulary and part in SPECIALS:
                ids.append(self.vocabulary[part])
            else:
                for word in words(part):
                    ids.extend(self.word_ids(word))
        return ids

    def decode(self, ids):
        letters = "".join(self._tokens[index] for index in ids if self._tokens[index] not in SPECIALS)
        return bytes(_BYTES[letter] for letter in letters).decode(errors="replace")

    def sequence(self, question, answer):
        """Ids of one whole training sequence and where its answer starts."""
        asked = [self.question, *self.encode(question), self.answer]
        return [*asked, *self.encode(answer), self.end], len(asked)
