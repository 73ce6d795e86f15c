"""Greedy decoding of many questions at once, each exit with its own KV cache."""

import torch
import torch.nn.functional as F

from .model import rotation


class Cache:
    """Keys and values of one block for a batch of rows at different positions."""

    def __init__(self, shape, rows, room, device):
        self.k = torch.zeros(rows, shape.heads, room, shape.head_size, device=device)
        self.v = torch.zeros_like(self.k)
        self.rows = torch.arange(rows, device=device)

    def fill(self, k, v):
        self.k[:, :, : k.shape[2]], self.v[:, :, : v.shape[2]] = k, v

    def put(self, k, v, at):
        self.k[self.rows, :, at], self.v[self.rows, :, at] = k[:, :, 0], v[:, :, 0]


class Decoder:
    def __init__(self, model, depth, rows, room):
        self.model, self.depth = model, depth
        self.device = model.embedding.device
        self.blocks = [*list(model.layers)[:depth], model.exits[str(depth)]]
        self.caches = [Cache(model.shape, rows, room, self.device) for _ in self.blocks]
        self.cos, self.sin = rotation(model.shape, room, self.device)
        self.places = torch.arange(room, device=self.device)

    def best(self, x):
        normed = self.model.norms[str(self.depth)](x)
        return (normed @ self.model.embedding.t()).argmax(-1)

    def prefill(self, ids, lengths):
        """The first answer token of every row; rows are padded on the right."""
        x, width = F.embedding(ids, self.model.embedding), ids.shape[1]
        for block, cache in zip(self.blocks, self.caches):
            q, k, v = block.heads(x, self.cos[:width], self.sin[:width])
            cache.fill(k, v)
            x = block.finish(x, F.scaled_dot_product_attention(q, k, v, is_causal=True))
        rows = torch.arange(len(ids), device=self.device)
        return self.best(x[rows, lengths - 1])

    def step(self, tokens, at):
        x = F.embedding(tokens[:, None], self.model.embedding)
        cos, sin = self.cos[at][:, None, None], self.sin[at][:, None, None]
        seen = (self.places[None] <= at[:, None])[:, None, None]
        for block, cache in zip(self.blocks, self.caches):
            q, k, v = block.heads(x, cos, sin)
            cache.put(k, v, at)
            x = block.finish(x, F.scaled_dot_product_attention(q, cache.k, cache.v, attn_mask=seen))
        return self.best(x[:, 0])


def padded(rows, pad, device):
    width = max(len(row) for row in rows)
    return torch.tensor([row + [pad] * (width - len(row)) for row in rows], device=device)


@torch.no_grad()
def greedy(model, prompts, depth, end, longest):
    """Answers (without the end token) to prompts of similar length."""
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=model.embedding.device)
    room = min(model.shape.context, int(lengths.max()) + longest)
    decoder = Decoder(model, depth, len(prompts), room)
    token, at = decoder.prefill(padded(prompts, 0, decoder.device), lengths), lengths
    written, done = [token], token == end
    while int(at.max()) < room - 1 and not bool(done.all()):
        token = decoder.step(token, at)
        written.append(token)
        done, at = done | (token == end), at + 1
    table = torch.stack(written, dim=1).tolist()
    return [row[: row.index(end)] if end in row else row for row in table]
