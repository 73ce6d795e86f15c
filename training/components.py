"""Exit blocks as ordered components: W = (left * scale) @ right, and any prefix is a smaller block.

One int8 scale belongs to a component, so a prefix of the stored bytes is exactly the smaller block.
"""

import numpy

PEAK = 127


def quantise_components(left, right):
    """Int8 [m, r] and [r, n], and the fp32 scale of each of the r components."""
    tall = numpy.maximum(numpy.abs(left).max(axis=0), 1e-12)
    wide = numpy.maximum(numpy.abs(right).max(axis=1), 1e-12)
    whole = lambda values: numpy.rint(values * PEAK).clip(-PEAK, PEAK).astype(numpy.int8)
    return whole(left / tall), whole(right / wide[:, None]), (tall * wide / PEAK**2).astype(numpy.float32)


def rung_arrays(parameters, prefix, ranks, rung):
    """The components of an exit block that `rung` adds to the rung below; `ranks` counts them by matrix and rung."""
    arrays = {}
    for name, counts in ranks.items():
        added = slice(*(0, *counts)[rung - 1 : rung + 1])
        left, right = parameters[f"{prefix}.{name}.left"][:, added], parameters[f"{prefix}.{name}.right"][added]
        left, right, scale = quantise_components(left, right)
        arrays |= {f"{prefix}.{name}.left": left, f"{prefix}.{name}.right": right, f"{prefix}.{name}.scale": scale}
    return arrays


def multiplied_out(parameters, ranks=None):
    """The parameters with every exit block dense; `ranks` limits the components of each matrix."""
    dense = {}
    for name, array in parameters.items():
        if name.endswith(".left"):
            stem = name.removesuffix(".left")
            count = array.shape[1] if ranks is None else ranks[stem.split(".", 2)[2]]
            dense[f"{stem}.weight"] = array[:, :count] @ parameters[f"{stem}.right"][:count]
        elif not name.endswith(".right"):
            dense[name] = array
    return dense

