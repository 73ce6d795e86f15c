"""Writes `manifest.json` over the files of an export and the scores measured on it.

    python3 -m training.manifest packages/family-nano report.json
"""

import hashlib
import json
import sys
from pathlib import Path

from . import safetensors_file
from .samples import HELD_OUT_BYTES
from .shape import NANO
from .tokenizer import Tokenizer

VERSION = "0.3.0"
SEEDS = "nano-refine; 0.2.0, which this continues: nano-1, nano-refine; 0.1.0 before it: nano-1, nano-2, nano-3"
COMPUTE = "int8-weights-fp32-compute"


def described(path):
    blob = path.read_bytes()
    return {"file": path.name, "sha256": hashlib.sha256(blob).hexdigest(), "bytes": len(blob)}


def list_segments(folder, shape):
    holds = {"embedding": {"kind": "embedding"}}
    holds |= {f"trunk-{low}-{high}": {"kind": "trunk", "from": low, "to": high} for low, high in shape.trunk_spans}
    for depth in shape.exits:
        holds |= {f"exit-{depth}-rung-{rung}": {"kind": "exit", "depth": depth, "rung": rung} for rung in shape.rungs}
    return [{"id": name, **described(folder / f"{name}.safetensors"), "holds": what} for name, what in holds.items()]


def trunk_of(shape, depth):
    return ["embedding", *(f"trunk-{low}-{high}" for low, high in shape.trunk_spans if high <= depth)]


def parameters_of(path):
    """Weights in a segment's file; scales of quantisation are not counted."""
    return sum(array.size for name, array in safetensors_file.read(path).items() if not name.endswith(".scale"))


def list_rungs(folder, shape, depth, measured):
    """Every rung of an exit with what it needs and what was measured with it."""
    rungs = []
    for rung in shape.rungs:
        needed = [*trunk_of(shape, depth), *(f"exit-{depth}-rung-{low}" for low in shape.rungs if low <= rung)]
        paths = [folder / f"{name}.safetensors" for name in needed]
        sizes = {"parameters": sum(map(parameters_of, paths)), "bytes": sum(path.stat().st_size for path in paths)}
        entry = {"rung": rung, "segments": needed, **sizes}
        if found := measured.get(str(rung)):
            entry["scores"] = {COMPUTE: found["scores"]}
            entry |= {"agreement": found["agreement"], "tokensPerVerify": found["tokensPerVerify"]}
        rungs.append(entry)
    return rungs


def list_exits(folder, shape, report):
    exits = []
    for depth in shape.exits:
        measured = report.get("exits", {}).get(str(depth), {})
        entry = {"depth": depth, "rungs": list_rungs(folder, shape, depth, measured.get("rungs", {}))}
        if measured.get("confidence"):
            entry["confidence"] = [{"risk": one["risk"], "margin": one["margin"]} for one in measured["confidence"]]
        exits.append(entry)
    return exits


def feature_spaces(segments, shape):
    digests = {segment["id"]: bytes.fromhex(segment["sha256"]) for segment in segments}
    spaces = []
    for depth in shape.exits:
        joined = b"".join(digests[name] for name in trunk_of(shape, depth))
        spaces.append({"layer": depth, "id": hashlib.sha256(joined).hexdigest()[:16]})
    return spaces


def recipe():
    root = Path(__file__).parent
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py") if not path.name.startswith("test_"))
    digest = hashlib.sha256()
    for name in files:
        digest.update((root / name).read_bytes())
    return {"files": files, "sha256": digest.hexdigest()}


def dimensions(shape):
    return {
        "layers": shape.layers, "hidden": shape.hidden, "heads": shape.heads, "kvHeads": shape.heads,
        "headSize": shape.head_size, "feedForward": shape.feed_forward, "vocabulary": shape.vocabulary,
        "context": shape.context, "ropeTheta": int(shape.rope_theta), "ropeStyle": "half", "normEpsilon": shape.norm_epsilon,
    }


def natural_text(measured):
    """Bits a byte by corpus and exit, each passage after the end token."""
    names = {"wordnet-held-out": "Debian wordnet-base 1:3.0-37, glosses kept from training", "developers-reference": "Debian developers-reference 12.18"}
    corpora = [{"corpus": names[name], **found} for name, found in measured.items()]
    return {"compute": COMPUTE, "firstToken": "<|end|>", "corpora": corpora}


def manifest(folder, report, shape=NANO):
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    specials = {name: getattr(tokenizer, name) for name in ("question", "answer", "end", "pad")}
    segments = list_segments(folder, shape)
    return {
        "formatVersion": 2,
        "family": "nano",
        "version": VERSION,
        "licence": "Apache-2.0",
        "dimensions": dimensions(shape),
        "tokenizer": {**described(folder / "tokenizer.json"), "specials": specials},
        "segments": segments,
        "exits": list_exits(folder, shape, report),
        "featureSpaces": feature_spaces(segments, shape),
        "inDomain": report.get("inDomain", {"exit": 3, "maxBitsPerByte": 4}),
        **({"naturalText": natural_text(report["naturalText"])} if "naturalText" in report else {}),
        "recipe": recipe(),
        "data": f"synthetic, generated by training/ (seeds {SEEDS}; held out: first SHA-256 byte below {HELD_OUT_BYTES}), and glosses of WordNet 3.0 (Debian wordnet-base)",
    }


def main(folder, report):
    (folder / "manifest.json").write_text(json.dumps(manifest(folder, report), indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()) if len(sys.argv) > 2 else {})
