"""Forward and backward over the groups of a step; on a GPU each group's pass is a recorded CUDA graph."""

import torch
import torch.nn.functional as F
from torch import nn

from .stream import ANSWER, WEIGHTS

# How much of an exit's gradient reaches the trunk. The deepest one shapes it; two middle exits
# pull a little, so that what they need exists half-way; the others take the trunk as it is.
PULLS = {11: 1.0, 8: 0.1, 5: 0.05}
# Layers that are asked for the site after so many hops.
PROBED = {4: 1, 6: 2, 7: 3, 9: 4, 10: 5}


def exit_losses(model, outputs, targets, scale):
    """Weighted cross-entropy of every exit over one group."""
    losses = []
    for depth in model.shape.exits:
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


class Passes:
    def __init__(self, model, probes, device):
        self.model, self.probes, self.device, self.graphs = model, probes, device, {}
        self.trained = [*model.parameters(), *probes.parameters()]
        self.fast = device.type == "cuda"
        self.pulls = {**PULLS, model.shape.layers: 1.0}
        self.weights = torch.tensor(WEIGHTS, device=device)
        for parameter in self.trained:
            parameter.grad = torch.zeros_like(parameter)
        if self.fast:
            torch._dynamo.config.cache_size_limit = 64
            for block in [*model.layers, *model.exits.values()]:
                block.compile(dynamic=True)

    def clear(self):
        torch._foreach_zero_([parameter.grad for parameter in self.trained])

    def run(self, groups):
        """Gradients of the whole step are left in the parameters; returns the loss of each exit."""
        count = sum(int((group[1][:, 1:] >= ANSWER).sum()) for group in groups)
        total = torch.zeros(len(self.model.shape.exits) + 1, device=self.device)
        for group in groups:
            total += self._group([torch.from_numpy(array) for array in group], 1 / count)
        return total

    def _group(self, arrays, share):
        if not self.fast:
            return self._pass(*arrays, share)
        key = tuple(arrays[0].shape)
        if key not in self.graphs:
            self.graphs[key] = self._record(arrays)
        graph, held, losses = self.graphs[key]
        for place, value in zip(held, [*(array.pin_memory() for array in arrays), torch.tensor(share)]):
            place.copy_(value, non_blocking=True)
        graph.replay()
        return losses

    def _pass(self, tokens, classes, places, stops, share):
        ids, scale = tokens.long(), self.weights[classes[:, 1:].long()].flatten() * share
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.fast, cache_enabled=False):
            kept, cos, sin = self.model.features(ids[:, :-1])
            outputs = self.model.outputs(kept, cos, sin, self.pulls)
            losses = exit_losses(self.model, outputs, ids[:, 1:].flatten(), scale)
            probed = self.probes.loss(kept, places, stops, self.model.embedding) * share
        (losses.sum() + probed).backward()
        return torch.cat([losses.detach(), probed.detach().reshape(1)])

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
