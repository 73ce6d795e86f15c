"""Routes with every hop written out."""

from ..problem import Problem, reach
from . import links, names
from .wording import phrases

KIND = "hops"
_ASK = phrases("""Show each stop.|List every hop.|Which stops does it pass?|Write each hop.|Show every step.|Show the way.|List the stops.|Write down the way.
Name every stop.|Give all hops.|Where does it go? Show each stop.|List all stops.|Show every stop.|Where does it end? Show the way.|Write every stop down.|
Where does it end up, stop by stop?||Which way does it take, hop by hop?|Step by step, please.|Tell me every stop.|Show all hops.|Write down each hop.""")


def make(rng, ceiling=1.0, unseen=False):
    hops = reach(rng, ceiling, 1, 8)
    stops = links.ring(rng, rng.randint(max(4, hops + 1), 10))
    passed = links.follow(stops, rng.randrange(len(stops)), hops)
    name = names.machines(rng, 1)[0]
    question = f"{links.told(rng, stops, passed, name)} {_ASK[-1] if unseen else rng.choice(_ASK[:-1])}"
    lines = [f"{one} to {two}." for one, two in zip(passed, passed[1:])]
    return Problem(KIND, question, " ".join([*lines, f"{names.spoken(name)} ends at {passed[-1]}."]), hops)
