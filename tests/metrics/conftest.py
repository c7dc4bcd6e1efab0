"""Runs made by hand, of which every number is known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.core.motives import MOTIVES
from sim.core.state import COMPANY, State, records
from sim.reading import build
from sim.simulation import Run


def blank_run(n_people: int = 4, steps: int = 24, names: str = "A", **tables: Any) -> Run:
    """A run in which nothing happened, with a company for each letter of `names`."""
    table = {
        "title": "by hand",
        "population": {"people": n_people},
        "companies": [{"name": name} for name in names],
        **tables,
        "time": {"steps": steps, **tables.get("time", {})},
    }
    sizes = ("n_problems", "n_rings", "ring_length", "n_staff", "largest_step")
    state = State.empty(
        n_people=n_people,
        n_companies=len(names),
        motives=tuple(MOTIVES),
        **dict.fromkeys(sizes, 3),
    )
    for name in ("company", "first", "last", "welcomed"):
        state.people[name] = -1
    companies = records(COMPANY, (steps + 1, len(names)))
    companies["open"] = 1
    return Run(
        scenario=build(table, "by-hand.toml"),
        styles=("commons",) * len(names),
        seed=1,
        rep=0,
        steps=np.arange(steps + 1),
        companies=companies,
        drive=np.zeros((steps + 1, len(names), len(MOTIVES))),
        state=state,
        end=steps,
    )


@pytest.fixture
def blank() -> Callable[..., Run]:
    return blank_run
