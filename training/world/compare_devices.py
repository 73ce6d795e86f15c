"""Speed, and how far a GPU agrees with the CPU: python3 -m training.world.compare_devices [PICTURES]

Prints, against the CPU: pixels whose part or depth differ, the largest difference of a colour and how
often a question differs, uncompiled and compiled; then pictures a second of each.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count

import torch

from .parts import pack
from .render import render_batch
from .sample import questions_of
from .scene import make_scene


def _questions(scenes, pictures):
    counts = zip(pictures.pixels.tolist(), pictures.telling.tolist())
    return [questions_of(scene, 0, *pair) for scene, pair in zip(scenes, counts)]


def _difference(scenes, here, there):
    image = (here.image.int() - there.image.cpu().int()).abs()
    depth = (here.depth != there.depth.cpu()).float().mean()
    segments = (here.segmentation != there.segmentation.cpu()).float().mean()
    asked = sum(a != b for a, b in zip(_questions(scenes, here), _questions(scenes, there)))
    shown = f"depth {float(depth):.2e}, segmentation {float(segments):.2e} of the pixels differ; colour off by more than 1:"
    print(f"{shown} {float((image > 1).float().mean()):.2e}, at most {int(image.max())}; questions differ on {asked} of {len(scenes)} pictures")


def _speed(name, batch, count, rounds, **options):
    render_batch(batch, **options)
    started = time.time()
    for _ in range(rounds):
        kept = render_batch(batch, **options)
    kept.pixels.cpu()
    print(f"{name}: {count * rounds / (time.time() - started):.1f} pictures a second", flush=True)


def make_packed(first, count):
    scenes = [make_scene("compare", index) for index in range(first, first + count)]
    return scenes, pack(scenes, [0] * count, [0] * count)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    scenes, batch = make_packed(0, count)
    here = render_batch(batch)
    _speed("CPU, colour with 4 rays a pixel", batch, count, 1)
    _speed("CPU, depth and segmentation alone", batch, count, 1, colour=False)
    if not torch.cuda.is_available():
        return
    for compiled in (False, True):
        started = time.time()
        there = render_batch(batch, device="cuda", compiled=compiled)
        print(f"GPU, compiled {compiled}, first call {time.time() - started:.1f} s", flush=True)
        _difference(scenes, here, there)
    _, batch = make_packed(0, 128)
    for compiled in (False, True):
        for samples in (1, 2):
            _speed(f"GPU, compiled {compiled}, samples {samples}", batch, 128, 5, device="cuda", compiled=compiled, samples=samples)
        _speed(f"GPU, compiled {compiled}, no colour", batch, 128, 5, device="cuda", compiled=compiled, colour=False)
    with ProcessPoolExecutor(cpu_count()) as pool:
        list(pool.map(make_packed, range(0, 6400, 64), [64] * 100))
        started = time.time()
        list(pool.map(make_packed, range(0, 12800, 64), [64] * 200))
    print(f"scenes made and packed by {cpu_count()} processes: {12800 / (time.time() - started):.0f} a second")


if __name__ == "__main__":
    main()
