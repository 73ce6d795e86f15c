"""Measures an export, run in fp32: free-running scores, agreement and drafting per exit and rung.

    python3 -m training.evaluate out packages/family-nano report.json [NATURAL]

NATURAL is the folder that `training.natural_text` wrote: bits a byte of natural text.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import numpy
import torch

from . import confidence, held_out, in_domain, natural_text
from .checkpoint import fill
from .components import multiplied_out
from .decoding import greedy, padded
from .export import dequantised
from .model import Nano
from .shape import NANO, TINY
from .tokenizer import Tokenizer

DRAFT = 8
BATCH = 700
LONGEST = 230
RESAMPLES = 4000


def batches(lengths):
    order = sorted(range(len(lengths)), key=lambda index: lengths[index])
    return [order[at : at + BATCH] for at in range(0, len(order), BATCH)]


def answers(model, tokenizer, questions, depth):
    prompts = [[tokenizer.question, *tokenizer.encode(text), tokenizer.answer] for text in questions]
    found = [None] * len(prompts)
    for batch in batches([len(prompt) for prompt in prompts]):
        written = greedy(model, [prompts[index] for index in batch], depth, tokenizer.end, LONGEST)
        for index, ids in zip(batch, written):
            found[index] = ids
    return prompts, found


def marks(entries, texts):
    """Right or wrong: equal to the reference, character for character."""
    return [text == entry["answer"] for entry, text in zip(entries, texts)]


def score(entries, right):
    """Share of right answers, per kind and in the unweighted mean over the kinds."""
    groups = defaultdict(list)
    for entry, mark in zip(entries, right):
        groups[entry["kind"]].append(mark)
        groups["new wordings" if "-new-" in entry["id"] else "known wordings"].append(mark)
    scores = {kind: sum(found) / len(found) for kind, found in groups.items()}
    kinds = {entry["kind"] for entry in entries}
    return {**scores, "mean": sum(scores[kind] for kind in kinds) / len(kinds)}


def verifies(agreed):
    """How many verify rounds commit all tokens: up to DRAFT accepted ones and the verifier's own."""
    rounds, at = 0, 0
    while at < len(agreed):
        run = 0
        while run < DRAFT and at + run < len(agreed) and agreed[at + run]:
            run += 1
        at, rounds = at + run + 1, rounds + 1
    return rounds


@torch.no_grad()
def choices(model, tokenizer, prompts, deepest):
    """For each exit and answer: (margin of its choice, differs) after every prefix of the deepest exit's answer."""
    found = {depth: [None] * len(prompts) for depth in model.shape.exits}
    rows = [[*prompt, *ids, tokenizer.end] for prompt, ids in zip(prompts, deepest)]
    for batch in batches([len(row) for row in rows]):
        ids = padded([rows[index] for index in batch], tokenizer.pad, model.embedding.device)
        outputs = model(ids[:, :-1])
        for depth in model.shape.exits:
            best = model.logits(outputs, depth).topk(2)
            margins = (best.values[..., 0] - best.values[..., 1]).tolist()
            differs = (best.indices[..., 0] != ids[:, 1:]).tolist()
            for at, index in enumerate(batch):
                span = slice(len(prompts[index]) - 1, len(rows[index]) - 1)
                found[depth][index] = list(zip(margins[at][span], differs[at][span]))
    return found


def drafting(rows):
    """Agreement a token and tokens a verify of an exit's choices."""
    agreed = [[not differs for _, differs in row] for row in rows]
    tokens = sum(map(len, agreed))
    return {"agreement": round(sum(map(sum, agreed)) / tokens, 4), "tokensPerVerify": round(tokens / sum(map(verifies, agreed)), 2)}


def measure_rung(model, tokenizer, entries, deepest=None):
    """Scores and drafting of every exit as the model is filled now; `deepest`: the answers to agree with."""
    questions, report, right, texts = [entry["question"] for entry in entries], {}, {}, {}
    for depth in reversed(model.shape.exits):
        prompts, found = answers(model, tokenizer, questions, depth)
        deepest = deepest or found
        texts[depth] = [tokenizer.decode(ids) for ids in found]
        right[depth] = marks(entries, texts[depth])
        report[depth] = {"scores": {name: round(value, 4) for name, value in score(entries, right[depth]).items()}}
    chosen = choices(model, tokenizer, prompts, deepest)
    for depth, rows in chosen.items():
        report[depth] |= drafting(rows)
    return report, {"deepest": deepest, "texts": texts, "right": right, "chosen": chosen}


def step_up(entries, lower, upper):
    """Points that one exit's mean lies above another's, and the paired bootstrap's 95 % span."""
    rng, gains = numpy.random.default_rng(7), []
    kinds = sorted({entry["kind"] for entry in entries})
    for kind in kinds:
        gain = [int(b) - int(a) for entry, a, b in zip(entries, lower, upper) if entry["kind"] == kind]
        drawn = rng.integers(0, len(gain), (RESAMPLES, len(gain)))
        gains.append(numpy.array(gain)[drawn].mean(axis=1))
    means = numpy.mean(gains, axis=0) * 100
    whole = 100 * (score(entries, upper)["mean"] - score(entries, lower)["mean"])
    return {"points": round(float(whole), 2), "from": round(float(numpy.quantile(means, 0.025)), 2), "to": round(float(numpy.quantile(means, 0.975)), 2)}


