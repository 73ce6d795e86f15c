"""Missions in plain words, answered with a compact JSON plan."""

import json

from ..problem import Problem, reach
from ..working import clock
from . import names

KIND = "plan"
_ACTIONS = {
    "go": ["go to {}", "drive to {}", "fly to {}", "head for {}"],
    "pick": ["pick up {} {things}", "load {} {things}", "collect {} {things}"],
    "drop": ["drop {} {things}", "unload {} {things}", "leave {} {things} there"],
    "wait": ["wait {} minutes", "hold for {} minutes", "stay {} minutes"],
    "scan": ["scan {}", "inspect {}", "look over {}"],
    "charge": ["charge to {} %", "charge up to {} %"],
    "return": ["return to base", "come home", "go back to base"],
}
_ORDER = ["{m}, {steps}.", "Send {m}: {steps}.", "Mission for {m}: {steps}.", "{m} should {steps}.", "Tell {m} to {steps}.", "Plan for {m}: {steps}."]
_ORDER_UNSEEN = ["I want {m} to {steps}.", "Please have {m} do this: {steps}."]
_BY = [" Be done by {}.", " Finish by {}.", " It must be over by {}."]
_RESERVE = [" Keep {} % battery.", " Come back below {} % battery.", " The reserve is {} %."]


def _value(rng, action):
    if action in ("go", "scan"):
        return names.sites(rng, 1)[0]
    if action == "wait":
        return rng.randint(1, 45)
    if action == "charge":
        return rng.choice([50, 60, 70, 75, 80, 90, 95, 100])
    return True if action == "return" else rng.randint(1, 24)


def _join(rng, told):
    if len(told) == 1:
        return told[0]
    tail = rng.choice([" and ", " and then ", ", then "]) + told[-1]
    return rng.choice([", ", ", then "]).join(told[:-1]) + tail


def make(rng, ceiling=1.0, unseen=False):
    count = reach(rng, ceiling, 1, 6)
    name = names.machines(rng, 1)[0]
    actions = [rng.choice(["go", "go", "pick", "drop", "wait", "scan", "charge"]) for _ in range(count - 1)]
    actions.append(rng.choice(["go", "pick", "drop", "scan", "charge", "return", "return"]))
    steps = [(action, _value(rng, action)) for action in actions]
    things = names.goods(rng, 1)[0]
    told = [rng.choice(_ACTIONS[action]).format(value, things=things) for action, value in steps]
    plan = {"unit": name, "do": [{action: value} for action, value in steps]}
    question = rng.choice(_ORDER_UNSEEN if unseen else _ORDER).format(m=name, steps=_join(rng, told))
    if rng.random() < 0.35:
        plan["by"] = clock(rng.randint(6 * 60, 22 * 60))
        question += rng.choice(_BY).format(plan["by"])
    if rng.random() < 0.25:
        plan["reserve"] = rng.choice([10, 15, 20, 25, 30])
        question += rng.choice(_RESERVE).format(plan["reserve"])
    answer = json.dumps(plan, separators=(",", ":"))
    return Problem(KIND, names.opening(question), answer, count)
