"""The kinds of question and their share of the training stream."""

from . import compare, count, energy, hops, load, plan, quick, rank, route, travel

KINDS = {module.KIND: module for module in (load, energy, travel, count, compare, rank, plan, hops, route, quick)}
SHARES = {
    "load": 0.09,
    "energy": 0.08,
    "travel": 0.09,
    "count": 0.09,
    "compare": 0.08,
    "rank": 0.12,
    "plan": 0.06,
    "hops": 0.06,
    "route": 0.18,
    "quick": 0.15,
}
