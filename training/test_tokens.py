"""Checks of the tokenizer and the batches."""

import random
import unittest
from pathlib import Path

import numpy

from .stream import GROUPS, NATURAL, NATURAL_SHARE, NATURAL_WIDTH, step_groups
from .tokenizer import Tokenizer

TOKENIZER = Tokenizer.load(Path(__file__).parents[1] / "packages/family-nano/tokenizer.json")


class Tokens(unittest.TestCase):
    def test_any_text_comes_back(self):
        rng = random.Random(4)
        letters = [chr(code) for code in [*range(0x250), *range(0x4E00, 0x4E40), *range(0x1F600, 0x1F640)]]
        for _ in range(300):
            text = "".join(rng.choice(letters) for _ in range(rng.randint(0, 40)))
            self.assertEqual(TOKENIZER.decode(TOKENIZER.encode(text)), text)

    def test_every_digit_is_its_own_token(self):
        ids = TOKENIZER.encode("1234567890 42")
        self.assertEqual(len(ids), 12)

    def test_small_vocabulary_with_all_bytes(self):
        self.assertLessEqual(len(TOKENIZER.vocabulary), 1024)
        for byte in range(256):
            self.assertTrue(TOKENIZER.encode(bytes([byte]).decode("latin-1")))

    def test_sequence_marks_its_parts(self):
        ids, start = TOKENIZER.sequence("What is 2 + 2?", "4.")
        self.assertEqual((ids[0], ids[start - 1], ids[-1]), (TOKENIZER.question, TOKENIZER.answer, TOKENIZER.end))


class Batches(unittest.TestCase):
    def test_natural_rows_start_with_the_end_token_and_weigh_little(self):
        paragraphs = [numpy.array(TOKENIZER.encode("a small toad; it croaks\n"), dtype=numpy.int16)]
        groups = step_groups(random.Random(5), TOKENIZER, 1.0, 100, paragraphs)
        tokens, classes, _, stops = groups[-1]
        self.assertEqual(tokens.shape, (round(100 * NATURAL_SHARE), NATURAL_WIDTH))
        self.assertTrue((tokens[:, 0] == TOKENIZER.end).all() and (classes == NATURAL).all() and (stops == -1).all())

    def test_groups_have_fixed_shapes_and_true_stops(self):
        groups = step_groups(random.Random(5), TOKENIZER, 1.0, 100)
        self.assertEqual([tokens.shape[1] for tokens, *_ in groups], [width for width, _ in GROUPS])
        for tokens, classes, places, stops in groups:
            self.assertTrue(((tokens != TOKENIZER.pad) == (classes > 0)).all())
            probed = numpy.flatnonzero(stops[:, 0] >= 0)
            self.assertTrue((tokens[probed, places[probed] + 1] == stops[probed, -1]).all())


if __name__ == "__main__":
    unittest.main()
