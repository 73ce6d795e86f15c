"""Phase 1: trains the trunk and dense exit blocks together; leaves a checkpoint and a dense int8 export.

    python3 -m training.train --seconds 1000 --decay 200 --out dense --checkpoint /tmp/ckpt/nano.pt
    torchrun --nproc-per-node 2 -m training.train ...        # several GPUs of one host

The state before the decay of the rate is kept beside the checkpoint, as PATH.stable, for a longer
run: `--resume PATH.stable`, or, where that is lost, `--resume FOLDER` with a dense export.
"""

import argparse
import os
import time
from pathlib import Path

import torch
import torch.distributed as dist

from .checkpoint import arrays_of, load_checkpoint, save_checkpoint
from .export import dense_segments, export
from .model import Nano
from .muon import Muon
from .passes import Passes, Probes
from .shape import NANO, TINY
from .stream import Stream


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True, help="training time of this slice")
    parser.add_argument("--decay", type=float, default=60.0, help="the last seconds, in which the rate falls to 0")
    parser.add_argument("--growth", type=float, default=220.0, help="seconds of training until the curriculum is full")
    parser.add_argument("--every", type=float, default=240.0, help="seconds between dense exports on the way")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--samples", type=int, default=2048, help="sequences a step, over all GPUs")
    parser.add_argument("--workers", type=int, default=12)
    parser.add_argument("--seed", default="nano-1")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--tokenizer", default="packages/family-nano/tokenizer.json")
    parser.add_argument("--natural", help="folder that training.natural_text wrote")
    parser.add_argument("--resume")
    parser.add_argument("--checkpoint", default="/tmp/ckpt/nano.pt")
    parser.add_argument("--out", default="dense")
    return parser.parse_args()


class Training:
    def __init__(self, options, device, rank):
        self.options, self.device, self.rank = options, device, rank
        shape = TINY if options.tiny else NANO
        torch.manual_seed(1)
        self.model = Nano(shape).to(device)
        self.probes = Probes(shape).to(device)
        self.optimizer = Muon(self.model, self.probes)
        self.seen = load_checkpoint(options.resume, self.model, self.probes, self.optimizer, device)
        self.passes = Passes(self.model, self.probes, device)

    def step(self, groups, rate):
        self.passes.clear()
        total = self.passes.run(groups)
        self.optimizer.step(rate)
        return total

    def rate_at(self, steps, left):
        return self.options.rate * min(1.0, (steps + 1) / 100, max(0.0, left / self.options.decay))

    def run(self, stream):
        """Steps until the time is up; the state before the decay is what a later slice resumes."""
        options, started, steps, stable, kept = self.options, time.time(), 0, False, 0.0
        while True:
            spent = self.agreed(time.time() - started)
            left = options.seconds - spent
            if left <= 0:
                return self.save(options.checkpoint, self.seen + spent)
            stream.ceiling.value = min(1.0, 0.2 + 0.8 * (self.seen + spent) / options.growth)
            if left <= options.decay and not stable:
                stable = True
                self.save(f"{options.checkpoint}.stable", self.seen + spent)
            if spent - kept >= options.every:
                kept = spent
                self.export()
            if steps % 20 == 0:
                self.passes.progress(spent / options.seconds)
            losses = self.step(stream.next(), self.rate_at(steps, left))
            steps += 1
            if steps % 500 == 0:
                self.align()
            if steps % (20 if options.tiny else 100) == 0 and self.rank == 0:
                shown = " ".join(f"{value:.4f}" for value in losses.tolist())
                print(f"step {steps} at {spent:.0f} s, ceiling {stream.ceiling.value:.2f}, losses {shown}", flush=True)

    def agreed(self, spent):
        """All GPUs follow the first one's clock, so that they stop at the same step."""
        if not dist.is_initialized():
            return spent
        clock = torch.tensor([spent], device=self.device)
        dist.broadcast(clock, 0)
        return float(clock)

    def align(self):
        """Several GPUs: their copies can't drift apart."""
        if dist.is_initialized():
            for parameter in self.passes.trained:
                dist.broadcast(parameter.data, 0)

    def export(self):
        if self.rank == 0:
            export(dense_segments(arrays_of(self.model), self.model.shape), Path(self.options.out))

    def save(self, path, seconds):
        if self.rank == 0:
            save_checkpoint(path, self.model, self.probes, self.optimizer, seconds)


def main():
    options = arguments()
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    stream = Stream(options.tokenizer, f"{options.seed}-{rank}", options.workers, options.samples // world, options.natural)
    stream.start(0.2 if not options.resume else 1.0)
    device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    one = Training(options, device, rank)
    one.run(stream)
    stream.stop()
    one.export()
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
