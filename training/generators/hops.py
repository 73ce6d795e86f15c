"""Routes with every hop written out."""

from ..problem import Problem, reach
from . import links, names

KIND = "hops"
_ASK = [
    "{links} {m} starts at {s} and follows {k}. Show each stop.",
    "{links} {m} is at {s} and takes {k}. List every hop.",
    "{links} Write the way of {m} from {s} over {k}.",
    "{links} Which stops does {m} pass from {s} over {k}?",
]
_UNSEEN = ["{links} {m} leaves {s} and takes {k}. Write down each hop."]


def make(rng, ceiling=1.0, unseen=False):
    hops = reach(rng, ceiling, 1, 7)
    stops = links.ring(rng, rng.randint(max(4, hops + 1), 9))
    passed = links.follow(stops, rng.randrange(len(stops)), hops)
    name = names.opening(names.machines(rng, 1)[0])
    fields = {"links": links.describe(rng, stops), "m": name, "s": passed[0], "k": "1 link" if hops == 1 else f"{hops} links"}
    question = rng.choice(_UNSEEN if unseen else _ASK).format(**fields)
    lines = [f"{one} to {two}." for one, two in zip(passed, passed[1:])]
    return Problem(KIND, question, " ".join([*lines, f"{name} ends at {passed[-1]}."]), hops)
