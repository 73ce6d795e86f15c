"""Exit blocks as components in stages, without training: the last rung gives the dense block back.

    python3 -m training.stage packages/family-nano DENSE NEW DATA

Each rung is the best approximation of what the rungs below it leave of the block, rounding to int8
included, under the metric of `decompose`. `packages/family-nano` is a family whose exits in KEPT
stay as they are; DENSE is the dense export of the same training; DATA holds the tokenizer.
"""

import random
import sys
from pathlib import Path

import numpy

from .components import multiplied_out, quantise_components
from .export import dequantised, export, segments
from .reference import Reference
from .samples import training_problem
from .shape import NANO
from .tokenizer import Tokenizer

KEPT = (11,)
# With 384 components every matrix is whole again.
RANKS = {
    "attention.qkv": (160, 288, 384),
    "attention.output": (96, 192, 384),
    "feed_forward.gate_up": (192, 320, 384),
    "feed_forward.down": (160, 256, 384),
}
FLOOR = 1e-3
TOKENS = 14_000


def moments_of(reference, depths, rows):
    """By exit and matrix: the second moments of the matrix's inputs."""
    found = {depth: {} for depth in depths}
    for ids in rows:
        kept = reference.features(ids)
        for depth, sums in found.items():
            inputs = {}
            reference.block(kept[depth], f"exits.{depth}", inputs)
            for name, x in inputs.items():
                sums[name] = sums.get(name, 0) + x.T @ x
    return found


def metric(moments):
    """The square root of the moments and its inverse."""
    values, vectors = numpy.linalg.eigh(moments.astype(numpy.float64))
    values = numpy.maximum(values, 0) + FLOOR * values.mean()
    return (vectors * numpy.sqrt(values)) @ vectors.T, (vectors / numpy.sqrt(values)) @ vectors.T


def staged(matrix, moments, counts):
    """`left` and `right` as int8 gives them back, and what each rung leaves of the block (relative)."""
    (root, inverse), rest, sides, left_over = metric(moments), matrix.astype(numpy.float64), [], []
    for low, high in zip((0, *counts), counts):
        u, values, v = numpy.linalg.svd(root @ rest, full_matrices=False)
        spread = numpy.sqrt(values[: high - low])
        tall, wide, scale = quantise_components(inverse @ (u[:, : high - low] * spread), spread[:, None] * v[: high - low])
        sides.append((tall * scale.astype(numpy.float32), wide.astype(numpy.float32)))
        rest -= sides[-1][0].astype(numpy.float64) @ sides[-1][1]
        left_over.append(float(numpy.linalg.norm(root @ rest) / numpy.linalg.norm(root @ matrix)))
    left, right = zip(*sides)
    return numpy.concatenate(left, axis=1), numpy.concatenate(right), left_over


def rows_of(tokenizer):
    rng, count = random.Random("stage"), 0
    while count < TOKENS:
        problem, question = training_problem(rng)
        ids, _ = tokenizer.sequence(question, problem.answer)
        count += len(ids)
        yield numpy.array(ids)


def main(family, dense, new, data):
    parameters, whole = dequantised(family), multiplied_out(dequantised(dense))
    depths = [depth for depth in NANO.exits if depth not in KEPT]
    moments = moments_of(Reference(whole, NANO), depths, rows_of(Tokenizer.load(f"{data}/tokenizer.json")))
    for depth in depths:
        norms = {name: array for name, array in whole.items() if name.startswith(f"exits.{depth}.") and name.endswith("norm.weight")}
        parameters |= norms
        for name, counts in RANKS.items():
            stem = f"exits.{depth}.{name}"
            left, right, left_over = staged(whole[f"{stem}.weight"], moments[depth][name], counts)
            parameters |= {f"{stem}.left": left, f"{stem}.right": right}
            print(stem, [round(value, 4) for value in left_over], flush=True)
    export(segments(parameters, NANO, {depth: RANKS for depth in depths}), Path(new))


if __name__ == "__main__":
    main(*sys.argv[1:5])
