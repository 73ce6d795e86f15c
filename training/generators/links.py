"""Shared by the two route kinds: one-way links that form a single ring."""

from . import names

_LINK = ["{} to {}", "{} -> {}", "{} leads to {}"]
_HEAD = ["Links: {}.", "One-way links: {}.", "The roads are {}.", "Known links: {}."]


def ring(rng, size):
    """Distinct sites in ring order."""
    return names.sites(rng, size)


def describe(rng, stops):
    links = list(zip(stops, stops[1:] + stops[:1]))
    rng.shuffle(links)
    style = rng.choice(_LINK)
    return rng.choice(_HEAD).format(", ".join(style.format(one, two) for one, two in links))


def follow(stops, start, hops):
    """The stops passed, the start included."""
    return [stops[(start + hop) % len(stops)] for hop in range(hops + 1)]
