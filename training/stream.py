"""Worker processes that keep the trainer supplied with fresh, tokenized batches.

A step's samples are sorted by length and split into groups of equal count, each padded to its
own length only.
"""

import multiprocessing
import random

import numpy

from .samples import training_problem
from .tokenizer import Tokenizer

QUESTION, ANSWER, AT_ONCE = 1, 2, 3
WEIGHTS = (0.0, 0.05, 1.0, 3.0)
_AT_ONCE_KINDS = ("route", "quick")


def draw(rng, tokenizer, ceiling, longest):
    while True:
        problem, question = training_problem(rng, ceiling)
        ids, start = tokenizer.sequence(question, problem.answer)
        if len(ids) <= longest:
            return ids, start, AT_ONCE if problem.kind in _AT_ONCE_KINDS else ANSWER


def pad_group(group, pad):
    """Token ids and the weight class of each token, padded to a multiple of 8 (plus the target shift)."""
    longest = max(len(ids) for ids, _, _ in group)
    width = -(-(longest - 1) // 8) * 8 + 1
    tokens = numpy.full((len(group), width), pad, dtype=numpy.int16)
    classes = numpy.zeros((len(group), width), dtype=numpy.uint8)
    for row, (ids, start, weight) in enumerate(group):
        tokens[row, : len(ids)] = ids
        classes[row, :start] = QUESTION
        classes[row, start : len(ids)] = weight
    return tokens, classes


def step_groups(rng, tokenizer, ceiling, samples, groups, longest):
    drawn = sorted((draw(rng, tokenizer, ceiling, longest) for _ in range(samples)), key=lambda one: len(one[0]))
    size = samples // groups
    return [pad_group(drawn[at : at + size], tokenizer.pad) for at in range(0, samples, size)]


def _work(path, seed, ceiling, queue, samples, groups, longest):
    tokenizer, rng = Tokenizer.load(path), random.Random(seed)
    while True:
        queue.put(step_groups(rng, tokenizer, ceiling.value, samples, groups, longest))


class Stream:
    """Start it before CUDA is touched: the workers are forks."""

    def __init__(self, path, seed, workers, samples, groups, longest):
        fork = multiprocessing.get_context("fork")
        self.ceiling = fork.Value("d", 1.0)
        self.queue = fork.Queue(maxsize=3 * workers)
        self.pending = (fork, workers, path, seed, samples, groups, longest)
        self.workers = []

    def start(self, ceiling):
        self.ceiling.value = ceiling
        fork, workers, path, seed, *sizes = self.pending
        for number in range(workers):
            arguments = (path, f"{seed}-{number}", self.ceiling, self.queue, *sizes)
            self.workers.append(fork.Process(target=_work, args=arguments, daemon=True))
            self.workers[-1].start()

    def next(self):
        return self.queue.get()

    def stop(self):
        for worker in self.workers:
            worker.terminate()
