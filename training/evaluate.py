"""Measures an int8 export, run in fp32: free-running scores, agreement and drafting per exit.

    python3 -m training.evaluate out packages/family-nano report.json
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import torch

from . import held_out, in_domain
from .checkpoint import fill
from .decoding import greedy, padded
from .export import dequantised
from .model import Nano
from .shape import NANO, TINY
from .tokenizer import Tokenizer

DRAFT = 8
BATCH = 480
LONGEST = 160


def batches(count, lengths):
    order = sorted(range(count), key=lambda index: lengths[index])
    return [order[at : at + BATCH] for at in range(0, count, BATCH)]


def answers(model, tokenizer, questions, depth):
    prompts = [[tokenizer.question, *tokenizer.encode(text), tokenizer.answer] for text in questions]
    found = [None] * len(prompts)
    for batch in batches(len(prompts), [len(prompt) for prompt in prompts]):
        written = greedy(model, [prompts[index] for index in batch], depth, tokenizer.end, LONGEST)
        for index, ids in zip(batch, written):
            found[index] = ids
    return prompts, found


def score(entries, texts):
    """Share of answers equal to the reference, character for character, per kind."""
    right = defaultdict(list)
    for entry, text in zip(entries, texts):
        right[entry["kind"]].append(text == entry["answer"])
        right["new wordings" if "-new-" in entry["id"] else "known wordings"].append(text == entry["answer"])
    scores = {kind: sum(marks) / len(marks) for kind, marks in right.items()}
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
def compare(model, tokenizer, prompts, deepest):
    """Each exit's own choice after every prefix of the deepest exit's answer."""
    agreed = {depth: [] for depth in model.shape.exits}
    rows = [[*prompt, *ids, tokenizer.end] for prompt, ids in zip(prompts, deepest)]
    for batch in batches(len(rows), [len(row) for row in rows]):
        ids = padded([rows[index] for index in batch], tokenizer.pad, model.embedding.device)
        outputs = model(ids[:, :-1])
        top = model.logits(outputs, model.shape.layers).argmax(-1)
        for depth in model.shape.exits:
            same = (model.logits(outputs, depth).argmax(-1) == top).tolist()
            agreed[depth] += [same[at][len(prompts[i]) - 1 : len(rows[i]) - 1] for at, i in enumerate(batch)]
    return agreed


def measure(model, tokenizer, entries):
    questions, report, texts = [entry["question"] for entry in entries], {}, {}
    for depth in reversed(model.shape.exits):
        prompts, found = answers(model, tokenizer, questions, depth)
        if depth == model.shape.layers:
            agreed = compare(model, tokenizer, prompts, found)
        texts[depth] = [tokenizer.decode(ids) for ids in found]
        tokens = sum(len(marks) for marks in agreed[depth])
        report[str(depth)] = {
            "scores": {name: round(value, 4) for name, value in score(entries, texts[depth]).items()},
            "agreement": round(sum(map(sum, agreed[depth])) / tokens, 4),
            "tokensPerVerify": round(tokens / sum(map(verifies, agreed[depth])), 2),
        }
        print(depth, json.dumps(report[str(depth)]), flush=True)
    return {depth: report[str(depth)] for depth in model.shape.exits}, texts


def difficulty(entry):
    """Operations, links or written lines, read off the question or its reference."""
    if entry["kind"] == "quick":
        return entry["question"].count(" + ") + entry["question"].count(" - ") or entry["question"].count(", ")
    if entry["kind"] == "route":
        return int(re.search(r"(\d) (link|step|hop)", entry["question"]).group(1))
    if entry["kind"] == "rank":
        return len(re.findall(r"\d+ (?:k|%)", entry["question"])) // 2
    return len(entry["answer"].split(". "))


def by_difficulty(entries, texts):
    table = defaultdict(lambda: defaultdict(list))
    for entry, text in zip(entries, texts):
        table[entry["kind"]][difficulty(entry)].append(text == entry["answer"])
    return {kind: {key: round(sum(m) / len(m), 2) for key, m in sorted(rows.items())} for kind, rows in table.items()}


def all_right(entries, texts, depths):
    return [entry["id"] for index, entry in enumerate(entries) if all(texts[d][index] == entry["answer"] for d in depths)]


def load_model(export, shape):
    model = Nano(shape).to("cuda" if torch.cuda.is_available() else "cpu").eval()
    fill(model, dequantised(export))
    return model


def main(export, data, out, tiny=False):
    tokenizer, entries = Tokenizer.load(f"{data}/tokenizer.json"), held_out.load(f"{data}/held-out.jsonl")
    entries = entries[::60] if tiny else entries
    model = load_model(export, TINY if tiny else NANO)
    exits, texts = measure(model, tokenizer, entries)
    depths = model.shape.exits
    said = texts[depths[-1]]
    report = {
        "questions": len(entries),
        "exits": exits,
        "difficulty": {depth: by_difficulty(entries, texts[depth]) for depth in depths},
        "inDomain": in_domain.calibrate(model, tokenizer, [entry["question"] for entry in entries]),
        "wrong": [{**entry, "said": text} for entry, text in zip(entries, said) if text != entry["answer"]][:80],
        "allRight": all_right(entries, texts, [depth for depth in depths if depth >= 5]),
    }
    Path(out).write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:4], tiny="--tiny" in sys.argv)
