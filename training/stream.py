"""Worker processes that keep the trainer supplied with fresh, tokenized batches.

A step's samples fall into groups by length. Widths and row counts never change, so that the
trainer can replay one recorded CUDA graph a group.
"""

import multiprocessing
import random
from dataclasses import dataclass

import numpy

from .natural_text import TRAINING, encoded, read
from .samples import training_problem
from .tokenizer import Tokenizer

QUESTION, ANSWER, AT_ONCE, NATURAL = 1, 2, 3, 4
MOST_HOPS = 5
# Loss of a token by its class. What is asked at once can hardly be learnt near the input, so the
# first exits don't strain for it.
WEIGHTS = (0.0, 0.05, 1.0, 3.0, 0.1)
SHALLOW_WEIGHTS = (0.0, 0.05, 1.0, 1.0, 0.1)
SHALLOW = 3
# Width of the rows of natural text, and their number for each sample of a step.
NATURAL_WIDTH, NATURAL_SHARE = 193, 0.025
# (width in tokens, share of the samples), close to the stream's own lengths.
GROUPS = ((41, 0.14), (57, 0.17), (73, 0.24), (97, 0.18), (129, 0.14), (169, 0.095), (217, 0.035))
_AT_ONCE_KINDS = ("route", "quick", "rank")


@dataclass
class Sample:
    ids: list
    start: int
    weight: int
    place: int = 0
    stops: tuple = ()


def draw(rng, tokenizer, ceiling, longest):
    while True:
        problem, question = training_problem(rng, ceiling)
        ids, start = tokenizer.sequence(question, problem.answer)
        if len(ids) <= longest:
            sample = Sample(ids, start, AT_ONCE if problem.kind in _AT_ONCE_KINDS else ANSWER)
            return probed(sample, tokenizer, problem) if problem.passed else sample


def probed(sample, tokenizer, problem):
    """Where a route's answer names its site, and the first token of each site passed until there."""
    before = problem.answer[: problem.answer.rindex(" " + problem.passed[-1])]
    sample.place = sample.start + len(tokenizer.encode(before)) - 1
    stops = [tokenizer.encode(" " + stop)[0] for stop in problem.passed[1:]]
    sample.stops = tuple(stops + stops[-1:] * (MOST_HOPS - len(stops)))
    return sample


def pad_group(group, width, pad):
    """Token ids, the weight class of each token, the probed place of each row and its stops (-1: none)."""
    tokens = numpy.full((len(group), width), pad, dtype=numpy.int16)
    classes = numpy.zeros((len(group), width), dtype=numpy.uint8)
    places = numpy.array([sample.place for sample in group], dtype=numpy.int16)
    stops = numpy.full((len(group), MOST_HOPS), -1, dtype=numpy.int16)
    for row, sample in enumerate(group):
        tokens[row, : len(sample.ids)] = sample.ids
        classes[row, : sample.start] = QUESTION
        classes[row, sample.start : len(sample.ids)] = sample.weight
        stops[row, : len(sample.stops)] = sample.stops
    return tokens, classes, places, stops


def sizes(samples):
    """(width, rows) of every group of a step."""
    return [(width, max(1, round(samples * share))) for width, share in GROUPS]


def natural_group(rng, tokenizer, paragraphs, rows):
    """Rows of natural text: paragraphs drawn at random, one after the other."""
    tokens = numpy.full((rows, NATURAL_WIDTH), tokenizer.pad, dtype=numpy.int16)
    for row in tokens:
        ids = [tokenizer.end]
        while len(ids) < NATURAL_WIDTH:
            ids.extend(rng.choice(paragraphs).tolist())
        row[:] = ids[:NATURAL_WIDTH]
    places, stops = numpy.zeros(rows, dtype=numpy.int16), numpy.full((rows, MOST_HOPS), -1, dtype=numpy.int16)
    return tokens, numpy.full(tokens.shape, NATURAL, dtype=numpy.uint8), places, stops


def step_groups(rng, tokenizer, ceiling, samples, paragraphs=()):
    """One step's groups: a sample takes the narrowest free place, and is dropped if there is none."""
    groups = [(width, rows, []) for width, rows in sizes(samples)]
    while any(len(held) < rows for _, rows, held in groups):
        one = draw(rng, tokenizer, ceiling, groups[-1][0])
        fits = [held for width, rows, held in groups if len(one.ids) <= width and len(held) < rows]
        if fits:
            fits[0].append(one)
    padded = [pad_group(held, width, tokenizer.pad) for width, _, held in groups]
    if paragraphs:
        padded.append(natural_group(rng, tokenizer, paragraphs, max(1, round(samples * NATURAL_SHARE))))
    return padded


def _work(tokenizer, seed, ceiling, queue, samples, paragraphs):
    rng = random.Random(seed)
    while True:
        queue.put(step_groups(rng, tokenizer, ceiling.value, samples, paragraphs))


class Stream:
    """Start it before CUDA is touched: the workers are forks."""

    def __init__(self, path, seed, workers, samples, natural=None):
        """`natural`: a folder that `natural_text` wrote; without it there is no natural text."""
        fork = multiprocessing.get_context("fork")
        self.ceiling = fork.Value("d", 1.0)
        self.queue = fork.Queue(maxsize=3 * workers)
        self.tokenizer = Tokenizer.load(path)
        self.paragraphs = encoded(self.tokenizer, read(f"{natural}/{TRAINING}")) if natural else []
        self.pending = (fork, workers, seed, samples)
        self.workers = []

    def start(self, ceiling):
        self.ceiling.value = ceiling
        fork, workers, seed, samples = self.pending
        for number in range(workers):
            arguments = (self.tokenizer, f"{seed}-{number}", self.ceiling, self.queue, samples, self.paragraphs)
            self.workers.append(fork.Process(target=_work, args=arguments, daemon=True))
            self.workers[-1].start()

    def next(self):
        return self.queue.get()

    def stop(self):
        for worker in self.workers:
            worker.terminate()
