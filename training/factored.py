"""The factors of all exit blocks in training, and the dense blocks that are multiplied out of them.

Forward passes see factors rounded to int8 as they will be stored; gradients pass the rounding.
"""

import torch

from .components import PEAK

# Where a step cuts the prefix that it trains beside the whole: mostly at a rung that ships small.
CUTS = (1.0, 2.0, 2.0, 2.0)


def rounded(factor, across):
    """Values as int8 with one scale a component gives them back."""
    step = factor.abs().amax(dim=across, keepdim=True).clamp(min=1e-12) / PEAK
    return (factor / step).round() * step


class Components:
    """The factors of all exit blocks, their gradients and the dense blocks multiplied out of them."""

    def __init__(self, shape, found):
        self.shape = shape
        self.left = {name: left.clone().requires_grad_() for name, (left, _) in found.items()}
        self.right = {name: right.clone().requires_grad_() for name, (_, right) in found.items()}
        self.trained = [*self.left.values(), *self.right.values()]

    def draw(self, rng):
        """For each exit the ranks of a random prefix: mostly a rung, else something between two."""
        drawn = []
        for _ in self.shape.exits:
            at = rng.choice([*CUTS, rng.uniform(0.5, len(self.shape.rungs))])
            drawn.append({name: round(between((0, *ranks), at)) for name, ranks in self.shape.ranks.items()})
        return drawn

    @torch.no_grad()
    def multiply(self, drawn, whole, prefix):
        """Writes the blocks' matrices: `whole` with all components, `prefix` with the drawn ones."""
        self.masks, self.seen = {}, {}
        for name in self.left:
            left, right = rounded(self.left[name], 1), rounded(self.right[name], 2)
            counts = torch.tensor([ranks[name] for ranks in drawn], device=left.device)
            mask = (torch.arange(left.shape[2], device=left.device) < counts[:, None]).to(left.dtype)
            self.masks[name], self.seen[name] = mask, (left, right)
            part = name.replace(".", "_")
            for blocks, products in ((whole, left @ right), (prefix, left * mask[:, None] @ right)):
                for block, product in zip(blocks, products):
                    block.matrices[part].copy_(product)

    @torch.no_grad()
    def gather(self, whole, prefix):
        """The factors' gradients out of those of the multiplied matrices."""
        for name, (left, right) in self.seen.items():
            part, mask = name.replace(".", "_"), self.masks[name]
            full = torch.stack([block.matrices[part].grad for block in whole])
            cut = torch.stack([block.matrices[part].grad for block in prefix])
            self.left[name].grad = full @ right.mT + (cut @ right.mT) * mask[:, None]
            self.right[name].grad = left.mT @ full + (left.mT @ cut) * mask[:, :, None]

    def arrays(self):
        found = {}
        for index, depth in enumerate(self.shape.exits):
            for name in self.left:
                for side, stacks in (("left", self.left), ("right", self.right)):
                    found[f"exits.{depth}.{name}.{side}"] = stacks[name][index].detach().float().cpu().numpy()
        return found


def between(steps, at):
    """Linear interpolation in a list at a fractional index."""
    low = min(int(at), len(steps) - 2)
    return steps[low] + (steps[low + 1] - steps[low]) * (at - low)
