"""Int8 segments of a trained model: one safetensors file for each part a node may load alone."""

from pathlib import Path

import numpy

from . import safetensors_file


def quantise(matrix, axis):
    """Int8 values and one fp32 scale for each index that `axis` does not sum over."""
    peak = numpy.abs(matrix).max(axis=axis)
    scale = (numpy.maximum(peak, 1e-12) / 127).astype(numpy.float32)
    return numpy.rint(matrix / numpy.expand_dims(scale, axis)).clip(-127, 127).astype(numpy.int8), scale


def block_arrays(parameters, prefix, shape):
    arrays = {}
    for part in ("attention", "feed_forward"):
        arrays[f"{prefix}.{part}_norm.weight"] = parameters[f"{prefix}.{part}_norm.weight"].astype(numpy.float32)
        for name in (name for name in shape.matrices if name.startswith(part + ".")):
            weight, scale = quantise(parameters[f"{prefix}.{name}.weight"], axis=0)
            arrays[f"{prefix}.{name}.weight"], arrays[f"{prefix}.{name}.scale"] = weight, scale
    return arrays


def segments(parameters, shape):
    """Segment id -> (what it holds, its arrays), in manifest order."""
    weight, scale = quantise(parameters["embedding.weight"], axis=1)
    found = {"embedding": ({"kind": "embedding"}, {"embedding.weight": weight, "embedding.scale": scale})}
    for low, high in shape.trunk_spans:
        arrays = {}
        for layer in range(low, high):
            arrays |= block_arrays(parameters, f"layers.{layer}", shape)
        found[f"trunk-{low}-{high}"] = ({"kind": "trunk", "from": low, "to": high}, arrays)
    for depth in shape.exits:
        arrays = block_arrays(parameters, f"exits.{depth}", shape)
        arrays[f"exits.{depth}.norm.weight"] = parameters[f"exits.{depth}.norm.weight"].astype(numpy.float32)
        found[f"exit-{depth}"] = ({"kind": "exit", "depth": depth}, arrays)
    return found


def export(parameters, shape, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, (_, arrays) in segments(parameters, shape).items():
        safetensors_file.write(folder / f"{name}.safetensors", arrays)


def dequantised(folder):
    """All parameters of an export as fp32, by name."""
    arrays = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        arrays |= safetensors_file.read(path)
    parameters = {}
    for name, array in arrays.items():
        scale = arrays.get(name.removesuffix("weight") + "scale")
        if array.dtype == numpy.int8:
            across = scale[:, None] if name == "embedding.weight" else scale
            parameters[name] = array.astype(numpy.float32) * across
        elif name.endswith(".weight"):
            parameters[name] = array.astype(numpy.float32)
    return parameters


def random_parameters(shape, seed=1):
    """Untrained parameters, for drafts of the layout and for tests."""
    rng = numpy.random.default_rng(seed)
    make = lambda rows, columns: (rng.standard_normal((rows, columns)) * rows**-0.5).astype(numpy.float32)
    parameters = {"embedding.weight": (rng.standard_normal((shape.vocabulary, shape.hidden)) * 0.1).astype(numpy.float32)}
    blocks = [*(f"layers.{layer}" for layer in range(shape.layers)), *(f"exits.{depth}" for depth in shape.exits)]
    for prefix in blocks:
        for name, (rows, columns) in shape.matrices.items():
            parameters[f"{prefix}.{name}.weight"] = make(rows, columns)
        for part in ("attention_norm", "feed_forward_norm"):
            parameters[f"{prefix}.{part}.weight"] = (1 + 0.1 * rng.standard_normal(shape.hidden)).astype(numpy.float32)
    for depth in shape.exits:
        parameters[f"exits.{depth}.norm.weight"] = numpy.ones(shape.hidden, numpy.float32)
    return parameters
