"""Forward and backward over the groups of a step; on a GPU each group's pass is a recorded CUDA graph."""

import torch
import torch.nn.functional as F
from torch import nn

from .stream import ANSWER, AT_ONCE, SHALLOW, SHALLOW_WEIGHTS, WEIGHTS

# How much of an exit's gradient reaches the trunk, when training starts and when it ends. The
# deepest exit shapes the trunk; the others ask for what they need: the first one, above all, for
# a first layer that carries the tokens before. Pulling harder would cost the deep exits.
PULLS = {1: (0.3, 0.1), 3: (0.15, 0.05), 5: (0.1, 0.05), 8: (0.1, 0.1)}
# Layers that are asked for the site after so many hops.
PROBED = {4: 1, 6: 2, 7: 3, 9: 4, 10: 5}


def loss_weights(shape, device):
    """[exits, classes]"""
    rows = [SHALLOW_WEIGHTS if depth <= SHALLOW else WEIGHTS for depth in shape.exits]
    return torch.tensor(rows, device=device)


def exit_losses(model, outputs, targets, scales):
    """Weighted cross-entropy of every exit over one group."""
    losses = []
    for depth, scale in zip(model.shape.exits, scales):
        logits = model.logits(outputs, depth, detach=depth != model.shape.layers)
        each = F.cross_entropy(logits.flatten(0, 1).float(), targets, reduction="none")
        losses.append((each * scale).sum())
    return torch.stack(losses)


class Probes(nn.Module):
    """Read the next site of a route from the middle of the trunk, in training only.

    Each probe's loss asks its layer for one more hop than the probe before, so that the trunk
    learns to follow links one after the other instead of waiting for luck.
    """

    def __init__(self, shape):
        super().__init__()
        self.hops = {layer: hop for layer, hop in PROBED.items() if layer <= shape.layers}
        self.maps = nn.ParameterList(nn.Parameter(torch.eye(shape.hidden)) for _ in self.hops)

    def loss(self, kept, places, stops, embedding):
        rows, total = torch.arange(len(places), device=places.device), embedding.new_zeros(())
        for (layer, hop), matrix in zip(self.hops.items(), self.maps):
            x = kept[layer][rows, places.long()].float()
            x = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)
            logits = (x @ matrix) @ embedding.detach().t()
            total = total + F.cross_entropy(logits.float(), stops[:, hop - 1].long(), ignore_index=-1, reduction="sum")
        return total


class RecordedPasses:
    """Runs `_pass` over groups; it leaves gradients in `trained` and returns losses."""

    def __init__(self, trained, device, losses, eager=False):
        self.trained, self.device, self.losses, self.graphs = trained, device, losses, {}
        self.fast = device.type == "cuda" and not eager
        for parameter in trained:
            parameter.grad = torch.zeros_like(parameter)

    def compile(self, blocks):
        if self.fast:
            torch._dynamo.config.cache_size_limit = 64
            for block in blocks:
                block.compile(dynamic=True)

    def precision(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda", cache_enabled=False)

    def clear(self):
        torch._foreach_zero_([parameter.grad for parameter in self.trained])

    def run(self, groups):
        """Gradients of the whole step are left in the parameters; returns the losses."""
        counts = [(group[1][:, 1:] == ANSWER).sum() + (group[1][:, 1:] == AT_ONCE).sum() for group in groups]
        total = torch.zeros(self.losses, device=self.device)
        for group in groups:
            total += self._group([torch.from_numpy(array) for array in group], 1 / int(sum(counts)))
        return total

    def _group(self, arrays, share):
        if not self.fast:
            return self._pass(*(array.to(self.device) for array in arrays), share)
        key = tuple(arrays[0].shape)
        if key not in self.graphs:
            self.graphs[key] = self._record(arrays)
        graph, held, losses = self.graphs[key]
        for place, value in zip(held, [*(array.pin_memory() for array in arrays), torch.tensor(share)]):
            place.copy_(value, non_blocking=True)
        graph.replay()
        return losses

    def _record(self, arrays):
        """Warm-up passes on a side stream, then the recording; their gradients are not kept."""
        kept = [parameter.grad.clone() for parameter in self.trained]
        held = [*(array.to(self.device) for array in arrays), torch.ones((), device=self.device)]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self._pass(*held)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            losses = self._pass(*held)
        for parameter, grad in zip(self.trained, kept):
            parameter.grad.copy_(grad)
        return graph, held, losses


class Passes(RecordedPasses):
    def __init__(self, model, probes, device):
        super().__init__([*model.parameters(), *probes.parameters()], device, len(model.shape.exits) + 1)
        self.model, self.probes = model, probes
        self.weights = loss_weights(model.shape, device)
        self.pulls = torch.ones(len(model.shape.exits), device=device)
        self.compile([*model.layers, *model.exits.values()])

    def progress(self, share):
        """Moves the pulls of the shallow exits from their first to their last value."""
        for index, depth in enumerate(self.model.shape.exits[:-1]):
            first, last = PULLS.get(depth, (0.1, 0.1))
            self.pulls[index] = first + (last - first) * share

    def _pass(self, tokens, classes, places, stops, share):
        ids, scales = tokens.long(), self.weights[:, classes[:, 1:].long().flatten()] * share
        with self.precision():
            kept, cos, sin = self.model.features(ids[:, :-1])
            outputs = self.model.outputs(kept, cos, sin, self.pulls)
            losses = exit_losses(self.model, outputs, ids[:, 1:].flatten(), scales)
            probed = self.probes.loss(kept, places, stops, self.model.embedding) * share
        (losses.sum() + probed).backward()
        return torch.cat([losses.detach(), probed.detach().reshape(1)])
