"""Batteries: what is left, how many trips it lasts, whether it is enough."""

from ..problem import Problem, reach
from ..working import Working
from . import names
from .wording import ask, phrases, place

KIND = "energy"
_START = phrases("""{machine} starts with {n} % battery.|The battery of {plain} is at {n} %.|{machine} has {n} % charge.|{machine} is charged to {n} %.
{machine} has {n} % left.|{machine} shows {n} % battery.|{plain} is at {n} %.|The charge of {plain} is {n} %.|{machine} begins at {n} %.|{machine} is at {n} % now.|{machine} has {n} % of charge left.|The battery of {plain} has {n} %.|{machine} has a battery level of {n} %.|{machine} left with {n} %.""")
_TRIPS = phrases("""It makes {a} trips at {b} % each.|Each trip costs {b} % and it makes {a} of them.|It flies {a} rounds of {b} % each.
Every job uses {b} % and it does {a} jobs.|It does {a} scans for {b} % each.|It drives {a} laps at {b} % a lap.|{a} trips of {b} % each follow.|It has to make {a} trips of {b} % each.|It does {a} trips and each takes {b} %.|It goes {a} times and uses {b} % each time.""")
_USE = phrases("""It uses {b} %.|A scan costs {b} %.|The way back takes {b} %.|It spends {b} % on the lift.|The trip needs {b} %.|It loses {b} %.
One lap takes {b} %.|Then it uses {b} % more.|The camera takes {b} %.|Landing costs {b} %.|The climb takes {b} %.|A trip uses {b} %.|It burns {b} %.|It used {b} %.|The flight costs {b} %.""")
_CHARGE = phrases("""It charges {b} %.|The dock gives it {b} %.|The panels add {b} %.|Then it gains {b} % at the dock.|It gets {b} % back at the dock.
We charge it by {b} %.|The sun adds {b} %.|It is charged by another {b} %.|It recharges {b} %.|Then it charges {b} %.|It gets another {b} %.""")
_LEVELS = phrases("""the battery level now|the charge now|how much battery is left|the remaining charge|how much charge {plain} has at the end
the battery level of {plain}|how much is left|the charge at the end|the remaining battery|what is left in the battery|the level""")
_LEFT = phrases("""How much battery is left?|How much is left?|What is left in the battery?|How much charge is left?|What is the battery at now?
How much does {plain} have left?|What remains?|How much battery does {plain} have left?|How much battery does it have then?|What is the level at the end?|How many % are left?|What is its battery level then?|How much charge remains?|How full is the battery now?|At what level is it now?|How much charge does {plain} have now?""")
_TRIP = phrases("""Each trip uses {b} %.|A trip costs {b} %.|Every trip takes {b} %.|One trip needs {b} %.|It uses {b} % a trip.|It loses {b} % on each trip.|Every trip costs {b} %.|A single trip uses {b} %.|One round costs {b} %.""")
_KEEP = phrases("""It must keep {r} %.|{r} % must stay.|The reserve is {r} %.|At least {r} % must be left.|Keep {r} % in reserve.|It needs a reserve of {r} %.|It must not go below {r} %.|It should keep {r} %.|It has to come back with {r} %.""")
_COUNTS = phrases("the number of trips|how many trips are possible|how many trips it can make|how often it can go|the most trips it can make|the possible number of trips")
_LAST = phrases("""How many trips can it make?|How many trips are possible?|How often can it go?|How many trips can {plain} make?|How many trips is that?|How many trips will it manage?|How many trips can I make with it?|How many trips are left?|
For how many trips does it last?|How many trips will the battery last?|How many times can {plain} go?""")
_PLAN = phrases("""It must make {a} trips.|We plan {a} trips.|{a} trips are planned.|It has to do {a} trips.|The job is {a} trips.|It should make {a} trips.|I want it to make {a} trips.|It needs to make {a} trips.|There are {a} trips to make.""")
_WHETHER = phrases("whether that is enough|if it can do that|whether the battery lasts|if the battery is enough|whether it can make them|if it has enough charge")
_ENOUGH = phrases("""Is that enough?|Will the battery last?|Can it do that?|Is the battery enough?|Can {plain} make them?|Does it last?|Has it enough charge?
Can it do all trips?|Is there enough battery?|Can it make all of them?|Is the charge enough?|Will it make it?|Is its battery enough for that?|Can it finish?|Will that work?|Does {plain} have enough charge for that?""")


def _story(rng, patterns, fields):
    return " ".join(names.opening(rng.choice(frames).format(**fields)) for frames in patterns)


def _left(rng, fields, steps):
    working, level = Working(), fields["n"]
    story = [_story(rng, [_START], fields)]
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
    return " ".join(story), (_LEVELS, _LEFT), working.text(f"{fields['name']} has {level} % left.")


def _last(rng, fields, steps):
    b, trips, reserve = rng.randint(2, 15), rng.randint(2, 9), rng.choice([5, 10, 15, 20, 25])
    while b * trips + reserve > 100:
        trips -= 1
    fields.update(n=b * trips + reserve, b=b, r=reserve)
    working = Working()
    working.divide(working.subtract(fields["n"], reserve), b)
    told = _story(rng, rng.choice([[_START, _TRIP, _KEEP], [_START, _KEEP, _TRIP]]), fields)
    return told, (_COUNTS, _LAST), working.text(f"{fields['name']} can make {trips} trips.")


def _enough(rng, fields, steps):
    fields.update(a=rng.randint(2, 9), b=rng.randint(3, 14))
    working = Working()
    need = working.multiply(fields["a"], fields["b"])
    verdict = f"Yes, {need} % is within {fields['n']} %." if need <= fields["n"] else f"No, {need} % is more than {fields['n']} %."
    told = _story(rng, rng.choice([[_START, _TRIP, _PLAN], [_START, _PLAN, _TRIP], [_PLAN, _TRIP, _START]]), fields)
    return told, (_WHETHER, _ENOUGH), working.text(verdict)


def make(rng, ceiling=1.0, unseen=False):
    steps = reach(rng, ceiling, 1, 6)
    plain = names.machines(rng, 1)[0]
    fields = {"machine": names.titled(rng, plain), "plain": plain, "name": names.spoken(plain), "n": rng.randint(30, 100)}
    told, asks, answer = rng.choice([_left, _left, _left, _last, _enough])(rng, fields, steps)
    return Problem(KIND, place(rng, told, ask(rng, unseen, *asks).format(**fields)), answer, steps)
