"""Routes answered at once: k links are followed without writing any of them down."""

from ..problem import Problem, reach
from . import links, names

KIND = "route"
_ASK = [
    "{links} {m} starts at {s} and follows {k}. Where does it end?",
    "{links} {m} is at {s}. Where is it after {k}?",
    "{links} From {s}, {m} takes {k}. Where is it then?",
]
_UNSEEN = ["{links} If {m} sets off from {s} and takes {k}, which site does it reach?"]


def make(rng, ceiling=1.0, unseen=False):
    hops = reach(rng, ceiling, 1, 5)
    stops = links.ring(rng, rng.randint(max(4, hops + 1), 8))
    passed = links.follow(stops, rng.randrange(len(stops)), hops)
    name = names.opening(names.machines(rng, 1)[0])
    fields = {"links": links.describe(rng, stops), "m": name, "s": passed[0], "k": "1 link" if hops == 1 else f"{hops} links"}
    question = rng.choice(_UNSEEN if unseen else _ASK).format(**fields)
    return Problem(KIND, question, f"{name} ends at {passed[-1]}.", hops)
