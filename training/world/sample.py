"""Questions about many scenes: a picture's view and its questions from (seed, index)."""

import random

from .questions import ask
from .render import render
from .scene import make_scene
from .view import look_at


def questions_of(scene, number, pixels, telling, time_ms=0):
    """The questions on one picture; the same for the same scene, camera, time and counts."""
    rng = random.Random(f"{scene.seed}:{scene.index}:{number}:{time_ms}:questions")
    return ask(rng, look_at(scene, number, pixels, telling, time_ms))


def asked(seed, indices, camera=0, **options):
    """Scenes, their pictures and the questions on each; options as `render`."""
    scenes = [make_scene(seed, index) for index in indices]
    pictures = render(scenes, [camera] * len(scenes), **options)
    counts = zip(pictures.pixels.tolist(), pictures.telling.tolist())
    return scenes, pictures, [questions_of(scene, camera, *pair) for scene, pair in zip(scenes, counts)]
