"""The decoder: a shared trunk and, at each exit, an own full block and norm.

In training only a part of the shallow exits' gradient reaches the trunk (`pulls`), so that the
deepest exit shapes it.
"""

import torch
import torch.nn.functional as F
from torch import nn


def rotation(shape, length, device=None):
    """cos and sin for the half-split RoPE, [length, head_size / 2]."""
    half = shape.head_size // 2
    rates = shape.rope_theta ** (-torch.arange(half, device=device, dtype=torch.float32) / half)
    angles = torch.arange(length, device=device, dtype=torch.float32)[:, None] * rates
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    one, two = x.float().chunk(2, dim=-1)
    return torch.cat([one * cos - two * sin, two * cos + one * sin], dim=-1).to(x.dtype)


class Norm(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.hidden))
        self.epsilon = shape.norm_epsilon

    def forward(self, x):
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon) * self.weight).to(x.dtype)


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.attention_norm, self.feed_forward_norm = Norm(shape), Norm(shape)
        deep = (2 * (shape.layers + 1)) ** -0.5
        gains = {"attention.output": deep, "feed_forward.down": deep}
        for name, (rows, columns) in shape.matrices.items():
            spread = 0.6 * rows**-0.5 * gains.get(name, 1.0)
            setattr(self, name.replace(".", "_"), nn.Parameter(torch.randn(rows, columns) * spread))

    @property
    def matrices(self):
        """The matrices by their shipped names with `_` for `.`."""
        names = [name.replace(".", "_") for name in self.shape.matrices]
        return {name: getattr(self, name) for name in names}

    def heads(self, x, cos, sin):
        """Rotated queries and keys, and values: each [batch, heads, length, head_size]."""
        batch, length, _ = x.shape
        packed = self.attention_norm(x) @ self.attention_qkv
        q, k, v = packed.view(batch, length, 3, self.shape.heads, self.shape.head_size).permute(2, 0, 3, 1, 4)
        return rotate(q, cos, sin), rotate(k, cos, sin), v

    def finish(self, x, mixed):
        """The residual stream after the attention output and the feed-forward part."""
        batch, length, hidden = x.shape
        x = x + mixed.transpose(1, 2).reshape(batch, length, hidden) @ self.attention_output
        gate, up = (self.feed_forward_norm(x) @ self.feed_forward_gate_up).chunk(2, dim=-1)
        return x + (F.silu(gate) * up) @ self.feed_forward_down

    def inputs(self, x, cos, sin):
        """What each matrix is multiplied with, by the matrix's name."""
        q, k, v = self.heads(x, cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(x.shape)
        found = {"attention_qkv": self.attention_norm(x), "attention_output": mixed}
        normed = found["feed_forward_gate_up"] = self.feed_forward_norm(x + mixed @ self.attention_output)
        gate, up = (normed @ self.feed_forward_gate_up).chunk(2, dim=-1)
        return {**found, "feed_forward_down": F.silu(gate) * up}

    def forward(self, x, cos, sin):
        q, k, v = self.heads(x, cos, sin)
        return self.finish(x, F.scaled_dot_product_attention(q, k, v, is_causal=True))


class Nano(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.hidden) * 0.02)
        self.layers = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.exits = nn.ModuleDict({str(depth): Block(shape) for depth in shape.exits})
        self.norms = nn.ModuleDict({str(depth): Norm(shape) for depth in shape.exits})

    def features(self, ids):
        """The trunk's hidden state after each number of layers."""
        cos, sin = rotation(self.shape, ids.shape[1], ids.device)
        x, kept = F.embedding(ids, self.embedding), {}
        for depth, layer in enumerate(self.layers, 1):
            x = kept[depth] = layer(x, cos, sin)
        return kept, cos, sin

    def outputs(self, kept, cos, sin, pulls=None):
        """Normed outputs by depth; `pulls` says how much of each exit's gradient reaches the trunk."""
        found = {}
        for index, depth in enumerate(self.shape.exits):
            x = kept[depth]
            if pulls is not None:
                still = x.detach()
                x = still + pulls[index].to(x.dtype) * (x - still)
            found[depth] = self.norms[str(depth)](self.exits[str(depth)](x, cos, sin))
        return found

    def forward(self, ids):
        return self.outputs(*self.features(ids))

    def logits(self, outputs, depth, detach=False):
        head = self.embedding.detach() if detach else self.embedding
        return outputs[depth] @ head.t()
