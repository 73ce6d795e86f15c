"""The dimensions of `nano` and the names of its parts, without torch."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shape:
    layers: int = 11
    hidden: int = 384
    heads: int = 6
    feed_forward: int = 832
    vocabulary: int = 1024
    context: int = 512
    rope_theta: float = 10000.0
    norm_epsilon: float = 1e-5
    exits: tuple = field(default=(1, 3, 5, 8, 11))

    @property
    def head_size(self):
        return self.hidden // self.heads

    @property
    def matrices(self):
        """The four matrices of a block, stored [in, out]."""
        return {
            "attention.qkv": (self.hidden, 3 * self.hidden),
            "attention.output": (self.hidden, self.hidden),
            "feed_forward.gate_up": (self.hidden, 2 * self.feed_forward),
            "feed_forward.down": (self.feed_forward, self.hidden),
        }

    @property
    def trunk_spans(self):
        edges = [0, *self.exits]
        return list(zip(edges, edges[1:]))


NANO = Shape()
TINY = Shape(layers=4, hidden=32, heads=2, feed_forward=48, exits=(1, 4))
