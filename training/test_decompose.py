"""Checks of the torch half: decomposition, nested gradients. Skipped where torch is not installed."""

import importlib.util
import random
import unittest

from .shape import TINY

HAS_TORCH = bool(importlib.util.find_spec("torch"))


@unittest.skipUnless(HAS_TORCH, "torch is not installed")
class Decompose(unittest.TestCase):
    def setUp(self):
        import torch

        torch.manual_seed(3)
        self.matrix, self.x = torch.randn(32, 96), torch.randn(500, 32) * torch.logspace(0, -2, 32)

    def test_all_components_are_the_matrix(self):
        from .decompose import decompose

        left, right = decompose(self.matrix, 32, self.x.T @ self.x)
        self.assertLess(float((left @ right - self.matrix).abs().max()), 1e-4)

    def test_a_prefix_is_the_best_of_its_rank_for_what_the_block_is_fed(self):
        from .decompose import decompose

        wrong = lambda left, right: float((self.x @ (left @ right - self.matrix)).norm())
        left, right = decompose(self.matrix, 24, self.x.T @ self.x)
        for rank in (4, 8, 16):
            cut = wrong(left[:, :rank], right[:rank])
            self.assertAlmostEqual(cut, wrong(*decompose(self.matrix, rank, self.x.T @ self.x)), places=2)
            self.assertLess(cut, wrong(*decompose(self.matrix, rank)))


@unittest.skipUnless(HAS_TORCH, "torch is not installed")
class Nested(unittest.TestCase):
    def test_gradients_of_factors_are_those_of_the_products(self):
        import torch

        from .decompose import factors
        from .model import Block, Nano
        from .factored import Components

        model = Nano(TINY)
        components, rng = Components(TINY, factors(model)), random.Random(1)
        whole = list(model.exits.values())
        prefix = [Block(TINY) for _ in whole]
        components.multiply(components.draw(rng), whole, prefix)
        for block in [*whole, *prefix]:
            for parameter in block.matrices.values():
                parameter.grad = torch.randn_like(parameter)
        components.gather(whole, prefix)
        for name, seen in components.seen.items():
            part, mask = name.replace(".", "_"), components.masks[name]
            left, right = (side.detach().clone().requires_grad_() for side in seen)
            for index, (block, small) in enumerate(zip(whole, prefix)):
                full = (left[index] @ right[index]) * block.matrices[part].grad
                cut = (left[index] * mask[index] @ right[index]) * small.matrices[part].grad
                (full.sum() + cut.sum()).backward()
            self.assertTrue(torch.allclose(left.grad, components.left[name].grad, atol=1e-4))
            self.assertTrue(torch.allclose(right.grad, components.right[name].grad, atol=1e-4))


if __name__ == "__main__":
    unittest.main()
