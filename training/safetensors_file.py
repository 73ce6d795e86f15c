"""Reads and writes the safetensors layout for fp32 and int8 arrays (numpy only)."""

import json
import struct

import numpy

_NAMES = {"float32": "F32", "int8": "I8"}
_TYPES = {short: numpy.dtype(name) for name, short in _NAMES.items()}


def write(path, arrays):
    header, at = {}, 0
    for name, array in arrays.items():
        size = array.nbytes
        header[name] = {"dtype": _NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(numpy.ascontiguousarray(array).tobytes())


def read(path):
    with open(path, "rb") as file:
        blob = file.read()
    start = 8 + struct.unpack("<Q", blob[:8])[0]
    arrays = {}
    for name, entry in json.loads(blob[8:start]).items():
        low, high = entry["data_offsets"]
        flat = numpy.frombuffer(blob[start + low : start + high], dtype=_TYPES[entry["dtype"]])
        arrays[name] = flat.reshape(entry["shape"])
    return arrays
