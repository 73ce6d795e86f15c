"""Loads: how heavy, how much room is left, can it lift that."""

from ..problem import Problem, reach
from ..working import Working, listing
from . import names

KIND = "load"
_TELL = [
    "{machine} carries {items}.",
    "{machine} has {items} on board.",
    "We put {items} on {plain}.",
    "The load of {plain} is {items}.",
    "{machine} picks up {items}.",
    "Someone loaded {items} onto {plain}.",
]
_TOTAL = [
    "{tell} How heavy is the load?",
    "{tell} What is the total load in kg?",
    "{tell} How many kg is that?",
    "{tell} What does it all weigh?",
    "How many kg does {plain} carry? {tell}",
]
_TOTAL_UNSEEN = ["What is the total weight on {plain} when it carries {items}?", "{tell} Please give me the weight of everything."]
_SPARE = [
    "{tell} It may carry {limit} kg. How much more can it take?",
    "{tell} The limit is {limit} kg. How many kg are free?",
    "{tell} With a limit of {limit} kg, how much room is left?",
    "The limit of {plain} is {limit} kg. {tell} How much more fits?",
]
_SPARE_UNSEEN = ["{machine} can take {limit} kg. It already has {items}. What is still free?"]
_CAN = [
    "{tell} The limit is {limit} kg. Is that allowed?",
    "{tell} It can lift {limit} kg. Can it take off?",
    "{machine} can lift {limit} kg. Can it carry {items}?",
]
_CAN_UNSEEN = ["Is it safe for {plain} to carry {items} if its limit is {limit} kg?"]


def _item(rng, thing, count, weight):
    if count == 1:
        return f"one {thing[:-1]} of {weight} kg" if thing.endswith("s") and rng.random() < 0.7 else f"1 load of {weight} kg"
    tail = rng.choice(["of {} kg", "of {} kg each", "at {} kg each"]).format(weight)
    return f"{count} {thing} {tail}"


def _weigh(rng, parts):
    working = Working()
    weights = [weight if count == 1 else working.multiply(count, weight) for count, weight in parts]
    return working, working.total(weights)


def _decide(rng, working, total, name, ask):
    limit = max(1, total + rng.choice([1, 2, 3, 5, 8, 12, 20, 30]) * (1 if ask == "spare" or rng.random() < 0.5 else -1))
    if ask == "total":
        return limit, working.text(f"{name} carries {total} kg.")
    if ask == "spare":
        spare = working.subtract(limit, total)
        return limit, working.text(f"{name} can take {spare} kg more.")
    if total <= limit:
        return limit, working.text(f"Yes, {total} kg is within the limit of {limit} kg.")
    return limit, working.text(f"No, {total} kg is over the limit of {limit} kg.")


def make(rng, ceiling=1.0, unseen=False):
    kinds = reach(rng, ceiling, 1, 4)
    parts = [(rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9]), rng.randint(2, 30)) for _ in range(kinds)]
    name = names.machines(rng, 1)[0]
    working, total = _weigh(rng, parts)
    ask = rng.choice(["total", "spare", "can"])
    limit, answer = _decide(rng, working, total, names.opening(name), ask)
    things = names.goods(rng, kinds)
    items = listing([_item(rng, thing, *part) for thing, part in zip(things, parts)])
    fields = {"machine": names.titled(rng, name), "plain": name, "items": items, "limit": limit}
    fields["tell"] = rng.choice(_TELL).format(**fields)
    frames = {
        "total": (_TOTAL, _TOTAL_UNSEEN),
        "spare": (_SPARE, _SPARE_UNSEEN),
        "can": (_CAN, _CAN_UNSEEN),
    }[ask][1 if unseen else 0]
    return Problem(KIND, rng.choice(frames).format(**fields), answer, kinds)
