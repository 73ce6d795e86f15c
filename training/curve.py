"""The score of exit blocks cut to fewer components, and of other ways to make components.

    python3 -m training.curve out packages/family-nano curve.json

Beside `out` lie, as `training.refine` left them, `out-dense` (whole blocks), `out-plain` and
`out-aware` (plain and activation-aware SVD without further training). Every EACH-th question.
"""

import json
import sys
from pathlib import Path

from . import held_out
from .components import multiplied_out
from .evaluate import answers, load_model, marks, score
from .export import dequantised
from .shape import NANO, TINY
from .tokenizer import Tokenizer

EACH = 2
POINTS = (0.5, 0.75, 1, 1.5, 2, 2.5, 3)


def ranks_at(shape, at):
    """Components of each matrix at a fractional rung: 1.5 lies half-way between rungs 1 and 2."""
    low = min(int(at), len(shape.rungs) - 1)
    between = lambda steps: round(steps[low] + (steps[low + 1] - steps[low]) * (at - low))
    return {name: between((0, *ranks)) for name, ranks in shape.ranks.items()}


def scores(parameters, shape, tokenizer, entries):
    model, questions = load_model(parameters, shape), [entry["question"] for entry in entries]
    found = {}
    for depth in shape.exits:
        texts = [tokenizer.decode(ids) for ids in answers(model, tokenizer, questions, depth)[1]]
        found[str(depth)] = round(score(entries, marks(entries, texts))["mean"], 4)
    return found


def bytes_at(shape, ranks):
    """Int8 factors and an fp32 scale for each component, without norms and file headers."""
    return shape.component_parameters(ranks) + 4 * sum(ranks.values())


def main(folder, data, out, tiny=False):
    shape, tokenizer = TINY if tiny else NANO, Tokenizer.load(f"{data}/tokenizer.json")
    entries = held_out.load(f"{data}/held-out.jsonl")[:: 60 if tiny else EACH]
    report = {"questions": len(entries), "dense": scores(multiplied_out(dequantised(f"{folder}-dense")), shape, tokenizer, entries)}
    for way, suffix in (("refined", ""), ("aware", "-aware"), ("plain", "-plain")):
        report[way], parameters = [], dequantised(folder + suffix)
        for at in POINTS if way == "refined" else shape.rungs:
            ranks = ranks_at(shape, at)
            found = scores(multiplied_out(parameters, ranks), shape, tokenizer, entries)
            size = {"parameters": shape.component_parameters(ranks), "bytes": bytes_at(shape, ranks)}
            report[way].append({"at": at, "ranks": ranks, **size, "scores": found})
            print(way, at, json.dumps(found), flush=True)
            Path(out).write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    places = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    main(*places, tiny="--tiny" in sys.argv)
