"""Shared by the two route kinds: one-way links that form a single ring."""

from . import names
from .wording import phrases

_LINK = phrases("{} to {}|{} to {}|{} -> {}|{} leads to {}|from {} to {}|{} goes to {}|after {} comes {}")
_HEAD = phrases("""Links: {}.|One-way links: {}.|The roads are {}.|Known links: {}.|There are these links: {}.|The map: {}.|Paths: {}.|Routes: {}.|We have {}.
The way goes {}.|{}.""")
_BE = phrases("""{m} starts at {s} and follows {k}.|{m} is at {s} and takes {k}.|From {s}, {m} takes {k}.|{m} begins at {s} and goes {k}.|{m} leaves {s} and follows {k}.
Starting at {s}, {m} moves {k}.|{m} sets off at {s} and follows {k}.|{m} goes {k} from {s}.|{m} is now at {s} and follows {k}.|It is {k} for {m} from {s}.|
{m} is at {s}. It follows {k}.|{m} stands at {s} and drives {k}.""")


def ring(rng, size):
    """Distinct sites in ring order."""
    return names.sites(rng, size) if rng.random() < 0.3 else rng.sample(names.SITES, size)


def describe(rng, stops):
    links = list(zip(stops, stops[1:] + stops[:1]))
    rng.shuffle(links)
    style = rng.choice(_LINK)
    text = rng.choice(_HEAD).format(", ".join(style.format(one, two) for one, two in links))
    return names.opening(text)


def follow(stops, start, hops):
    """The stops passed, the start included."""
    return [stops[(start + hop) % len(stops)] for hop in range(hops + 1)]


def told(rng, stops, passed, name):
    """The links and the machine's move, in one of the two orders."""
    hops = len(passed) - 1
    unit = rng.choice(["link", "link", "step", "hop"])
    count = f"{hops} {unit}" + ("" if hops == 1 else "s")
    move = rng.choice(_BE).format(m=name, s=passed[0], k=count)
    return f"{describe(rng, stops)} {names.opening(move)}" if rng.random() < 0.8 else f"{names.opening(move)} {describe(rng, stops)}"
