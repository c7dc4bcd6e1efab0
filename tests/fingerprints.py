"""Prints a digest of series, state and events of many small runs, as one JSON object.

Usage: fingerprints.py forward|backward PLUG_IN_STYLE. Every shipped scenario is run, and every
style, also one from a file outside the package.
"""

import hashlib
import json
import sys

import numpy as np

from sim.core.jit import INTERPRETED
from sim.reading import change, load, shipped
from sim.registry import plug_in
from sim.scenario import Scenario
from sim.simulation import Run, Simulation
from sim.styles import STYLES

SMALL = (
    "population.people=40",
    "population.founders=0.5",
    "turnover.awareness=0.1 per month",
    "turnover.leave_early=0.1 per month",
    "effort.contributions=6 per month",
    "effort.effort_cost=-1",
    "gate.review_capacity=8 per month",
    "money.seed_money=8",
    "money.pay_purse=3 per month",
    "money.wage=0.2 per month",
    "money.tools_cost=4 per month",
    "world.worth=12",
    "money.award_share=0.5 per month",
    "time.steps=10",
    "time.review=3",
    "world.ring=150",
    "world.pool=6",
    "search.expert_sample=8",
)


def digest(run: Run) -> str:
    """Returns a SHA-256 over the bits of everything that a run left behind."""
    arrays = [run.companies, run.drive, *run.state.arrays(), run.log]
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


def jobs() -> dict[str, Scenario]:
    """Returns the scenarios to run, by a name."""
    worlds = {f"scenario {name}": load(name, SMALL) for name in shipped()}
    market = change(
        load("open_source", SMALL),
        companies=[{"name": "Ours"}, {"name": "Theirs", "style": "commons"}],
        world={"rivalry": 0.5},
        ties={"kind": "preferential"},
        events=[
            {"at": 1, "kind": "new_vision", "size": 0.4, "company": "Ours"},
            {"at": 4, "kind": "newcomers", "size": 0.5, "company": "Ours"},
            {"at": 6, "kind": "loss_of_core", "size": 0.3},
            {"at": 6, "kind": "pay_withdrawal", "lasts": 2},
            {"at": 8, "kind": "new_vision", "size": -0.3},
            {"at": 9, "kind": "loss_of_audience", "size": 0.2},
            {"at": 9, "kind": "new_style", "style": "contest", "company": "Theirs"},
        ],
    )
    return worlds | {f"style {name}": change(market, style=name) for name in STYLES}


def main(order: str, style: str) -> None:
    """Runs everything, first to last or last to first."""
    plug_in(style, STYLES)
    todo = jobs()
    names = list(todo) if order == "forward" else list(todo)[::-1]
    found = {}
    for name in names:
        simulation = Simulation(todo[name], seed=7, events=True)
        simulation.advance()
        found[name] = digest(simulation.result())
    print(json.dumps({"interpreted": INTERPRETED, "digests": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
