"""The dimensions of `nano` and the names of its parts, without torch."""

from dataclasses import dataclass, field


def _ranks(qkv, output, gate_up, down):
    return {"attention.qkv": qkv, "attention.output": output, "feed_forward.gate_up": gate_up, "feed_forward.down": down}


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
    # How many components of each matrix of an exit block a rung has, the smallest rung first.
    ranks: dict = field(default_factory=lambda: _ranks((96, 160, 288), (64, 96, 192), (96, 192, 320), (64, 160, 256)))

    @property
    def head_size(self):
        return self.hidden // self.heads

    @property
    def rungs(self):
        return range(1, len(self.ranks["attention.qkv"]) + 1)

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

    def rung_ranks(self, rung):
        """Components of each matrix at a rung; those of rung 0 are none."""
        return {name: (0, *ranks)[rung] for name, ranks in self.ranks.items()}

    def component_parameters(self, ranks):
        """Weights of one exit block that has so many components of each matrix, its norms not counted."""
        return sum(ranks[name] * (rows + columns) for name, (rows, columns) in self.matrices.items())


NANO = Shape()
TINY = Shape(layers=4, hidden=32, heads=2, feed_forward=48, exits=(1, 4), ranks=_ranks((8, 16, 24), (4, 8, 16), (8, 16, 24), (8, 12, 20)))
