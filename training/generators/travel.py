"""Travel: distance, time at a speed, legs that add up, arrival by the clock."""

from ..problem import Problem, reach
from ..working import Working, clock, listing
from . import names
from .wording import ask, phrases, place

KIND = "travel"
_GOES = phrases("""{machine} drives {h} hours at {v} km per hour.|{machine} moves at {v} km/h for {h} hours.|{machine} keeps {v} km/h for {h} hours.
{plain} is under way for {h} hours at {v} km/h.|The speed of {plain} is {v} km/h. It drives {h} hours.|For {h} hours {plain} drives at {v} km per hour.
{machine} travels {h} hours with a speed of {v} km/h.|{machine} flies at {v} km/h. It flies for {h} hours.|{machine} goes {v} km/h for {h} hours.|{machine} flies {h} hours at {v} km/h.|{machine} does {v} km/h. It is under way for {h} hours.""")
_FARS = phrases("the distance|how far it gets|the distance in km|how many km it covers|how far {plain} goes|the way it covers|the km driven|the distance it drives")
_FAR = phrases("""How far does it get?|What distance is that?|How many km is that?|How far does {plain} go?|How many km does {plain} cover?|How far is that?
How many km does it drive?|How far did it go?|How far will it get?|How far can {plain} go?|How many km will it cover?|What distance does it cover?|How many km is it?|How far does it fly?|What distance does {plain} cover?""")
_MUST = phrases("""{machine} must cover {d} km at {v} km/h.|The way from {one} to {two} is {d} km. {machine} drives {v} km per hour.
{machine} goes {d} km at a speed of {v} km/h.|It is {d} km to {two}. {machine} moves at {v} km/h.|{machine} drives {d} km at {v} km per hour.
{plain} has {d} km to go and moves at {v} km/h.|The speed of {plain} is {v} km/h. The trip is {d} km.|From {one} to {two} it is {d} km. {plain} flies at {v} km/h.|{machine} has to go {d} km. It does {v} km/h.|{machine} is {d} km away and drives {v} km/h.|{machine} goes at {v} km/h and has {d} km to go.|It is {d} km. {machine} drives at {v} km/h.""")
_TIMES = phrases("the time it needs|how long it takes|the hours it needs|how many hours that takes|how long {plain} is under way|the travel time|the time in hours|the driving time")
_LONG = phrases("""How many hours does it need?|How long does it take?|How long is it under way?|How many hours is that?|How long does {plain} need?
How many hours does {plain} drive?|How long does the trip take?|How many hours does it take?|How long will it take?|How long does it need?|When is it there, in hours?|How long will it be under way?|In how many hours is it there?|How many hours will {plain} need for that?""")
_NEEDS = phrases("""{machine} needs {legs}.|The trip of {plain} has these legs: {legs}.|{machine} takes {legs}.|{plain} drives {legs}.|The legs of {plain} are {legs}.
It takes {plain} {legs}.|{plain} is under way {legs}.|The times of {plain}: {legs}.""")
_ALLS = phrases("the total time|the time in all|how many minutes that is|how long the trip is|the trip time|the sum of the minutes|the whole travel time|how long it takes")
_LEGS = phrases("""How many minutes is that in all?|How long is the trip?|How long does it take?|How many minutes does {plain} need?|How long is {plain} under way?
How many minutes in total?|How long does the whole trip take?|How many minutes does it take?|How many minutes is it under way?|How long does it need for all that?|How long is that?|How many minutes does the whole trip take?""")
_LEAVES = phrases("""{machine} leaves {one} at {t}.|At {t} {plain} sets off.|{machine} starts at {t}.|It is {t} when {plain} leaves.|{plain} departs at {t}.
The start is at {t}.|{machine} goes at {t}.|{machine} sets off from {one} at {t}.|{plain} leaves at {t}.|{machine} started at {t}.|{machine} is off at {t}.|{plain} set off at {t}.|{machine} departs from {one} at {t}.""")
_WHENS = phrases("the arrival time|when it arrives|the time of arrival|when it is there|when {plain} arrives|the time it gets there|at what time it arrives|when {plain} will be there")
_WHEN = phrases("""When does it arrive?|At what time is it there?|When is it there?|When does {plain} get there?|What time does it arrive?|At what time does {plain} arrive?
When will it be there?|When will {plain} arrive?|What time will it arrive?|When will it arrive?|What time is it there?|At what time will it be there?|When does {plain} arrive?|When is {plain} there?|At what time will {plain} get there?""")


def _speed(rng, fields, count):
    h, v = rng.randint(2, 9), rng.randint(3, 90)
    fields.update(h=h, v=v, d=h * v)
    working = Working()
    if rng.random() < 0.5:
        far = working.multiply(h, v)
        return rng.choice(_GOES), (_FARS, _FAR), working.text(f"{fields['name']} covers {far} km.")
    working.divide(h * v, v)
    return rng.choice(_MUST), (_TIMES, _LONG), working.text(f"{fields['name']} needs {h} hours.")


def _arrive(working, start, minutes, name):
    """Minutes past the full hour first, then the clock."""
    passed = working.add(start % 60, minutes)
    working.lines.append(f"{passed} minutes after {start // 60}:00 is {clock(start + minutes)}.")
    return working.text(f"{name} arrives at {clock(start + minutes)}.")


def _timed(rng, fields, count):
    stops = names.sites(rng, count)
    times = [rng.randint(3, 45) for _ in stops]
    fields["legs"] = listing([f"{time} minutes to {stop}" for time, stop in zip(times, stops)])
    working = Working()
    minutes = working.total(times)
    if rng.random() < 0.4 and count > 1:
        return rng.choice(_NEEDS), (_ALLS, _LEGS), working.text(f"{fields['name']} needs {minutes} minutes.")
    start = rng.randint(5 * 60, 20 * 60)
    fields["t"] = clock(start)
    answer = _arrive(working, start, minutes, fields["name"])
    return f"{rng.choice(_LEAVES)} {rng.choice(_NEEDS)}", (_WHENS, _WHEN), answer


def make(rng, ceiling=1.0, unseen=False):
    steps = reach(rng, ceiling, 1, 6)
    plain = names.machines(rng, 1)[0]
    one, two = names.sites(rng, 2)
    fields = {"machine": names.titled(rng, plain), "plain": plain, "name": names.spoken(plain), "one": one, "two": two}
    told, asks, answer = (_speed if rng.random() < 0.35 else _timed)(rng, fields, steps)
    facts = told.format(**fields).replace(". " + plain, ". " + names.opening(plain))
    return Problem(KIND, place(rng, facts, ask(rng, unseen, *asks).format(**fields)), answer, steps)
