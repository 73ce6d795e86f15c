"""The kinds of question and their share of the training stream."""

from . import compare, count, energy, hops, load, plan, quick, route, travel

KINDS = {module.KIND: module for module in (load, energy, travel, count, compare, plan, hops, route, quick)}
SHARES = {
    "load": 0.09,
    "energy": 0.09,
    "travel": 0.09,
    "count": 0.10,
    "compare": 0.09,
    "plan": 0.07,
    "hops": 0.08,
    "route": 0.24,
    "quick": 0.15,
}