def difficulty(entry):
    """Operations, links or written lines, read off the question or its reference."""
    if entry["kind"] == "quick":
        return entry["question"].count(" + ") + entry["question"].count(" - ") or entry["question"].count(", ")
    if entry["kind"] == "route":
        return int(re.search(r"(\d) (link|step|hop)", entry["question"]).group(1))
    if entry["kind"] == "rank":
        return len(re.findall(r"\d+ (?:k|%)", entry["question"])) // 2
    return len(entry["answer"].split(". "))


def by_difficulty(entries, right):
    table = defaultdict(lambda: defaultdict(list))
    for entry, mark in zip(entries, right):
        table[entry["kind"]][difficulty(entry)].append(mark)
    return {kind: {key: round(sum(m) / len(m), 2) for key, m in sorted(rows.items())} for kind, rows in table.items()}


def disagreements(entries, rows):
    """How many of an answer's tokens differ from the deepest exit's, on average of each kind."""
    table = defaultdict(list)
    for entry, row in zip(entries, rows):
        table[entry["kind"]].append(sum(differs for _, differs in row))
    return {kind: round(sum(counts) / len(counts), 3) for kind, counts in table.items()}


def natural_bits(model, tokenizer, folder):
    """Bits a byte by corpus and exit, over passages that start with the end token, as in training."""
    found = {}
    for name in (natural_text.HELD_OUT, natural_text.OTHER):
        texts = natural_text.passages(natural_text.read(Path(folder) / name))
        texts = [text for text in texts if len(tokenizer.encode(text)) < model.shape.context]
        total = sum(len(text.encode()) for text in texts)
        bits = {str(d): sum(in_domain.bits_of(model, tokenizer, texts, d, tokenizer.end)) / total for d in model.shape.exits}
        found[name.removesuffix(".txt.gz")] = {"passages": len(texts), "bytes": total, "bitsPerByte": {d: round(b, 4) for d, b in bits.items()}}
    return found


def load_model(parameters, shape):
    model = Nano(shape).to("cuda" if torch.cuda.is_available() else "cpu").eval()
    fill(model, parameters)
    return model


def main(export, data, out, natural=None, tiny=False):
    tokenizer, entries = Tokenizer.load(f"{data}/tokenizer.json"), held_out.load(f"{data}/held-out.jsonl")
    entries, shape = entries[::60] if tiny else entries, TINY if tiny else NANO
    report, exits, held = {"questions": len(entries)}, {str(depth): {"rungs": {}} for depth in shape.exits}, None
    for rung in reversed(shape.rungs):
        model = load_model(multiplied_out(dequantised(export, rung)), shape)
        found, kept = measure_rung(model, tokenizer, entries, held and held["deepest"])
        for depth, one in found.items():
            exits[str(depth)]["rungs"][str(rung)] = one
            print(depth, rung, json.dumps(one), flush=True)
        if held is None:
            held = kept
            report |= whole_report(model, tokenizer, entries, kept, natural)
            for depth in shape.exits:
                rows = list(zip((entry["id"] for entry in entries), kept["chosen"][depth]))
                exits[str(depth)]["confidence"] = confidence.calibrate(rows) if depth < shape.layers else []
        Path(out).write_text(json.dumps({**report, "exits": exits}, indent=1))


def whole_report(model, tokenizer, entries, kept, natural):
    """What is only asked of the exits with all their components."""
    right, depths, questions = kept["right"], model.shape.exits, [entry["question"] for entry in entries]
    strangers = []
    if natural:
        for name in (natural_text.HELD_OUT, natural_text.OTHER):
            strangers += natural_text.read(Path(natural) / name)[:100]
    deep = [depth for depth in depths if depth >= 5]
    report = {
        "steps": {f"{low}-{high}": step_up(entries, right[low], right[high]) for low, high in [*zip(depths, depths[1:]), (depths[0], depths[-1])]},
        "difficulty": {depth: by_difficulty(entries, right[depth]) for depth in depths},
        "disagreements": {depth: disagreements(entries, kept["chosen"][depth]) for depth in depths},
        "inDomain": in_domain.calibrate(model, tokenizer, questions, strangers),
        "wrong": [{**e, "said": text} for e, text, mark in zip(entries, kept["texts"][depths[-1]], right[depths[-1]]) if not mark][:80],
        "allRight": [entry["id"] for index, entry in enumerate(entries) if all(right[depth][index] for depth in deep)],
    }
    if natural:
        report["naturalText"] = natural_bits(model, tokenizer, natural)
    print(json.dumps({key: report.get(key) for key in ("steps", "inDomain", "naturalText")}), flush=True)
    return report


if __name__ == "__main__":
    places = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    main(*places, tiny="--tiny" in sys.argv)
