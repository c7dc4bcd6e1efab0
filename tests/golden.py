"""Writes or prints the fingerprints that every machine must reproduce: python tests/golden.py.

Only where a change of numbers is meant, and with a line under Numbers in the changelog.
"""

import json
from pathlib import Path

from sim.reading import load, shipped
from sim.simulation import run

PATH = Path(__file__).with_suffix(".json")
SMALL = (
    "population.people=120",
    "population.founders=0.3",
    "time.steps=24",
    "effort.effort_cost=-1",
    "turnover.leave_early=0.3 per month",
    "money.seed_money=20",
    "world.worth=8",
)


def fingerprints() -> dict[str, str]:
    """Returns the fingerprint of each shipped scenario under its own style, at small size."""
    return {name: run(load(name, SMALL), seed=1).fingerprint() for name in shipped()}


if __name__ == "__main__":
    PATH.write_text(json.dumps(fingerprints(), indent=1) + "\n", "utf-8")
