"""Writes `golden.json`: what the numpy reference says, so that another engine can prove itself.

    python3 -m training.golden packages/family-nano
"""

import json
import sys
from pathlib import Path

import numpy

from .export import dequantised
from .reference import Reference
from .shape import NANO
from .tokenizer import Tokenizer

PROMPTS = [
    "Drone Kestrel carries 3 boxes of 4 kg each and 2 crates of 7 kg each. How heavy is the load?",
    "Links: Alder to Cedar, Birch to Dune, Cedar to Birch, Dune to Alder. Heron starts at Cedar and follows 2 links. Where does it end?",
    "Send Otter: go to Mill, pick up 3 crates and then return to base. Be done by 14:30.",
]


def golden(reference, tokenizer, prompt):
    ids = [tokenizer.question, *tokenizer.encode(prompt), tokenizer.answer]
    entry = {"prompt": prompt, "ids": ids, "exits": []}
    for depth in reference.shape.exits:
        last = reference.logits(ids, depth)[-1]
        best = numpy.argsort(-last, kind="stable")[:8]
        top = [{"id": int(index), "logit": float(last[index])} for index in best]
        entry["exits"].append({"depth": depth, "top": top, "greedy": reference.greedy(ids, depth, 24)})
    return entry


def main(folder):
    reference = Reference(dequantised(folder), NANO)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    entries = [golden(reference, tokenizer, prompt) for prompt in PROMPTS]
    (folder / "golden.json").write_text(json.dumps({"compute": "float32", "prompts": entries}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
