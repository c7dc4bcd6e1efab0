"""A small world whose every number a test can set."""

from dataclasses import fields

import numpy as np
import pytest

from sim import Levers, Simulation, Style
from sim.core.draws import draw_all
from sim.core.state import State
from sim.reading import change
from sim.scenario import Scenario

SMALL = {
    "population": {"people": 200, "founders": 1.0},
    "world": {"ring": 100, "pool": 3, "problems": 3, "largest_step": 12},
    "search": {"expert_sample": 3},
    "ties": {"kind": "none"},
    "effort": {"audience_appeal": 2.4, "effort_cost": -0.8},  # few people are hardly an audience
}


def lasting(levers):
    """A style that never moves from these levers."""

    class Lasting(Style):
        pass

    Lasting.levers = levers
    return Lasting


@pytest.fixture
def begin():
    """Returns begin(*levers, seed=1, **tables): a small world with one company for each levers."""

    def begin(*levers, seed=1, **tables):
        levers = levers or (Levers(),)
        companies = [{"name": f"company {n}"} for n in range(len(levers))]
        tables = {name: SMALL.get(name, {}) | tables.get(name, {}) for name in SMALL} | {
            name: values for name, values in tables.items() if name not in SMALL
        }
        tables.setdefault("companies", companies)
        eco = Simulation(change(Scenario("small"), **tables), lasting(levers[0]), seed=seed)
        eco.styles = [lasting(each)() for each in levers]
        eco.asked = list(levers)
        return eco

    return begin


@pytest.fixture
def one_step():
    """Returns one_step(eco): the state before and after its next step."""

    def one_step(eco):
        before = State(**{f.name: getattr(eco.state, f.name).copy() for f in fields(State)})
        eco.advance(1)
        return before, eco.state

    return one_step


@pytest.fixture
def dice():
    """Returns dice(eco, stream, j=0, t=None): draw j of each person in the step that was last."""

    def dice(eco, stream, j=0, t=None):
        out = np.empty(len(eco.state.people))
        draw_all(eco.key, int(stream), eco.step if t is None else t, j, out)
        return out

    return dice
