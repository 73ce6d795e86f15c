"""Int8 segments of a trained model: one safetensors file for each part a node may load alone."""

from pathlib import Path

import numpy

from . import safetensors_file
from .components import rung_arrays


def quantise(matrix, axis):
    """Int8 values and one fp32 scale for each index that `axis` does not sum over."""
    peak = numpy.abs(matrix).max(axis=axis)
    scale = (numpy.maximum(peak, 1e-12) / 127).astype(numpy.float32)
    return numpy.rint(matrix / numpy.expand_dims(scale, axis)).clip(-127, 127).astype(numpy.int8), scale


def block_norms(parameters, prefix):
    names = [f"{prefix}.{part}_norm.weight" for part in ("attention", "feed_forward")]
    return {name: parameters[name].astype(numpy.float32) for name in names}


def block_arrays(parameters, prefix, shape):
    arrays = block_norms(parameters, prefix)
    for name in shape.matrices:
        weight, scale = quantise(parameters[f"{prefix}.{name}.weight"], axis=0)
        arrays[f"{prefix}.{name}.weight"], arrays[f"{prefix}.{name}.scale"] = weight, scale
    return arrays


def exit_arrays(parameters, depth, ranks, rung):
    """What `rung` adds to exit `depth`; the first rung carries the norms."""
    prefix, arrays = f"exits.{depth}", {}
    if rung == 1:
        arrays = block_norms(parameters, prefix)
        arrays[f"{prefix}.norm.weight"] = parameters[f"{prefix}.norm.weight"].astype(numpy.float32)
    return arrays | rung_arrays(parameters, prefix, ranks, rung)


def trunk_segments(parameters, shape):
    """Segment id -> (what it holds, its arrays) of the parts that all exits share."""
    weight, scale = quantise(parameters["embedding.weight"], axis=1)
    found = {"embedding": ({"kind": "embedding"}, {"embedding.weight": weight, "embedding.scale": scale})}
    for low, high in shape.trunk_spans:
        arrays = {}
        for layer in range(low, high):
            arrays |= block_arrays(parameters, f"layers.{layer}", shape)
        found[f"trunk-{low}-{high}"] = ({"kind": "trunk", "from": low, "to": high}, arrays)
    return found


def segments(parameters, shape):
    """Segment id -> (what it holds, its arrays), in manifest order."""
    found = trunk_segments(parameters, shape)
    for depth in shape.exits:
        for rung in shape.rungs:
            holds = {"kind": "exit", "depth": depth, "rung": rung}
            found[f"exit-{depth}-rung-{rung}"] = (holds, exit_arrays(parameters, depth, shape.ranks, rung))
    return found


def dense_segments(parameters, shape):
    """The same with whole exit blocks: a family between its two phases of training, which nothing but training reads."""
    found = trunk_segments(parameters, shape)
    for depth in shape.exits:
        arrays = block_arrays(parameters, f"exits.{depth}", shape)
        arrays[f"exits.{depth}.norm.weight"] = parameters[f"exits.{depth}.norm.weight"].astype(numpy.float32)
        found[f"exit-{depth}"] = ({"kind": "exit", "depth": depth}, arrays)
    return found


def export(found, folder):
    """Writes segments as files; those of an earlier export go."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.safetensors"):
        path.unlink()
    for name, (_, arrays) in found.items():
        safetensors_file.write(folder / f"{name}.safetensors", arrays)


def _stored(folder, rung):
    """All arrays of a folder by name; components of one matrix are joined in the order of their rungs."""
    arrays = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        if rung and "-rung-" in path.stem and int(path.stem.rpartition("-")[2]) > rung:
            continue
        for name, array in safetensors_file.read(path).items():
            if name in arrays:
                array = numpy.concatenate([arrays[name], array], axis=1 if name.endswith(".left") else 0)
            arrays[name] = array
    return arrays


def dequantised(folder, rung=None):
    """All parameters of an export as fp32, by name; exit blocks as `left` and `right`, up to a rung or whole."""
    arrays, parameters = _stored(folder, rung), {}
    for name, array in arrays.items():
        stem, _, part = name.rpartition(".")
        scale = arrays.get(f"{stem}.scale")
        if array.dtype == numpy.int8 and part != "right":
            across = scale[:, None] if name == "embedding.weight" else scale
            parameters[name] = array.astype(numpy.float32) * across
        elif part in ("weight", "right"):
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
            if prefix.startswith("exits"):
                rank = shape.ranks[name][-1]
                parameters[f"{prefix}.{name}.left"], parameters[f"{prefix}.{name}.right"] = make(rows, rank), make(rank, columns)
            else:
                parameters[f"{prefix}.{name}.weight"] = make(rows, columns)
        for part in ("attention_norm", "feed_forward_norm"):
            parameters[f"{prefix}.{part}.weight"] = (1 + 0.1 * rng.standard_normal(shape.hidden)).astype(numpy.float32)
    for depth in shape.exits:
        parameters[f"exits.{depth}.norm.weight"] = numpy.ones(shape.hidden, numpy.float32)
    return parameters
