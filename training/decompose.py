"""Exit blocks as ordered components, under a metric that knows what the block is fed.

The decomposition follows SVD-LLM v2 (arXiv 2503.12340): with X the inputs of a matrix W, the SVD
of W in the metric of X^T X gives, at every rank, the factors that change the products X W least.
"""

import torch

# What is added to the metric's smallest directions, as a share of the mean one: rare inputs.
FLOOR = 1e-3


def metric(moments):
    """The square root of X^T X and its inverse, from the second moments [m, m]."""
    values, vectors = torch.linalg.eigh(moments.double())
    values = values.clamp(min=0) + FLOOR * values.mean()
    return vectors * values.sqrt() @ vectors.T, vectors * values.rsqrt() @ vectors.T


def decompose(matrix, rank, moments=None):
    """`left` [m, rank] and `right` [rank, n], the weightiest component first; without moments, plain SVD."""
    matrix = matrix.double()
    root, inverse = (None, None) if moments is None else metric(moments)
    left, values, right = torch.linalg.svd(matrix if moments is None else root @ matrix, full_matrices=False)
    spread = values[:rank].sqrt()
    left = left[:, :rank] * spread if moments is None else inverse @ (left[:, :rank] * spread)
    return left.float(), (spread[:, None] * right[:rank]).float()


@torch.no_grad()
def moments_of(model, batches):
    """By exit and matrix: the summed second moments of the matrix's inputs over (ids, is a token)."""
    found = {depth: {} for depth in model.shape.exits}
    for ids, real in batches:
        kept, cos, sin = model.features(ids)
        for depth, sums in found.items():
            for name, x in model.exits[str(depth)].inputs(kept[depth], cos, sin).items():
                rows = x[real].float()
                sums[name] = sums.get(name, 0) + rows.T @ rows
    return found


def factors(model, moments=None):
    """By matrix: (left [exits, m, r], right [exits, r, n]) of all exit blocks."""
    found = {}
    for name, ranks in model.shape.ranks.items():
        part = name.replace(".", "_")
        pairs = [
            decompose(model.exits[str(depth)].matrices[part].detach(), ranks[-1], moments and moments[depth][part])
            for depth in model.shape.exits
        ]
        found[name] = tuple(torch.stack(side) for side in zip(*pairs))
    return found
