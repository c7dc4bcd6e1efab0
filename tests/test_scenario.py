"""Every parameter is declared with what the reference and the checks need."""

import math

import numpy as np
import pytest

from sim.quantity import DAYS, Rate, Span
from sim.reading import LISTS, TABLES, change, load, shipped
from sim.scenario import RULES, Scenario, constants

EVERY = {
    f"{table}.{name}": (kind, about)
    for table, section in {**TABLES, **LISTS}.items()
    for name, (kind, about) in section.parameters().items()
}
DEFAULTS = Scenario("default")


def default(path):
    table, name = path.split(".")
    kind = {**TABLES, **LISTS}[table]
    return getattr(kind(), name) if table not in ("events",) else None


@pytest.mark.parametrize("path", EVERY)
def test_parameter__says_what_it_is(path):
    kind, about = EVERY[path]
    assert about.unit
    assert about.meaning
    assert about.meaning[0].islower()
    assert about.source
    assert about.low <= about.high
    assert (kind is Rate) == (about.each_step in ("share", "flow", "walk")), "a rate says how"
    assert (kind is Rate) == ("per time" in about.unit)


@pytest.mark.parametrize("path", [path for path in EVERY if not path.startswith("events.")])
def test_parameter__has_a_default_within_its_range(path):
    kind, about = EVERY[path]
    value = default(path)
    if isinstance(value, str | dict):
        return
    assert isinstance(value, kind)
    assert about.low <= value <= about.high


def test_parameters__of_the_rules_have_names_of_their_own():
    """They all go into one record, where a second one would silently replace the first."""
    names = [name for section in RULES.values() for name in section.parameters()]
    assert len(names) == len(set(names))
    added = {"months", "month", "three_months", "year"}
    added |= {"modular", "expert_pace", "prize_purse", "staff_cost"}
    assert not added & set(names)
    assert set(constants(DEFAULTS).dtype.names) == {*names, *added}


@pytest.mark.parametrize("step", ["1 day", "1 week", "1 month", "90 days"])
def test_constants__are_converted_to_the_step(step):
    par = constants(change(DEFAULTS, time={"step": step}))[0]
    days = float(Span(step))
    for section, kind in RULES.items():
        for name, (_, about) in kind.parameters().items():
            value = getattr(getattr(DEFAULTS, section), name)
            if isinstance(value, Rate) and name not in ("expert_problems", "prize"):
                unit = DAYS[value.text.split()[-1]]
                expected = {
                    "share": 1 - math.exp(-value * days),
                    "flow": value * days,
                    "walk": value * unit * math.sqrt(days / unit),
                }[about.each_step]
                assert par[name] == pytest.approx(expected, rel=1e-9), name
            elif isinstance(value, int | float) and not isinstance(value, Rate | Span):
                assert par[name] == value, name
    month = DAYS["month"]
    assert par["months"] == pytest.approx(days / month)
    assert par["month"] == max(1, round(month / days))
    assert par["year"] == max(1, round(12 * month / days))
    assert par["expert_problems"] * par["expert_pace"] == pytest.approx(6 * days / month)
    assert 0 <= par["expert_pace"] <= 1
    assert par["prize_purse"] == pytest.approx(30 * days / month)
    assert par["prize"] == pytest.approx(30)
    assert par["modular"] == pytest.approx(math.exp(-0.3))
    assert par["staff_cost"] == pytest.approx(2 * 10 * days / month)


def test_constants__have_the_same_type_in_every_scenario():
    """Whatever the values, so that the core is compiled once."""
    types = {str(constants(load(name)).dtype) for name in shipped()}
    types.add(str(constants(DEFAULTS).dtype))
    types.add(str(constants(change(DEFAULTS, search={"expert_problems": "0 per day"})).dtype))
    assert len(types) == 1


def test_defaults__are_those_of_the_sources():
    population, learning = DEFAULTS.population, DEFAULTS.learning
    types = (population.conditional, population.free_riders, population.triangle)
    assert types == (0.55, 0.229, 0.121)
    slopes = (population.conditional_slope, population.triangle_slope, population.other_slope)
    assert slopes == (0.74, 0.06, 0.11)
    assert learning.belief_gain.share(1.0 * DAYS["month"]) == pytest.approx(0.415, abs=5e-4)
    assert DEFAULTS.effort.crowding == 0.65
    assert DEFAULTS.turnover.award_gain == 0.37
    assert sum(DEFAULTS.motives.values()) == pytest.approx(1)


@pytest.mark.parametrize("name", shipped())
def test_shipped_scenario__says_where_it_comes_from(name):
    world = load(name)
    assert world.title
    assert world.about
    assert world.source
    assert np.isclose(sum(world.motives.values()), 1)


def test_scenarios__are_shipped():
    assert len(shipped()) > 0
