"""The pilot: trains on fresh pictures, then on coded ones too, and scores both models.

    python3 -m training.world.pilot.train --seconds 350 --coded 90 --out out

Writes report.json and, in bf16, encoder.pt and answerer.pt of the model trained with codecs.
"""

import argparse
import json
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from ...muon import orthogonal
from .codecs import coded_some
from .model import Pilot
from .scoring import best_under, by_kind, code_pictures, correct
from .supply import CHUNK, Supply
from .words import LENGTH, WORDS

LIMITS = (500, 700, 1500, 4000)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True, help="training on plain pictures")
    parser.add_argument("--coded", type=float, default=0.0, help="seconds of training on coded pictures after that")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--capacity", type=int, default=196608, help="pictures kept on the GPU")
    parser.add_argument("--held", type=int, default=1024, help="held-out pictures; half of them are coded")
    parser.add_argument("--workers", type=int, default=max(2, (os.cpu_count() or 2) - 1))
    parser.add_argument("--plain", action="store_true", help="nothing is compiled")
    parser.add_argument("--out", default="out")
    return parser.parse_args()


class Optimizer:
    """Muon for the matrices of attention blocks, AdamW for all else."""

    def __init__(self, model):
        mine = [p for name, p in model.named_parameters() if p.dim() == 2 and any(part in name for part in ("blocks", "asking", "seeing"))]
        self.groups = {}
        for p in mine:
            self.groups.setdefault(tuple(p.shape), []).append(p)
        self.held = {shape: torch.zeros(len(ps), *shape, device=ps[0].device) for shape, ps in self.groups.items()}
        ids = {id(p) for p in mine}
        self.adam = torch.optim.AdamW([p for p in model.parameters() if id(p) not in ids], betas=(0.9, 0.98), weight_decay=0.01, fused=mine[0].is_cuda)

    @torch.no_grad()
    def step(self, rate):
        for shape, ps in self.groups.items():
            grads, held = torch.stack([p.grad for p in ps]), self.held[shape]
            held.mul_(0.95).add_(grads)
            moved = orthogonal(grads + 0.95 * held) * (0.2 * max(shape) ** 0.5)
            torch._foreach_mul_(ps, 1 - 0.05 * rate)
            torch._foreach_add_(ps, list(moved.unbind()), alpha=-rate)
        for group in self.adam.param_groups:
            group["lr"] = 0.6 * rate
        self.adam.step()


class Training:
    def __init__(self, options, device):
        self.options, self.device = options, device
        torch.manual_seed(1)
        self.model = Pilot(1024, len(WORDS), LENGTH).to(device, memory_format=torch.channels_last)
        self.optimizer = Optimizer(self.model)
        self.run = self.model if options.plain else torch.compile(self.model, dynamic=False)
        self.steps = 0

    def step(self, batch, rate):
        images, ids, answers, kinds = batch
        with torch.autocast(self.device.type, torch.bfloat16):
            scores = self.run(images, ids)
        wanted = torch.where(kinds[..., None] >= 0, answers, -100)
        loss = F.cross_entropy(scores.float().flatten(0, 2), wanted.flatten(), ignore_index=-100)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.optimizer.adam.param_groups[0]["params"], 1.0)
        self.optimizer.step(rate * min(1.0, (self.steps + 1) / 200))
        self.model.zero_grad(set_to_none=True)
        self.steps += 1
        return loss.detach()


def train_plain(one, supply, held, options):
    """Renders and trains by turns until the time is up; the rate falls over the last two fifths."""
    started, shown = time.time(), 0.0
    while (spent := time.time() - started) < options.seconds:
        supply.more()
        rate = options.rate * min(1.0, max(0.05, 2.5 * (1 - spent / options.seconds)))
        loss = one.step(supply.draw(options.batch), rate)
        if spent - shown >= 30:
            shown = spent
            scores = by_kind(correct(one.model, *held[:3]), held[3])
            line = " ".join(f"{name} {value[0]:.1f}" for name, value in scores.items())
            print(f"{spent:.0f} s, step {one.steps}, {supply.rendered} rendered, loss {float(loss):.3f}, held out {line}", flush=True)


