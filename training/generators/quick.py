"""Chains of small steps answered at once, with no working: what depth alone can do."""

from ..problem import Problem, reach
from . import names
from .wording import phrases, upper

KIND = "quick"
_SUMS = phrases("""Quick: what is {sum}?|Answer at once: {sum}.|In one go, what is {sum}?|Only the result: {sum}.|Just the number: {sum}?|{sum} at once?
What is {sum}? Only the result.|{sum} =|How much is {sum}?|What does {sum} make?|{sum}?|Give me {sum} at once.|{sum}, quickly.|Quick, {sum}?|No working, what is {sum}?|At once, please: {sum}?""")
_CHAINS = phrases("""{chain}. What is the result? Answer at once.|{chain}. Only the result.|Quick: {chain}. What do you get?|{chain}. Just the number.
At once: {chain}.|{chain}. Result?|{chain}. What is it now?|{chain}. What comes out?|{chain}. How much is that? No working.|In one go: {chain}. Where do you end?|{chain}. Quick, what is it?|No working: {chain}.|{chain}. Tell me only the number.""")
_START = phrases("start with {}|begin with {}|take {}|start at {}|from {}|we have {}")
_STEPS = {
    "add": phrases("add {}|plus {}|then add {}|{} more|put {} on top"),
    "less": phrases("take away {}|minus {}|subtract {}|then take away {}|{} less|remove {}"),
    "double": phrases("double it|times 2|then double it|twice that"),
    "triple": phrases("triple it|times 3|three times that"),
    "halve": phrases("halve it|divide by 2|then halve it|take half"),
}


def _step(rng, value):
    """One step of a chain whose values stay in 1..199."""
    options = ["add", "less", "add", "less"] if 2 < value < 180 else ["less"] if value >= 180 else ["add"]
    options += ["double"] * (value < 100) + ["triple"] * (value < 66) + ["halve"] * (value % 2 == 0 and value > 2)
    sort = rng.choice(options)
    if sort == "add":
        term = rng.randint(1, min(60, 199 - value))
        return sort, term, value + term
    if sort == "less":
        term = rng.randint(1, min(60, value - 1))
        return sort, term, value - term
    return sort, None, {"double": value * 2, "triple": value * 3, "halve": value // 2}[sort]


def _chain(rng, length):
    value = rng.randint(2, 60)
    told = [rng.choice(_START).format(value)]
    for _ in range(length):
        sort, term, value = _step(rng, value)
        told.append(rng.choice(_STEPS[sort]).format(term))
    return ", ".join(told), value


def _sum(rng, length):
    value = rng.randint(2, 60)
    text = str(value)
    for _ in range(length):
        if value >= 20 and rng.random() < 0.5 or value > 150:
            term = rng.randint(1, min(value, 60))
            value, text = value - term, f"{text} - {term}"
        else:
            term = rng.randint(1, 60)
            value, text = value + term, f"{text} + {term}"
    return text, value


def make(rng, ceiling=1.0, unseen=False):
    length = reach(rng, ceiling, 1, 6)
    if rng.random() < 0.3:
        text, value = _sum(rng, length)
        unit = rng.choice(["", "", "kg", "minutes", "km", rng.choice(names.GOODS)])
        frame = _SUMS[-1] if unseen else rng.choice(_SUMS[:-1])
        question = frame.format(sum=f"{text} {unit}".strip())
        return Problem(KIND, question, f"{value} {unit}".strip() + ".", length)
    text, value = _chain(rng, length)
    frame = _CHAINS[-1] if unseen else rng.choice(_CHAINS[:-1])
    return Problem(KIND, upper(frame.format(chain=upper(text) if frame[0] == "{" else text)), f"{value}.", length)
