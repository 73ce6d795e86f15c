"""What every generator returns: one question with its worked answer.

`passed` names the sites a route goes through, for the trainer's probes.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    kind: str
    question: str
    answer: str
    steps: int
    passed: tuple = ()


def reach(rng, ceiling, low, high):
    """A difficulty in low..high; a ceiling under 1 keeps the harder part out (curriculum)."""
    top = low + round((high - low) * min(1.0, max(0.0, ceiling)))
    return rng.randint(low, top)
