"""Batteries: what is left, how many trips it lasts, whether it is enough."""

from ..problem import Problem, reach
from ..working import Working
from . import names

KIND = "energy"
_START = ["{machine} starts with {n} % battery.", "The battery of {plain} is at {n} %.", "{machine} has {n} % charge.", "{machine} is charged to {n} %."]
_TRIPS = ["It makes {a} trips at {b} % each.", "Each trip costs {b} % and it makes {a} of them.", "It flies {a} rounds of {b} % each.", "Every job uses {b} % and it does {a} jobs."]
_USE = ["It uses {b} %.", "A scan costs {b} %.", "The way back takes {b} %.", "It spends {b} % on the lift."]
_CHARGE = ["It charges {b} %.", "The dock gives it {b} %.", "The panels add {b} %.", "Then it gains {b} % at the dock."]
_LEFT = ["How much battery is left?", "How much is left?", "What is the charge now?", "What is left in the battery?"]
_LAST = [
    "{start} Each trip uses {b} %. It must keep {r} %. How many trips can it make?",
    "{start} A trip costs {b} % and {r} % must stay. How many trips are possible?",
    "How many trips can {plain} make? {start} Each one uses {b} % and {r} % is the reserve.",
]
_LAST_UNSEEN = ["{start} With a reserve of {r} % and {b} % for every trip, how often can it go?"]
_ENOUGH = [
    "{start} Each trip uses {b} %. Can it make {a} trips?",
    "{start} Is that enough for {a} trips at {b} % each?",
    "Can {plain} make {a} trips of {b} % each? {start}",
]
_ENOUGH_UNSEEN = ["{start} We plan {a} trips and each one takes {b} %. Will the battery last?"]
_LEFT_UNSEEN = ["How much charge does {plain} have at the end? {story}", "{story} Tell me the battery level now."]


def _left(rng, fields, steps, unseen):
    working, level = Working(), fields["n"]
    story = [rng.choice(_START).format(**fields)]
    for _ in range(steps):
        a, b = rng.randint(2, 6), rng.randint(2, 12)
        if level < 40 and rng.random() < 0.6:
            b = rng.randint(5, 100 - level)
            frames, level = _CHARGE, working.add(level, b)
        elif level >= a * b and rng.random() < 0.6:
            frames, level = _TRIPS, working.subtract(level, working.multiply(a, b))
        else:
            b = min(b, level)
            frames, level = _USE, working.subtract(level, b)
        story.append(rng.choice(frames).format(a=a, b=b))
    text = " ".join(story)
    question = rng.choice(_LEFT_UNSEEN).format(story=text, **fields) if unseen else f"{text} {rng.choice(_LEFT)}"
    return question, working.text(f"{fields['name']} has {level} % left.")


def _last(rng, fields, unseen):
    b, trips, reserve = rng.randint(2, 15), rng.randint(2, 9), rng.choice([5, 10, 15, 20])
    while b * trips + reserve > 100:
        trips -= 1
    fields.update(n=b * trips + reserve, b=b, r=reserve)
    start = rng.choice(_START).format(**fields)
    working = Working()
    working.divide(working.subtract(fields["n"], reserve), b)
    question = rng.choice(_LAST_UNSEEN if unseen else _LAST).format(start=start, **fields)
    return question, working.text(f"{fields['name']} can make {trips} trips.")


def _enough(rng, fields, unseen):
    fields.update(a=rng.randint(2, 9), b=rng.randint(3, 14))
    start = rng.choice(_START).format(**fields)
    working = Working()
    need = working.multiply(fields["a"], fields["b"])
    verdict = f"Yes, {need} % is within {fields['n']} %." if need <= fields["n"] else f"No, {need} % is more than {fields['n']} %."
    return rng.choice(_ENOUGH_UNSEEN if unseen else _ENOUGH).format(start=start, **fields), working.text(verdict)


def make(rng, ceiling=1.0, unseen=False):
    steps = reach(rng, ceiling, 1, 5)
    plain = names.machines(rng, 1)[0]
    fields = {"machine": names.titled(rng, plain), "plain": plain, "name": names.opening(plain), "n": rng.randint(30, 100)}
    roll = rng.random()
    if roll < 0.6:
        question, answer = _left(rng, fields, steps, unseen)
    else:
        question, answer = (_last if roll < 0.8 else _enough)(rng, fields, unseen)
    return Problem(KIND, question, answer, steps)
