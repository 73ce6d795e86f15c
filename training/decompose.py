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
    """`left` [m, rank] and `right` [rank, n], the weightiest component first; without moments, plain SVD.

    The two sides of a component have the same norm: the metric's scale would else stay in one of
    them, and an optimizer that moves all weights alike would tear the small side off in a few steps.
    """
    matrix = matrix.double()
    root, inverse = (None, None) if moments is None else metric(moments)
    left, values, right = torch.linalg.svd(matrix if moments is None else root @ matrix, full_matrices=False)
    left, right = left[:, :rank] * values[:rank], right[:rank]
    left = left if moments is None else inverse @ left
    balance = (left.norm(dim=0) / right.norm(dim=1)).sqrt().clamp(min=1e-12)
    return (left / balance).float(), (right * balance[:, None]).float()


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
