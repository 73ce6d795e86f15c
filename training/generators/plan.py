"""Missions in plain words, answered with a compact JSON plan."""

import json

from ..problem import Problem, reach
from ..working import clock
from . import names
from .wording import phrases

KIND = "plan"
_ACTIONS = {
    "go": phrases("go to {}|drive to {}|fly to {}|head for {}|move to {}|go over to {}|go on to {}|make for {}|proceed to {}|travel to {}|head to {}|visit {}"),
    "pick": phrases("pick up {} {things}|load {} {things}|collect {} {things}|take {} {things}|take on {} {things}|grab {} {things}|load up {} {things}|get {} {things}|fetch {} {things}"),
    "drop": phrases("drop {} {things}|unload {} {things}|leave {} {things} there|deliver {} {things}|set down {} {things}|drop off {} {things}|hand over {} {things}|put down {} {things}"),
    "wait": phrases("wait {} minutes|hold for {} minutes|stay {} minutes|wait for {} minutes|pause {} minutes"),
    "scan": phrases("scan {}|inspect {}|have a look at {}|take pictures of {}|look over {}|check {}|survey {}"),
    "charge": phrases("charge to {} %|charge up to {} %|fill the battery to {} %|recharge to {} %"),
    "return": phrases("return to base|come home|go back to base|return home|fly back|drive back to base"),
}
_ORDER = phrases("""{m}, {steps}.|Send {m}: {steps}.|Mission for {m}: {steps}.|{m} should {steps}.|Tell {m} to {steps}.|Plan for {m}: {steps}.|Let {m} {steps}.
{m} must {steps}.|Order for {m}: {steps}.|{m} has to {steps}.|Please let {m} {steps}.|Task for {m}: {steps}.|Have {m} {steps}.|Make {m} {steps}.
Could {m} {steps}?|I need {m} to {steps}.|{m} shall {steps}.|Command {m} to {steps}.|{m} is to {steps}.|Get {m} to {steps}.|Job for {m}: {steps}.|Can {m} {steps}?|Make a plan: {m} should {steps}.|
We need {m} to {steps}.|{m}: {steps}.|Ask {m} to {steps}.""")
_ORDER_UNSEEN = phrases("I want {m} to {steps}.|Please have {m} do this: {steps}.")
_BY = phrases(" Be done by {}.| Finish by {}.| It must be done by {}.| Be back by {}.| All by {}.| It has to be finished by {}.| It must be over by {}.| Deadline {}.| It has to be done by {}.")
_RESERVE = phrases(" Keep {} % battery.| Leave {} % in the battery.| It should keep {} %.| Keep {} % in reserve.| Come back below {} % battery.| The reserve is {} %.| Keep a reserve of {} %.| Reserve {} %.")


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
    count = reach(rng, ceiling, 1, 7)
    name = names.machines(rng, 1)[0]
    actions = [rng.choice(["go", "go", "pick", "drop", "wait", "scan", "charge"]) for _ in range(count - 1)]
    actions.append(rng.choice(["go", "pick", "drop", "scan", "charge", "return", "return"]))
    steps = [(action, _value(rng, action)) for action in actions]
    things = names.goods(rng, 1)[0]
    told = [rng.choice(_ACTIONS[action]).format(value, things=things) for action, value in steps]
    plan = {"unit": names.unnamed(name) or name, "do": [{action: value} for action, value in steps]}
    question = rng.choice(_ORDER_UNSEEN if unseen else _ORDER).format(m=name, steps=_join(rng, told))
    if rng.random() < 0.35:
        plan["by"] = clock(rng.randint(6 * 60, 22 * 60))
        question += rng.choice(_BY).format(plan["by"])
    if rng.random() < 0.25:
        plan["reserve"] = rng.choice([10, 15, 20, 25, 30])
        question += rng.choice(_RESERVE).format(plan["reserve"])
    answer = json.dumps(plan, separators=(",", ":"))
    return Problem(KIND, names.opening(question), answer, count)
