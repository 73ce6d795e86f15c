"""Loads: how heavy, how much room is left, can it lift that."""

from ..problem import Problem, reach
from ..working import Working, listing
from . import names
from .wording import ask, phrases, place

KIND = "load"
_TELL = phrases("""{machine} carries {items}.|{machine} has {items} on board.|We put {items} on {plain}.|The load of {plain} is {items}.
{machine} picks up {items}.|Someone loaded {items} onto {plain}.|{machine} is loaded with {items}.|{machine} takes {items}.|{machine} holds {items}.
{machine} transports {items}.|There are {items} on {plain}.|On {plain} we have {items}.|{machine} must carry {items}.|{machine} flies with {items}.
{machine} is carrying {items}.|{machine} has to bring {items}.|{machine} gets {items}.|On board of {plain} are {items}.|We load {plain} with {items}.|I want to load {items} on {plain}.|{machine} took {items}.|{machine} was loaded with {items}.|{plain} has {items}.|
I loaded {items} on {plain}.|{machine} brings {items}.|{machine} moves {items}.|The cargo of {plain}: {items}.""")
_WEIGHTS = phrases("""the total load|the load of {plain}|the total weight|the weight in all|the weight of it all|the whole weight in kg|the load in kg
how heavy the load is|how many kg that is|the sum of the weights|the mass on board|how much it all weighs|the cargo weight""")
_TOTAL = phrases("""How heavy is the load?|How many kg is that?|What does it all weigh?|How many kg does {plain} carry?|How much does everything weigh?
How many kg are on board?|How much weight is that in all?|What does {plain} carry in total?|How many kg in total?|How heavy is that?|How heavy is it?|How heavy is it all together?|How heavy is the load of {plain}?|How much does {plain} carry?|How many kilos is that?|What is the total weight?|How much does it weigh?|What does the load weigh?|How much weight does {plain} carry?|Total weight?
How much weight does {plain} have on board?|What is the weight of everything on {plain}?""")
_LIMIT = phrases("""It may carry {limit} kg.|The limit is {limit} kg.|It can take {limit} kg.|The limit of {plain} is {limit} kg.|{plain} is allowed {limit} kg.
At most {limit} kg are allowed.|The maximum is {limit} kg.|It can lift {limit} kg.|It can carry {limit} kg at most.|It can carry up to {limit} kg.|It can take up to {limit} kg.|The maximum load is {limit} kg.|{plain} can carry {limit} kg.|{plain} lifts at most {limit} kg.|Its limit is {limit} kg.|No more than {limit} kg are allowed.""")
_ROOM = phrases("""the free capacity|the room left|the spare capacity|how many kg are free|how much more fits|how much more it can take|what still fits
the weight it can still take|the remaining capacity|how much room is left""")
_SPARE = phrases("""How much more can it take?|How many kg are free?|How much room is left?|How much more fits?|How many kg can we add?|How much more can {plain} carry?|How much can I still add?|How much can still be loaded?|How much room does {plain} have left?|How many kg can still be added?|What still fits?
How much can be added?|How many more kg can {plain} carry?|What is left of the limit?|How far below the limit is it?|What is still free?""")
_MAY = phrases("whether it may go|if that is allowed|whether that is allowed|if it can carry that|whether the load is within the limit|if it is too heavy")
_CAN = phrases("""Is that allowed?|Can it take off?|Can it carry that?|Is it too heavy?|Is the load within the limit?|May it go?|Is that fine?|Is that too much?
Can {plain} carry all of it?|Does that work?|Can it carry all that?|Can it fly with that?|Can {plain} take that?|Is {plain} overloaded?|Is that within the limit?|Is it too much?|May {plain} take off?|Can it lift that?|Is it over the limit?|Is this load OK?|Is it safe to carry that?""")
_ASKS = {"total": (_WEIGHTS, _TOTAL), "spare": (_ROOM, _SPARE), "can": (_MAY, _CAN)}


def _item(rng, thing, count, weight):
    if count == 1:
        return rng.choice([f"one {thing[:-1]} of {weight} kg", f"a load of {weight} kg", f"1 piece of {weight} kg"])
    tail = rng.choice(["of {} kg", "of {} kg each", "at {} kg each", "that weigh {} kg each", "with {} kg each"]).format(weight)
    return f"{count} {thing} {tail}"


def _weigh(parts):
    working = Working()
    weights = [weight if count == 1 else working.multiply(count, weight) for count, weight in parts]
    return working, working.total(weights)


def _answer(working, total, limit, name, goal):
    if goal == "total":
        return working.text(f"{name} carries {total} kg.")
    if goal == "spare":
        spare = working.subtract(limit, total)
        return working.text(f"{name} can take {spare} kg more.")
    if total <= limit:
        return working.text(f"Yes, {total} kg is within the limit of {limit} kg.")
    return working.text(f"No, {total} kg is over the limit of {limit} kg.")


def make(rng, ceiling=1.0, unseen=False):
    kinds = reach(rng, ceiling, 1, 5)
    parts = [(rng.randint(1, 9), rng.randint(2, 30)) for _ in range(kinds)]
    name = names.machines(rng, 1)[0]
    working, total = _weigh(parts)
    goal = rng.choice(list(_ASKS))
    over = goal == "can" and rng.random() < 0.5
    limit = max(1, total + rng.choice([1, 2, 3, 5, 8, 12, 20, 30, rng.randint(1, 60)]) * (-1 if over else 1))
    items = listing([_item(rng, thing, *part) for thing, part in zip(names.goods(rng, kinds), parts)])
    fields = {"machine": names.titled(rng, name), "plain": name, "items": items, "limit": limit}
    facts = [rng.choice(_TELL)] + ([] if goal == "total" else [rng.choice(_LIMIT)])
    if rng.random() < 0.3:
        facts.reverse()
    told = " ".join(names.opening(fact.format(**fields)) for fact in facts)
    question = place(rng, told, ask(rng, unseen, *_ASKS[goal]).format(**fields))
    return Problem(KIND, question, _answer(working, total, limit, names.spoken(name), goal), kinds)
