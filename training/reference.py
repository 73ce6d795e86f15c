"""A plain numpy run of an export: the meaning of the shipped numbers, one position after the other."""

import numpy


class Reference:
    def __init__(self, parameters, shape):
        self.parameters, self.shape = parameters, shape
        half = shape.head_size // 2
        rates = shape.rope_theta ** (-numpy.arange(half, dtype=numpy.float32) / half)
        angles = numpy.arange(shape.context, dtype=numpy.float32)[:, None] * rates
        self.cos, self.sin = numpy.cos(angles), numpy.sin(angles)

    def norm(self, x, name):
        scale = 1 / numpy.sqrt((x * x).mean(-1, keepdims=True) + self.shape.norm_epsilon)
        return x * scale * self.parameters[f"{name}.weight"]

    def rotate(self, x):
        """[heads, length, head_size], the halves of a head rotated against each other."""
        one, two = numpy.split(x, 2, axis=-1)
        cos, sin = self.cos[: x.shape[1]], self.sin[: x.shape[1]]
        return numpy.concatenate([one * cos - two * sin, two * cos + one * sin], axis=-1)

    def attention(self, normed, prefix):
        """The heads' outputs side by side."""
        length, shape = len(normed), self.shape
        packed = normed @ self.parameters[f"{prefix}.attention.qkv.weight"]
        q, k, v = packed.reshape(length, 3, shape.heads, shape.head_size).transpose(1, 2, 0, 3)
        scores = self.rotate(q) @ self.rotate(k).transpose(0, 2, 1) / numpy.sqrt(numpy.float32(shape.head_size))
        scores = numpy.where(numpy.tri(length, dtype=bool), scores, -numpy.inf)
        weights = numpy.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        return (weights @ v).transpose(1, 0, 2).reshape(length, shape.hidden)

    def block(self, x, prefix, inputs=None):
        """The residual stream after a block; `inputs` gets what each matrix was multiplied with."""
        normed = self.norm(x, f"{prefix}.attention_norm")
        mixed = self.attention(normed, prefix)
        x = x + mixed @ self.parameters[f"{prefix}.attention.output.weight"]
        wide = self.norm(x, f"{prefix}.feed_forward_norm")
        gate, up = numpy.split(wide @ self.parameters[f"{prefix}.feed_forward.gate_up.weight"], 2, axis=-1)
        # Far below zero the gate is zero; the exponential must not overflow there.
        hidden = gate / (1 + numpy.exp(-numpy.maximum(gate, -80))) * up
        if inputs is not None:
            inputs.update(zip(self.shape.matrices, (normed, mixed, wide, hidden)))
        return x + hidden @ self.parameters[f"{prefix}.feed_forward.down.weight"]

    def features(self, ids):
        """The trunk's hidden state at each exit's depth."""
        x, kept = self.parameters["embedding.weight"][ids], {}
        for layer in range(self.shape.layers):
            x = self.block(x, f"layers.{layer}")
            if layer + 1 in self.shape.exits:
                kept[layer + 1] = x
        return kept

    def logits(self, ids, depth):
        """Logits of exit `depth` at every position, [length, vocabulary]."""
        x = self.parameters["embedding.weight"][ids]
        for layer in range(depth):
            x = self.block(x, f"layers.{layer}")
        x = self.norm(self.block(x, f"exits.{depth}"), f"exits.{depth}.norm")
        return x @ self.parameters["embedding.weight"].T

    def greedy(self, ids, depth, count):
        ids = list(ids)
        for _ in range(count):
            ids.append(int(self.logits(ids, depth)[-1].argmax()))
        return ids[-count:]
