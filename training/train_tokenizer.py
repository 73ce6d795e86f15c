"""Trains the byte-level BPE on the training stream and writes a Hugging Face `tokenizer.json`.

    python3 -m training.train_tokenizer packages/family-nano/tokenizer.json NATURAL

NATURAL is the folder that `training.natural_text` wrote.
"""

import json
import random
import sys
from collections import Counter

from .natural_text import TRAINING, read
from .samples import training_problem
from .tokenizer import ALPHABET, PATTERN, SPECIALS, spell, words

SEED = 20261
SIZE = 1024
SAMPLES = 40_000
PARAGRAPHS = 12_000


def count_words(samples, seed, paragraphs):
    rng, counts = random.Random(seed), Counter()
    for paragraph in rng.sample(paragraphs, PARAGRAPHS):
        counts.update(words(paragraph))
    for _ in range(samples):
        problem, question = training_problem(rng)
        counts.update(words(question))
        counts.update(words(problem.answer))
    return counts


def _pair_counts(spelled, counts):
    pairs = Counter()
    for word, parts in spelled.items():
        for pair in zip(parts, parts[1:]):
            pairs[pair] += counts[word]
    return pairs


def _merge(parts, pair):
    merged, at = [], 0
    while at < len(parts):
        if at + 1 < len(parts) and (parts[at], parts[at + 1]) == pair:
            merged.append(parts[at] + parts[at + 1])
            at += 2
        else:
            merged.append(parts[at])
            at += 1
    return merged


def learn_merges(counts, room):
    spelled = {word: spell(word) for word in counts}
    merges = []
    while len(merges) < room:
        pairs = _pair_counts(spelled, counts)
        if not pairs:
            break
        pair = max(pairs, key=lambda item: (pairs[item], item))
        merges.append(pair)
        for word, parts in spelled.items():
            if pair[0] in parts and pair[1] in parts:
                spelled[word] = _merge(parts, pair)
    return merges


def document(merges):
    tokens = [*SPECIALS, *sorted(ALPHABET.values()), *(one + two for one, two in merges)]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    split = {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": vocabulary[name], "content": name, **flags} for name in SPECIALS],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]},
        "post_processor": None,
        "decoder": level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [list(pair) for pair in merges],
        },
    }


def main(path, natural):
    room = SIZE - len(SPECIALS) - len(ALPHABET)
    # Invented names are rare words: they are spelled, not learnt.
    counts = Counter({word: count for word, count in count_words(SAMPLES, SEED, read(f"{natural}/{TRAINING}")).items() if count >= 3})
    text = json.dumps(document(learn_merges(counts, room)), ensure_ascii=False, separators=(",", ":"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:3])
