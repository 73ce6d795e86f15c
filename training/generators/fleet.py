"""Shared by the two comparing kinds: a few machines, two numbers each, and what is asked of them."""

from . import names
from .wording import phrases

FACTS = {
    "first": phrases("""{m} has {a} km to go at {b} km/h.|{m} is {a} km away and moves at {b} km/h.|{m} must drive {a} km at {b} km/h.
{m} needs {a} km and drives {b} km/h.|{m}: {a} km at {b} km/h.|{m} flies {a} km at {b} km/h.|{m} does {b} km/h and has {a} km ahead.
{m} is {a} km from there and drives {b} km/h.|{m} has {a} km left at {b} km/h."""),
    "battery": phrases("""{m} has {a} % and needs {b} %.|{m} is at {a} % and will use {b} %.|{m} starts with {a} % and spends {b} %.
{m} has {a} % and uses {b} %.|{m}: {a} % now, {b} % needed.|{m} begins at {a} % and loses {b} %.|{m} is charged to {a} % and burns {b} %.
{m} had {a} % and used {b} %.|{m} leaves with {a} % and the trip costs {b} %."""),
    "room": phrases("""{m} can carry {a} kg and has {b} kg on board.|{m} takes {a} kg and already holds {b} kg.|The limit of {m} is {a} kg and it carries {b} kg.
{m} may take {a} kg and has {b} kg.|{m}: limit {a} kg, load {b} kg.|{m} can lift {a} kg and carries {b} kg.|{m} is allowed {a} kg and is loaded with {b} kg.
{m} has room for {a} kg and {b} kg are on it.|{m} holds up to {a} kg and has {b} kg now."""),
}
NOUNS = {
    "first": phrases("which one arrives first|who is there first|the first to arrive|which is faster there|which of them gets there first|the one that arrives first"),
    "battery": phrases("which one has most battery left|who has the most charge at the end|the one with the most left|which keeps the most battery|the one with most battery left"),
    "room": phrases("which one has most room left|which can take the most more|the one with the most room|which has the most free capacity|who can take the most more"),
}
QUESTIONS = {
    "first": phrases("""Which one arrives first?|Who is there first?|Which is the first to arrive?|Which one is faster there?|Which of them gets there first?
Who arrives first?|Which machine wins?|Which one gets there first?|Which is there first?|Who will be first?|Who gets there earliest?|Which needs the least time?|Which one is the fastest to get there?|Who is the first one there?|Which of them arrives before the others?"""),
    "battery": phrases("""Which one has most battery left?|Who ends with the most charge?|Which has the most left?|Which keeps the most battery?|Who has most left?
Which has the highest level at the end?|Which one has the most battery at the end?|Which has most battery left?|Who has the most battery left?|Which one is left with the most?|Which one ends with most charge?|Who has more charge at the end than the others?"""),
    "room": phrases("""Which one has most room left?|Which can take the most more?|Who has the most free capacity?|Which has the most space?|Who can take most?
Which one has the most room?|Which one can still take the most?|Who has the most room left?|Which has the most room left?|Where is the most room?|Which has most free?|Which machine should take the next load?|Where does the most still fit?"""),
}


def _numbers(rng, goal, value):
    """Two given numbers whose quotient or difference is `value`."""
    if goal == "first":
        speed = rng.randint(3, 60)
        return value * speed, speed
    used = rng.randint(2, max(2, 100 - value)) if goal == "battery" else rng.randint(5, 80)
    return value + used, used


def fleet(rng, count, goal):
    """Names, their two numbers, the values compared, and the told facts."""
    values = rng.sample(range(2, 13) if goal == "first" else range(3, 90), count)
    group = names.machines(rng, count)
    numbers = [_numbers(rng, goal, value) for value in values]
    frames = [rng.choice(FACTS[goal])] * count if rng.random() < 0.5 else rng.choices(FACTS[goal], k=count)
    facts = [names.opening(f.format(m=m, a=a, b=b)) for f, m, (a, b) in zip(frames, group, numbers)]
    best = min(values) if goal == "first" else max(values)
    return group, numbers, names.spoken(group[values.index(best)]), " ".join(facts)
