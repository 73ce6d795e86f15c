"""Optimizer: Muon for the matrices of the blocks, Adam for the embedding and the norms.

All blocks' matrices of one name are handled as one stack, so a step is a few batched products,
and, with several GPUs, a few all-reduces.
"""

import torch
import torch.distributed as dist

_QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonal(stack, rounds=5):
    """Newton-Schulz: the nearest (semi-)orthogonal matrix of each gradient in the stack."""
    a, b, c = _QUINTIC
    x = stack.bfloat16() if stack.is_cuda else stack
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(rounds):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).to(stack.dtype)


def _average(tensor):
    if dist.is_initialized():
        dist.all_reduce(tensor)
        tensor /= dist.get_world_size()
    return tensor


class Muon:
    def __init__(self, model, probes, momentum=0.95, decay=0.05):
        self.momentum, self.decay = momentum, decay
        blocks = [*model.layers, *model.exits.values()]
        self.stacks = {name: [block.matrices[name] for block in blocks] for name in blocks[0].matrices}
        # q, k, v and gate, up are separate maps that share one matrix.
        self.parts = {"attention_qkv": 3, "feed_forward_gate_up": 2}
        self.state = {name: torch.zeros(len(ps), *ps[0].shape, device=ps[0].device) for name, ps in self.stacks.items()}
        flat = [p for p in model.parameters() if p.dim() == 1]
        groups = [{"params": [model.embedding], "scale": 0.6}, {"params": [*flat, *probes.parameters()], "scale": 0.3}]
        fused = {"fused": True} if model.embedding.is_cuda else {}
        self.adam = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), weight_decay=0.0, **fused)

    @torch.no_grad()
    def step(self, rate):
        for name, parameters in self.stacks.items():
            grads = _average(torch.stack([p.grad for p in parameters]))
            self._update(name, parameters, grads, rate)
        for group in self.adam.param_groups:
            group["lr"] = rate * group["scale"]
            for p in group["params"]:
                _average(p.grad)
        self.adam.step()

    def _update(self, name, parameters, grads, rate):
        held = self.state[name]
        held.mul_(self.momentum).add_(grads)
        ahead = grads + self.momentum * held
        count, rows, columns = ahead.shape
        split = self.parts.get(name, 1)
        ahead = ahead.view(count, rows, split, columns // split).transpose(1, 2)
        moved = orthogonal(ahead) * (0.2 * max(rows, columns // split) ** 0.5)
        moved = moved.transpose(1, 2).reshape(count, rows, columns)
        torch._foreach_mul_(parameters, 1 - rate * self.decay)
        torch._foreach_add_(parameters, list(moved.unbind()), alpha=-rate)

    def state_dict(self):
        return {"muon": self.state, "adam": self.adam.state_dict()}

    def load_state_dict(self, saved):
        for name, held in self.state.items():
            held.copy_(saved["muon"][name])
        self.adam.load_state_dict(saved["adam"])


class FactorMuon:
    """The same for the factors of components: each is a stack over the exits; Adam for the norms."""

    def __init__(self, factors, norms, momentum=0.95):
        self.factors, self.norms, self.momentum = factors, norms, momentum
        self.state = [torch.zeros_like(factor) for factor in factors]
        fused = {"fused": True} if factors[0].is_cuda else {}
        self.adam = torch.optim.AdamW(norms, lr=0.0, betas=(0.9, 0.95), weight_decay=0.0, **fused)

    @torch.no_grad()
    def step(self, rate):
        for factor, held in zip(self.factors, self.state):
            grads = _average(factor.grad)
            held.mul_(self.momentum).add_(grads)
            moved = orthogonal(grads + self.momentum * held)
            factor.sub_(moved, alpha=rate * 0.2 * max(factor.shape[1:]) ** 0.5)
        for norm in self.norms:
            _average(norm.grad)
        self.adam.param_groups[0]["lr"] = 0.3 * rate
        self.adam.step()
