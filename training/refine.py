"""Phase 2: turns the exit blocks into components and trains them while the trunk rests.

    python3 -m training.refine --seconds 200 --checkpoint /tmp/ckpt/nano.pt --out out
    torchrun --nproc-per-node 2 -m training.refine ...

The trunk and the embedding are what ships: int8. Every step trains each exit with all its
components and with a random prefix of them, so that every prefix is a branch of its own. The
forward pass sees factors rounded to int8 as they will be stored; gradients pass the rounding.
"""

import argparse
import copy
import os
import random
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F

from .checkpoint import arrays_of, fill, load_parameters
from .components import PEAK
from .decompose import factors, moments_of
from .export import dense_segments, export, quantise, segments
from .model import Block, Nano
from .passes import RecordedPasses, loss_weights
from .shape import NANO, TINY
from .stream import Stream

# Share of the loss that follows the deepest exit's own distribution in place of the labels.
FOLLOW = 0.5
# Loss of the random prefix beside the whole block's.
PREFIX = 0.5
MOMENT_STEPS = 6


def rounded(factor, across):
    """Values as int8 with one scale a component gives them back."""
    step = factor.abs().amax(dim=across, keepdim=True).clamp(min=1e-12) / PEAK
    return (factor / step).round() * step


def shipped_trunk(parameters):
    """The parameters with trunk and embedding as int8 gives them back."""
    found = dict(parameters)
    for name, array in parameters.items():
        if array.ndim == 2 and not name.startswith("exits."):
            axis = 1 if name == "embedding.weight" else 0
            whole, scale = quantise(array, axis)
            found[name] = whole * (scale[:, None] if axis else scale)
    return found


class Components:
    """The factors of all exit blocks, their gradients and the dense blocks multiplied out of them."""

    def __init__(self, shape, found):
        self.shape = shape
        self.left = {name: left.clone().requires_grad_() for name, (left, _) in found.items()}
        self.right = {name: right.clone().requires_grad_() for name, (_, right) in found.items()}
        self.trained = [*self.left.values(), *self.right.values()]

    def draw(self, rng):
        """For each exit the ranks of a random prefix: mostly a rung, else something between two."""
        drawn = []
        for _ in self.shape.exits:
            at = rng.choice([1.0, 1.0, 2.0, 2.0, rng.uniform(0.5, len(self.shape.rungs))])
            drawn.append({name: round(between((0, *ranks), at)) for name, ranks in self.shape.ranks.items()})
        return drawn

    @torch.no_grad()
    def multiply(self, drawn, whole, prefix):
        """Writes the blocks' matrices: `whole` with all components, `prefix` with the drawn ones."""
        self.masks, self.seen = {}, {}
        for name in self.left:
            left, right = rounded(self.left[name], 1), rounded(self.right[name], 2)
            counts = torch.tensor([ranks[name] for ranks in drawn], device=left.device)
            mask = (torch.arange(left.shape[2], device=left.device) < counts[:, None]).to(left.dtype)
            self.masks[name], self.seen[name] = mask, (left, right)
            part = name.replace(".", "_")
            for blocks, products in ((whole, left @ right), (prefix, left * mask[:, None] @ right)):
                for block, product in zip(blocks, products):
                    block.matrices[part].copy_(product)

    @torch.no_grad()
    def gather(self, whole, prefix):
        """The factors' gradients out of those of the multiplied matrices."""
        for name, (left, right) in self.seen.items():
            part, mask = name.replace(".", "_"), self.masks[name]
            full = torch.stack([block.matrices[part].grad for block in whole])
            cut = torch.stack([block.matrices[part].grad for block in prefix])
            self.left[name].grad = full @ right.mT + (cut @ right.mT) * mask[:, None]
            self.right[name].grad = left.mT @ full + (left.mT @ cut) * mask[:, :, None]

    def arrays(self):
        found = {}
        for index, depth in enumerate(self.shape.exits):
            for name in self.left:
                for side, stacks in (("left", self.left), ("right", self.right)):
                    found[f"exits.{depth}.{name}.{side}"] = stacks[name][index].detach().float().cpu().numpy()
        return found


def between(steps, at):
    """Linear interpolation in a list at a fractional index."""
    low = min(int(at), len(steps) - 2)
    return steps[low] + (steps[low + 1] - steps[low]) * (at - low)


class RefiningPasses(RecordedPasses):
    def __init__(self, model, prefix, teacher, device, eager):
        blocks = [*model.exits.values(), *prefix]
        norms = [parameter for parameter in exit_parameters(model) if parameter.dim() == 1]
        matrices = [matrix for block in blocks for matrix in block.matrices.values()]
        super().__init__([*norms, *matrices], device, 2 * len(model.shape.exits), eager)
        self.model, self.prefix, self.teacher, self.norms = model, prefix, teacher, norms
        self.weights = loss_weights(model.shape, device)
        self.compile([*model.layers, *blocks, teacher[0]])

    def logits(self, block, norm, x, cos, sin):
        return (norm(block(x, cos, sin)) @ self.model.embedding.t()).flatten(0, 1).float()

    def loss(self, logits, wanted, targets, scale):
        chances = logits.log_softmax(-1)
        label = -chances.gather(-1, targets[:, None]).squeeze(-1)
        follow = -(wanted * chances).sum(-1)
        return ((label * (1 - FOLLOW) + follow * FOLLOW) * scale).sum()

    def _pass(self, tokens, classes, places, stops, share):
        ids, scales = tokens.long(), self.weights[:, classes[:, 1:].long().flatten()] * share
        targets, losses = ids[:, 1:].flatten(), [None] * (2 * len(self.prefix))
        with self.precision():
            with torch.no_grad():
                kept, cos, sin = self.model.features(ids[:, :-1])
                wanted = self.logits(*self.teacher, kept[self.model.shape.layers], cos, sin).softmax(-1)
            for index, depth in reversed(list(enumerate(self.model.shape.exits))):
                norm, x = self.model.norms[str(depth)], kept[depth]
                logits = self.logits(self.model.exits[str(depth)], norm, x, cos, sin)
                losses[index] = self.loss(logits, wanted, targets, scales[index])
                if depth == self.model.shape.layers:
                    wanted = logits.detach().softmax(-1)
                cut = self.logits(self.prefix[index], norm, x, cos, sin)
                losses[index + len(self.prefix)] = PREFIX * self.loss(cut, wanted, targets, scales[index])
        found = torch.stack(losses)
        found.sum().backward()
        return found.detach()


def exit_parameters(model):
    return [*model.exits.parameters(), *model.norms.parameters()]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float, default=1e-4)
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
        fused = {"fused": True} if self.device.type == "cuda" else {}
        groups = [{"params": self.components.trained, "scale": 1.0}, {"params": self.passes.norms, "scale": 0.3}]
        self.optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.95), weight_decay=0.0, **fused)

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
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
            for parameter in group["params"]:
                if dist.is_initialized():
                    dist.all_reduce(parameter.grad)
                    parameter.grad /= dist.get_world_size()
        self.optimizer.step()
        return losses

    def run(self, stream):
        options, started, steps, rng = self.options, time.time(), 0, random.Random(options_seed(self.options))
        while (left := options.seconds - self.agreed(time.time() - started)) > 0:
            losses = self.step(stream.next(), options.rate * min(1.0, (steps + 1) / 50, left / options.seconds), rng)
            steps += 1
            if steps % (20 if options.tiny else 100) == 0 and self.rank == 0:
                shown = " ".join(f"{value:.4f}" for value in losses.tolist())
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