def train_coded(one, supply, options):
    """Half of each batch went through a codec, in the processes that made scenes before."""
    half, started, jobs, count = options.batch // 2, time.time(), [], 0
    while (spent := time.time() - started) < options.coded:
        while len(jobs) < 2 * options.workers:
            batch = supply.draw(32)
            jobs.append((batch, supply.pool.submit(coded_some, batch[0].cpu().numpy(), len(jobs) + 1000 * count)))
            count += 1
        ready, jobs = jobs[: half // 32], jobs[half // 32 :]
        few = [(torch.from_numpy(job.result()).to(one.device), *batch[1:]) for batch, job in ready]
        plain = supply.draw(half)
        whole = [torch.cat([column[0], *column[1:]]) for column in zip(plain, *few)]
        one.step(whole, options.rate * 0.4 * max(0.03, 1 - spent / options.coded))
    for _, job in jobs:
        job.cancel()


def held_out(options, device):
    """Pictures and questions of a seed that training never sees."""
    supply = Supply("pilot-held-out", options.held, options.workers, device, compiled=False)
    for _ in range(options.held // CHUNK):
        supply.more(wait=True)
    supply.finish()
    supply.pool.shutdown()
    return supply.images, supply.ids.long(), supply.answers.long(), supply.kinds


def score_coded(models, held, pool):
    """Rows of every codec, size and quality, for each model, on half the held-out pictures."""
    few = [column[: len(held[0]) // 2] for column in held]
    rows = {name: [] for name in models}
    for (name, size, quality), images, count in code_pictures(pool, few[0]):
        for which, model in models.items():
            scores = by_kind(correct(model, images.to(few[0].device), *few[1:3]), few[3])
            rows[which].append({"format": name, "size": size, "quality": quality, "bytes": count, "scores": scores})
    plain = {which: by_kind(correct(model, *few[:3]), few[3]) for which, model in models.items()}
    return rows, plain


def show(rows, plain):
    for which in rows:
        print(which, "uncoded", {name: round(value[0], 1) for name, value in plain[which].items()})
        for limit in LIMITS:
            for names in (("AVIF",), ("WEBP",), ("JPEG",)):
                best = best_under(rows[which], limit, names)
                if best:
                    line = {name: round(value[0], 1) for name, value in best["scores"].items()}
                    lost = plain[which]["all"][0] - best["scores"]["all"][0]
                    print(f"  <= {limit} B {best['format']} {best['size']} q{best['quality']} {best['bytes']:.0f} B: lost {lost:.1f}, {line}", flush=True)


def main():
    options, device = arguments(), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    began, out = time.time(), Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    held = held_out(options, device)
    supply = Supply("pilot", options.capacity, options.workers, device, compiled=not options.plain)
    for _ in range(16):
        supply.more(wait=True)
    supply._take(wait=True)
    one = Training(options, device)
    one.step(supply.draw(options.batch), 0.0)
    print(f"{time.time() - began:.0f} s before training", flush=True)
    train_plain(one, supply, held, options)
    report = {"steps": one.steps, "rendered": supply.rendered, "plain": by_kind(correct(one.model, *held[:3]), held[3])}
    print(report, flush=True)
    first = Pilot(1024, len(WORDS), LENGTH).to(device)
    first.load_state_dict(one.model.state_dict())
    supply.finish()
    train_coded(one, supply, options)
    report["steps_coded"], report["coded"] = one.steps, by_kind(correct(one.model, *held[:3]), held[3])
    rows, plain = score_coded({"plain": first, "with codecs": one.model}, held, supply.pool)
    show(rows, plain)
    (out / "report.json").write_text(json.dumps({**report, "rows": rows, "uncoded": plain}))
    for name in ("encoder", "answerer"):
        torch.save({key: value.bfloat16() for key, value in getattr(one.model, name).state_dict().items()}, out / f"{name}.pt")
    supply.pool.shutdown(cancel_futures=True)
    print(f"{time.time() - began:.0f} s in all", flush=True)


if __name__ == "__main__":
    main()
