"""Damaged files: 50,000 seeded mutations over all parsers; a row of benchmarks/robustness.py.

The targets are those of tests/fuzz: each is tried in processes with limits of memory and time.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

from fuzz import isolated
from fuzz.targets import TARGETS

TITLE = "damaged files"
TRIES = 50_000
PARTS = list(TARGETS)


def run(part, scale):
    """Counts of the tries of one target."""
    shares = sum(target.share for target in TARGETS.values())
    tries = max(round(scale * TRIES * TARGETS[part].share / shares), 10)
    count = isolated.run([(part, 0, tries)])[part]
    faults = {}
    for fault in count.faults.values():
        faults[fault["kind"]] = faults.get(fault["kind"], 0) + fault["times"]
    examples = [
        f"{f['times']} x {f['kind']} in {f['where']}: {f['said']} (--try {f['try']})"
        for f in count.faults.values()
    ]
    outcomes = dict(count.outcomes)
    return {"tries": count.tries, "faults": faults, "examples": examples, "outcomes": outcomes}
