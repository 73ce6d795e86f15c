"""Comparison answered at once: only the name, no working."""

from ..problem import Problem, reach
from .fleet import NOUNS, QUESTIONS, fleet
from .wording import ask, phrases, place

KIND = "rank"
_ONLY = phrases("""Only the name.|Just the name.|Answer at once.|Name only.|Short answer.|The name is enough.|No working.|Without working.|No working, please.
Just say who.|Don't show the working.|Leave out the working.|Answer with the name.|In one word.|At once.|Only say the name.|Quick answer.|Quickly.
Don't explain.|No explanation.|Without the working.|Only the name, please.""")


def make(rng, ceiling=1.0, unseen=False):
    count = reach(rng, ceiling, 2, 5)
    goal = rng.choice(list(NOUNS))
    _, _, best, told = fleet(rng, count, goal)
    question = place(rng, told, ask(rng, unseen, NOUNS[goal], QUESTIONS[goal]))
    only = rng.choice(_ONLY[-1:] if unseen else _ONLY[:-1])
    return Problem(KIND, f"{only} {question}" if rng.random() < 0.25 else f"{question} {only}", f"{best}.", count)
