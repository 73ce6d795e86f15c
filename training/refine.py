"""Phase 2: turns the exit blocks into components and trains them while the trunk rests.

    python3 -m training.refine --seconds 900 --checkpoint /tmp/ckpt/nano.pt --out out
    torchrun --nproc-per-node 2 -m training.refine ...

The trunk and the embedding are what ships: int8. Every step trains each exit with all its
components and with a random prefix of them, so that every prefix is a branch of its own.
"""

import argparse
import copy
import os
import random
import time
from pathlib import Path

import torch
import torch.distributed as dist

from .checkpoint import arrays_of, fill, load_parameters
from .decompose import factors, moments_of
from .export import dense_segments, export, quantise, segments
from .factored import Components
from .model import Block, Nano
from .muon import FactorMuon
from .refining_passes import RefiningPasses, exit_parameters
from .shape import NANO, TINY
from .stream import Stream

MOMENT_STEPS = 6
SHOWN_EACH = 100


def shipped_trunk(parameters):
    """The parameters with trunk and embedding as int8 gives them back."""
    found = dict(parameters)
    for name, array in parameters.items():
        if array.ndim == 2 and not name.startswith("exits."):
            axis = 1 if name == "embedding.weight" else 0
            whole, scale = quantise(array, axis)
            found[name] = whole * (scale[:, None] if axis else scale)
    return found


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--samples", type=int, default=2048)
    parser.add_argument("--workers", type=int, default=12)
    parser.add_argument("--seed", default="nano-refine")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--tokenizer", default="packages/family-nano/tokenizer.json")
    parser.add_argument("--eager", action="store_true", help="no compiled and no recorded passes: slower, fewer ways to fail")
    parser.add_argument("--natural")
    parser.add_argument("--checkpoint", default="/tmp/ckpt/nano.pt", help="of phase 1, or a folder with a dense export")
    parser.add_argument("--out", default="out", help="gets the family; OUT-plain, OUT-aware, OUT-dense get what it is compared with")
    return parser.parse_args()


class Refining:
    def __init__(self, options, device, rank, stream):
        self.options, self.device, self.rank = options, device, rank
        shape = TINY if options.tiny else NANO
        self.model = Nano(shape).to(device)
        fill(self.model, shipped_trunk(load_parameters(options.checkpoint)))
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        self.components = Components(shape, self.decomposed(stream))
        self.prepare(shape)

    def prepare(self, shape):
        """The trained blocks: norms as parameters, matrices as places for products; the teacher rests."""
        last = str(shape.layers)
        self.teacher = (copy.deepcopy(self.model.exits[last]), copy.deepcopy(self.model.norms[last]))
        for parameter in exit_parameters(self.model):
            parameter.requires_grad_(True)
        self.whole = list(self.model.exits.values())
        self.prefix = [Block(shape).to(self.device) for _ in self.whole]
        for small, block in zip(self.prefix, self.whole):
            small.attention_norm, small.feed_forward_norm = block.attention_norm, block.feed_forward_norm
        self.passes = RefiningPasses(self.model, self.prefix, self.teacher, self.device, self.options.eager)
        self.optimizer = FactorMuon(self.components.trained, self.passes.norms)

    def decomposed(self, stream):
        """The factors that training starts from; both ways to make them are exported for comparison."""
        batches = []
        for _ in range(MOMENT_STEPS):
            for tokens, classes, *_ in stream.next():
                ids = torch.from_numpy(tokens).long().to(self.device)
                batches.append((ids, torch.from_numpy(classes).to(self.device) > 0))
        moments = moments_of(self.model, batches)
        for sums in moments.values() if dist.is_initialized() else ():
            for total in sums.values():
                dist.all_reduce(total)
        found = factors(self.model, moments)
        for side in (side for pair in found.values() for side in pair):
            if dist.is_initialized():
                dist.broadcast(side, 0)
        if self.rank == 0:
            export(dense_segments(arrays_of(self.model), self.model.shape), Path(f"{self.options.out}-dense"))
            self.export(Components(self.model.shape, factors(self.model)), "-plain")
            self.export(Components(self.model.shape, found), "-aware")
        return found

    def export(self, components, suffix=""):
        dense = {n: a for n, a in arrays_of(self.model).items() if not (n.startswith("exits.") and a.ndim == 2)}
        export(segments({**dense, **components.arrays()}, self.model.shape), Path(self.options.out + suffix))

    def step(self, groups, rate, rng):
        self.components.multiply(self.components.draw(rng), self.whole, self.prefix)
        self.passes.clear()
        losses = self.passes.run(groups)
        self.components.gather(self.whole, self.prefix)
        self.optimizer.step(rate)
        return losses

    def run(self, stream):
        options, started, steps, rng = self.options, time.time(), 0, random.Random(options_seed(self.options))
        while (left := options.seconds - self.agreed(time.time() - started)) > 0:
            losses = self.step(stream.next(), options.rate * min(1.0, (steps + 1) / 50, left / options.seconds), rng)
            steps += 1
            seen = losses + (seen if steps % SHOWN_EACH != 1 else 0)
            if steps % SHOWN_EACH == 0 and self.rank == 0:
                shown = " ".join(f"{value / SHOWN_EACH:.4f}" for value in seen.tolist())
                print(f"refined {steps} steps, {left:.0f} s left, losses {shown}", flush=True)
        if self.rank == 0:
            self.export(self.components)

    def agreed(self, spent):
        """All GPUs follow the first one's clock, so that they stop at the same step."""
        if not dist.is_initialized():
            return spent
        clock = torch.tensor([spent], device=self.device)
        dist.broadcast(clock, 0)
        return float(clock)


def options_seed(options):
    """The same prefixes on every GPU."""
    return f"{options.seed}-prefixes"


def main():
    options = arguments()
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    stream = Stream(options.tokenizer, f"{options.seed}-{rank}", options.workers, options.samples // world, options.natural)
    stream.start(1.0)
    device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    Refining(options, device, rank, stream).run(stream)
    stream.stop()
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
