"""Checks of the confidence margins."""

import random
import unittest

from .confidence import RISKS, beta_share, calibrate, margin_for


class Confidence(unittest.TestCase):
    def test_incomplete_beta_is_the_binomial_tail(self):
        # P(X <= 1) of 10 draws at 0.3 is I_0.7(9, 2).
        self.assertAlmostEqual(beta_share(9, 2, 0.7), 0.7**10 + 10 * 0.3 * 0.7**9, places=9)

    def test_no_margin_where_tokens_are_few(self):
        # 0 of 50 has an upper bound of 5.8 %.
        self.assertIsNone(margin_for([(1.0 + at, False) for at in range(50)], 0.05))
        self.assertEqual(margin_for([(1.0 + at, False) for at in range(59)], 0.05), 0.0)

    def test_margins_keep_their_risk_on_the_other_half(self):
        rng = random.Random(2)
        draw = lambda: (margin := rng.random() * 10, rng.random() < 0.3 * 2**-margin)
        found = calibrate([(f"answer-{at}", [draw() for _ in range(20)]) for at in range(3000)])
        self.assertEqual([one["risk"] for one in found], [risk for risk in RISKS if risk >= 0.002])  # smaller ones need more tokens
        margins = [one["margin"] for one in found]
        self.assertEqual(margins, sorted(margins, reverse=True))
        for one in found:
            self.assertLess(one["measured"], 1.3 * one["risk"])


if __name__ == "__main__":
    unittest.main()
