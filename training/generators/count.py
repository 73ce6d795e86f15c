"""Counting: things come and go, how many are there at the end."""

from ..problem import Problem, reach
from ..working import Working
from . import names
from .wording import ask, phrases, place

KIND = "count"
_START = phrases("""{place} holds {n} {things}.|There are {n} {things} at {place}.|{place} starts the day with {n} {things}.|{place} has {n} {things}.
We keep {n} {things} at {place}.|At {place} there are {n} {things}.|{place} starts with {n} {things}.|The stock of {place} is {n} {things}.|{place} had {n} {things}.|There were {n} {things} at {place}.|We have {n} {things} at {place}.|{n} {things} are stored at {place}.""")
_PLUS = phrases("""{b} {things} arrive.|{machine} brings {b} more.|{b} more come in.|Then {b} are added.|{person} adds {b} more.|{b} {things} are delivered.
{person} finds {b} more.|We get {b} more.|{machine} unloads {b} {things}.|{machine} delivers {b}.|Another {b} arrive.|{b} new ones come.|{machine} drops off {b}.|{b} are put in.|We receive {b}.|{b} {things} come in.|We add {b}.""")
_MINUS = phrases("""{b} {things} leave.|{machine} takes {b} away.|{b} are used.|Then {b} are removed.|{b} of them break.|{b} are sold.|We lose {b}.
{person} takes {b}.|{machine} picks up {b}.|{b} {things} are sent out.|We use {b} of them.|{b} are taken out.|{b} get lost.|We sell {b}.|We send {b} away.|{b} of them are used up.|{b} go to another site.""")
_PACKS = phrases("""{a} pallets with {b} {things} each arrive.|{machine} brings {a} loads of {b}.|Then {a} racks of {b} come in.|{a} packs of {b} are added.
{machine} makes {a} trips and brings {b} each time.|{a} vans bring {b} each.|We get {a} packs with {b} {things} each.""")
_TRIPS = phrases("""{machine} makes {a} trips and takes {b} each time.|{a} orders of {b} leave.|{a} teams take {b} each.|{a} vans take {b} each.
{a} packs of {b} are sold.|We send out {a} packs of {b}.|{machine} picks up {b} on each of {a} trips.""")
_NOUNS = phrases("""the number of {things} now|the final count|the number of {things} left|how many {things} there are now|the stock of {place} now|the count
the number of {things} at {place}|how many {things} remain|how many are left|the new stock|the final number of {things}|the stock at the end""")
_ASK = phrases("""How many {things} are there now?|How many {things} are left?|How many {things} does {place} hold now?|How many are there in the end?
How many {things} remain?|How many {things} are at {place} now?|How many {things} does {place} have?|How many are left at {place}?|And now?
How many do we have now?|How many are left now?|How many {things} do we have in the end?|How many {things} does {place} have in the end?|How many are in stock now?|What is the stock now?|How many {things} are at {place}?|How many are at {place} now?|How many {things} are at {place} after that?""")


def _event(rng, working, stock):
    """One change: its sentence patterns, its numbers and the new stock."""
    a = rng.randint(2, 9)
    options = ["plus", "packs"] + (["minus"] if stock >= 4 else []) + (["trips"] if stock >= 2 * a else [])
    choice = rng.choice(options)
    if choice == "plus":
        b = rng.randint(2, 60)
        return _PLUS, a, b, working.add(stock, b)
    if choice == "minus":
        b = rng.randint(2, min(60, stock))
        return _MINUS, a, b, working.subtract(stock, b)
    b = rng.randint(2, 15) if choice == "packs" else rng.randint(1, min(15, stock // a))
    moved = working.multiply(a, b)
    if choice == "packs":
        return _PACKS, a, b, working.add(stock, moved)
    return _TRIPS, a, b, working.subtract(stock, moved)


def make(rng, ceiling=1.0, unseen=False):
    steps = reach(rng, ceiling, 1, 8)
    spot = names.sites(rng, 1)[0]
    things = names.goods(rng, 1)[0]
    working, stock = Working(), rng.randint(5, 120)
    story = [rng.choice(_START).format(place=spot, n=stock, things=things)]
    for _ in range(steps):
        frames, a, b, stock = _event(rng, working, stock)
        machine = names.titled(rng, names.machines(rng, 1)[0])
        story.append(rng.choice(frames).format(a=a, b=b, things=things, machine=machine, person=rng.choice(names.PEOPLE)))
    told = " ".join(map(names.opening, story))
    question = place(rng, told, ask(rng, unseen, _NOUNS, _ASK).format(things=things, place=spot))
    return Problem(KIND, question, working.text(f"{names.opening(spot)} has {stock} {things}."), steps)
