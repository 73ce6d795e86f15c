"""Names of machines, sites and goods. All of them are made up or ordinary words."""

MACHINES = """Kestrel Heron Finch Falcon Swift Osprey Raven Robin Wren Merlin Puffin Condor Plover Egret Linnet
Badger Otter Marten Lynx Bison Ibex Fox Mule Camel Beaver Titan Atlas Comet Nova Orion Vega Rigel Argo Juno Echo
Scout Ranger Pilot Runner Hopper Bolt Spark Turbo Dash Rocket Pixel Cobalt Indigo Amber Ruby Delta Sigma Omega
Hugo Mira Otto Ada Leo Nina Max Tess Finn Gus""".split()
SITES = """Alder Birch Cedar Dune Elm Fern Grove Harbor Inlet Jetty Knoll Ledge Marsh North Oak Pine Quarry Ridge
South Tower Upland Valley West Yard Zenith Bridge Canyon Depot East Farm Gate Hill Island Junction Lake Mill
Orchard Port Reef Station Tunnel Vale Wharf Annex Basin Cove Delta Field Garden Haven Lodge Meadow Park Plaza
Quay River Silo Summit Spring Terrace""".split()
SORTS = "drone robot truck rover van cart shuttle barge tractor loader lorry boat forklift crane wagon bike ship plane machine".split()
# A machine without a name: how the question calls it. Answers say "the".
_OWNERS = "the the the the my our this".split()
GOODS = """crates boxes parcels pallets sensors batteries blankets cables panels pumps tents tools bags drums
filters lamps kits seeds bricks pipes tiles barrels samples bottles letters""".split()
PEOPLE = "Anna Ben Carla David Eva Farid Greta Hana Ivan Julia Karim Lena Marco Nadia Omar Paula Rosa Sam".split()
_STARTS = "b c d f g h j k l m n p r s t v w z br dr gr kr st tr".split()
_VOWELS = "a e i o u".split()
_ENDS = ["", "", "n", "r", "l", "x", "k", "s"]


def invented(rng):
    """A name nobody has seen, so that names must be copied and not only recalled."""
    parts = [rng.choice(_STARTS) + rng.choice(_VOWELS) for _ in range(rng.randint(2, 3))]
    return "".join(parts).capitalize() + rng.choice(_ENDS)


def _machine(rng):
    roll = rng.random()
    if roll < 0.62:
        return rng.choice(MACHINES)
    if roll < 0.70:
        return f"{rng.choice('ABCDKMRTX')}{rng.randint(1, 29)}"
    if roll < 0.78:
        return f"{rng.choice(SORTS)} {rng.randint(1, 20)}"
    if roll < 0.88:
        return f"{rng.choice(_OWNERS)} {rng.choice(SORTS)}"
    return invented(rng)


def _site(rng):
    roll = rng.random()
    if roll < 0.86:
        return rng.choice(SITES)
    if roll < 0.92:
        return f"{rng.choice(['dock', 'site', 'bay', 'zone', 'gate'])} {rng.randint(1, 12)}"
    return invented(rng)


def _distinct(rng, make, count):
    found = {}
    while len(found) < count:
        name = make(rng)
        found.setdefault(spoken(name), name)
    return list(found.values())


def machines(rng, count):
    return _distinct(rng, _machine, count)


def sites(rng, count):
    return _distinct(rng, _site, count)


def goods(rng, count):
    return rng.sample(GOODS, count)


def unnamed(name):
    """The sort of a machine without a name; empty for a name."""
    owner, _, sort = name.partition(" ")
    return sort if owner in _OWNERS else ""


def titled(rng, name):
    """'Kestrel', 'Drone Kestrel' or 'The drone Kestrel'; 'A drone' or 'My drone'; numbered names stay as they are."""
    if name.startswith("the ") and rng.random() < 0.4:
        return f"A {unnamed(name)}"
    if not name.isalpha() or rng.random() < 0.6:
        return opening(name)
    sort = rng.choice(SORTS)
    return rng.choice([f"{sort.capitalize()} {name}", f"The {sort} {name}"])


def opening(name):
    """The name at the start of a sentence."""
    return name[0].upper() + name[1:]


def spoken(name):
    """The name at the start of an answer: whatever the asker calls it, a machine without a name is 'The drone'."""
    return f"The {unnamed(name)}" if unnamed(name) else opening(name)
