"""Keeps fresh pictures and their questions coming: processes make scenes, the GPU renders them, processes
ask; all stay in a ring in the GPU's memory, from which training draws.
"""

from collections import deque
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torch

from ..parts import pack
from ..render import render_batch
from ..sample import questions_of
from ..scene import make_scene
from .words import LENGTH, QUESTIONS, encode

CHUNK = 128


def _packed(seed, first):
    return pack([make_scene(seed, index) for index in range(first, first + CHUNK)], [0] * CHUNK, [0] * CHUNK)


def _asked(seed, first, pixels, telling):
    made = [encode(questions_of(make_scene(seed, first + row), 0, pixels[row], telling[row])) for row in range(CHUNK)]
    return [np.stack(column) for column in zip(*made)]


class Supply:
    """`valid` pictures of the ring may be drawn; CHUNK pictures come with each `more()` that finds work."""

    def __init__(self, seed, capacity, workers, device, compiled=True):
        self.seed, self.device, self.compiled, self.capacity = seed, device, compiled, capacity
        self.pool = ProcessPoolExecutor(workers)
        self.packed, self.asked, self.next, self.rendered, self.valid = deque(), deque(), 0, 0, 0
        self.images = torch.zeros(capacity, 3, 224, 224, dtype=torch.uint8, device=device)
        self.ids = torch.zeros(capacity, QUESTIONS, LENGTH, dtype=torch.int16, device=device)
        self.answers = torch.zeros(capacity, QUESTIONS, 2, dtype=torch.int16, device=device)
        self.kinds = torch.full((capacity, QUESTIONS), -1, dtype=torch.int16, device=device)
        self._order()

    def _order(self):
        while len(self.packed) < 48:
            self.packed.append((self.next, self.pool.submit(_packed, self.seed, self.next)))
            self.next += CHUNK

    def more(self, wait=False):
        """Renders one chunk if its scenes are there; takes in questions that are."""
        self._take()
        if not wait and not self.packed[0][1].done():
            return False
        first, future = self.packed.popleft()
        batch, at = future.result(), self.rendered % self.capacity
        self._order()
        pictures = render_batch(batch, device=self.device, compiled=self.compiled)
        self.kinds[at : at + CHUNK] = -1
        self.images[at : at + CHUNK] = pictures.image
        future = self.pool.submit(_asked, self.seed, first, pictures.pixels.cpu().numpy(), pictures.telling.cpu().numpy())
        self.asked.append((at, future))
        self.rendered += CHUNK
        return True

    def _take(self, wait=False):
        while self.asked and (wait or self.asked[0][1].done()):
            at, future = self.asked.popleft()
            for ring, values in zip((self.ids, self.answers, self.kinds), future.result()):
                ring[at : at + CHUNK] = torch.from_numpy(values).to(self.device)
            self.valid = min(self.capacity, max(self.valid, at + CHUNK))

    def finish(self):
        """Waits for the last questions; nothing more is rendered."""
        self._take(wait=True)
        for _, future in self.packed:
            future.cancel()
        self.packed.clear()

    def draw(self, count):
        """Pictures with their questions and answers."""
        rows = torch.randint(self.valid, (count,), device=self.device)
        return self.images[rows], self.ids[rows].long(), self.answers[rows].long(), self.kinds[rows]
