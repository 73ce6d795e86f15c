"""Writes `golden.json`: what the numpy reference says, so that another engine can prove itself.

    python3 -m training.golden packages/family-nano
"""

import json
import sys
from pathlib import Path

import numpy

from .components import multiplied_out
from .export import dequantised
from .reference import Reference
from .shape import NANO
from .tokenizer import Tokenizer

PROMPTS = [
    "Drone Kestrel carries 3 boxes of 4 kg each and 2 crates of 7 kg each. How heavy is the load?",
    "Links: Alder to Cedar, Birch to Dune, Cedar to Birch, Dune to Alder. Heron starts at Cedar and follows 2 links. Where does it end?",
    "Send Otter: go to Mill, pick up 3 crates and then return to base. Be done by 14:30.",
]


def golden(references, tokenizer, prompt):
    """By exit: the best logits and 24 tokens with all components, and 12 tokens of each smaller rung."""
    ids = [tokenizer.question, *tokenizer.encode(prompt), tokenizer.answer]
    entry, whole, shape = {"prompt": prompt, "ids": ids, "exits": []}, references[max(references)], references[1].shape
    for depth in shape.exits:
        last = whole.logits(ids, depth)[-1]
        best = numpy.argsort(-last, kind="stable")[:8]
        top = [{"id": int(index), "logit": float(last[index])} for index in best]
        rungs = [{"rung": rung, "greedy": one.greedy(ids, depth, 12)} for rung, one in references.items() if one is not whole]
        entry["exits"].append({"depth": depth, "top": top, "greedy": whole.greedy(ids, depth, 24), "rungs": rungs})
    return entry


def main(folder):
    references = {rung: Reference(multiplied_out(dequantised(folder, rung)), NANO) for rung in NANO.rungs}
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    entries = [golden(references, tokenizer, prompt) for prompt in PROMPTS]
    (folder / "golden.json").write_text(json.dumps({"compute": "float32", "prompts": entries}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
