"""Picks short examples that every exit from depth 5 on answers right, a few of each kind.

    python3 -m training.examples packages/family-nano report.json
"""

import json
import sys
from pathlib import Path

from . import held_out
from .generators import KINDS
from .generators.names import MACHINES, SITES

EACH = 3
_LENGTHS = (60, 240)


def _plain(entry):
    """Ordinary names only, so that an example reads well."""
    known = {*MACHINES, *SITES}
    words = [word.strip(".,:?") for word in entry["question"].split()[1:]]
    return any(word in known for word in words) or entry["kind"] == "quick"


def pick(entries, right):
    chosen = []
    for kind in KINDS:
        fitting = [entry for entry in entries if entry["kind"] == kind and entry["id"] in right and _plain(entry)]
        fitting = [entry for entry in fitting if _LENGTHS[0] <= len(entry["question"]) <= _LENGTHS[1]]
        fitting.sort(key=lambda entry: ("-new-" in entry["id"], len(entry["answer"])))
        middle = len(fitting) // 2
        chosen += fitting[middle : middle + EACH]
    return chosen


def main(folder, report):
    entries = held_out.load(folder / "held-out.jsonl")
    chosen = pick(entries, set(report["allRight"]))
    (folder / "examples.json").write_text(json.dumps(chosen, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))
