"""A step of refining: every exit with all its components, and with a prefix of them."""

import torch

from .passes import RecordedPasses, loss_weights

# Share of the loss that follows the deepest exit's own distribution in place of the labels.
FOLLOW = 0.7
# Loss of the random prefix beside the whole block's.
PREFIX = 0.5


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
