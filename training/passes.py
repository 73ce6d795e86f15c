"""Forward and backward over the groups of a step; on a GPU each group's pass is a recorded CUDA graph."""

import torch
import torch.nn.functional as F

from .stream import ANSWER, WEIGHTS

# How much of an exit's gradient reaches the trunk. The deepest one shapes it; two middle exits
# pull a little, so that what they need exists half-way; the others take the trunk as it is.
PULLS = {11: 1.0, 8: 0.1, 5: 0.05}


def exit_losses(model, ids, scale, pulls):
    """Weighted cross-entropy of every exit over one group."""
    outputs, targets, losses = model(ids[:, :-1], pulls), ids[:, 1:].flatten(), []
    for depth in model.shape.exits:
        logits = model.logits(outputs, depth, detach=depth != model.shape.layers)
        each = F.cross_entropy(logits.flatten(0, 1).float(), targets, reduction="none")
        losses.append((each * scale).sum())
    return torch.stack(losses)


class Passes:
    def __init__(self, model, device):
        self.model, self.device, self.graphs = model, device, {}
        self.fast = device.type == "cuda"
        self.pulls = {**PULLS, model.shape.layers: 1.0}
        self.weights = torch.tensor(WEIGHTS, device=device)
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        if self.fast:
            torch._dynamo.config.cache_size_limit = 64
            for block in [*model.layers, *model.exits.values()]:
                block.compile(dynamic=True)

    def clear(self):
        torch._foreach_zero_([parameter.grad for parameter in self.model.parameters()])

    def run(self, groups):
        """Gradients of the whole step are left in the parameters; returns the loss of each exit."""
        count = sum(int((classes[:, 1:] >= ANSWER).sum()) for _, classes in groups)
        total = torch.zeros(len(self.model.shape.exits), device=self.device)
        for tokens, classes in groups:
            total += self._group(torch.from_numpy(tokens), torch.from_numpy(classes), 1 / count)
        return total

    def _group(self, tokens, classes, share):
        if not self.fast:
            return self._pass(tokens.long(), classes.long(), share)
        key = tuple(tokens.shape)
        if key not in self.graphs:
            self.graphs[key] = self._record(tokens, classes)
        graph, held, losses = self.graphs[key]
        for place, value in zip(held, (tokens.pin_memory(), classes.pin_memory(), torch.tensor(share))):
            place.copy_(value, non_blocking=True)
        graph.replay()
        return losses

    def _pass(self, tokens, classes, share):
        scale = self.weights[classes[:, 1:].long()].flatten() * share
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.fast, cache_enabled=False):
            losses = exit_losses(self.model, tokens.long(), scale, self.pulls)
        losses.sum().backward()
        return losses.detach()

    def _record(self, tokens, classes):
        """Warm-up passes on a side stream, then the recording; their gradients are not kept."""
        kept = [parameter.grad.clone() for parameter in self.model.parameters()]
        held = (tokens.to(self.device), classes.to(self.device), torch.ones((), device=self.device))
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self._pass(*held)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            losses = self._pass(*held)
        for parameter, grad in zip(self.model.parameters(), kept):
            parameter.grad.copy_(grad)
        return graph, held, losses
