"""Travel: distance, time at a speed, legs that add up, arrival by the clock."""

from ..problem import Problem, reach
from ..working import Working, clock, listing
from . import names

KIND = "travel"
_FAR = [
    "{machine} drives {h} hours at {v} km per hour. How far does it get?",
    "{machine} moves at {v} km/h for {h} hours. What distance is that?",
    "How many km does {plain} cover in {h} hours at {v} km/h?",
    "At {v} km per hour, how far does {plain} go in {h} hours?",
]
_FAR_UNSEEN = ["{machine} keeps a speed of {v} km/h for {h} hours. Tell me the distance."]
_LONG = [
    "{machine} must cover {d} km at {v} km/h. How many hours does it need?",
    "The way from {one} to {two} is {d} km. {machine} drives {v} km per hour. How long does it take?",
    "How many hours does {plain} need for {d} km at {v} km/h?",
    "{machine} goes {d} km at a speed of {v} km/h. How long is it under way?",
]
_LONG_UNSEEN = ["It is {d} km from {one} to {two}. How long will {plain} be under way at {v} km per hour?"]
_LEGS = [
    "{machine} needs {legs}. How many minutes is that in all?",
    "The trip of {plain} has these legs: {legs}. How long is the trip?",
    "{machine} takes {legs}. What is the total time?",
]
_LEGS_UNSEEN = ["How long is {plain} under way if it needs {legs}?"]
_WHEN = [
    "{machine} leaves {one} at {t}. It needs {legs}. When does it arrive?",
    "At {t} {plain} sets off. It takes {legs}. At what time is it there?",
    "{machine} starts at {t} and needs {legs}. What is the arrival time?",
]
_WHEN_UNSEEN = ["When will {plain} be there if it starts at {t} and needs {legs}?"]


def _speed(rng, fields, unseen):
    h, v = rng.randint(2, 9), rng.randint(3, 90)
    fields.update(h=h, v=v, d=h * v)
    working = Working()
    if rng.random() < 0.5:
        far = working.multiply(h, v)
        return rng.choice(_FAR_UNSEEN if unseen else _FAR), working.text(f"{fields['name']} covers {far} km.")
    working.divide(h * v, v)
    return rng.choice(_LONG_UNSEEN if unseen else _LONG), working.text(f"{fields['name']} needs {h} hours.")


def _arrive(working, start, minutes, name):
    """Minutes are added to the clock in two written steps, hours apart from minutes."""
    passed = working.add(start % 60, minutes)
    working.lines.append(f"{passed} minutes after {start // 60}:00 is {clock(start + minutes)}.")
    return working.text(f"{name} arrives at {clock(start + minutes)}.")


def _timed(rng, fields, count, unseen):
    stops = names.sites(rng, count)
    times = [rng.randint(3, 45) for _ in stops]
    fields["legs"] = listing([f"{time} minutes to {stop}" for time, stop in zip(times, stops)])
    working = Working()
    minutes = working.total(times)
    if rng.random() < 0.4 and count > 1:
        return rng.choice(_LEGS_UNSEEN if unseen else _LEGS), working.text(f"{fields['name']} needs {minutes} minutes.")
    start = rng.randint(5 * 60, 20 * 60)
    fields["t"] = clock(start)
    answer = _arrive(working, start, minutes, fields["name"])
    return rng.choice(_WHEN_UNSEEN if unseen else _WHEN), answer


def make(rng, ceiling=1.0, unseen=False):
    steps = reach(rng, ceiling, 1, 5)
    plain = names.machines(rng, 1)[0]
    one, two = names.sites(rng, 2)
    fields = {"machine": names.titled(rng, plain), "plain": plain, "name": names.opening(plain), "one": one, "two": two}
    if rng.random() < 0.35:
        frame, answer = _speed(rng, fields, unseen)
    else:
        frame, answer = _timed(rng, fields, steps, unseen)
    return Problem(KIND, names.opening(frame.format(**fields)), answer, steps)
