"""Routes answered at once: k links are followed without writing any of them down."""

from ..problem import Problem, reach
from . import links, names
from .wording import ask, phrases

KIND = "route"
LONGEST = 5
_NOUNS = phrases("the end of the way|where it ends|the last stop|where it is then|the site it reaches|the stop it reaches")
_ASK = phrases("""Where does it end?|Where is it then?|Which site does it reach?|Where is it now?|At which stop does it end?|Where does that lead?
Which stop is that?|Where does it end up?|Where does it arrive?|Where does it stop?|Where is that?|At which site is it then?|Where will it end?|Where does it get to?|Where will it be?|At what site is it in the end?""")


def make(rng, ceiling=1.0, unseen=False):
    hops = reach(rng, ceiling, 1, LONGEST)
    stops = links.ring(rng, rng.randint(max(4, hops + 1), 8))
    passed = links.follow(stops, rng.randrange(len(stops)), hops)
    name = names.machines(rng, 1)[0]
    question = f"{links.told(rng, stops, passed, name)} {ask(rng, unseen, _NOUNS, _ASK)}"
    return Problem(KIND, question, f"{names.spoken(name)} ends at {passed[-1]}.", hops, tuple(passed))
