"""Values are those that the user wrote, as the user wrote them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.design.levels import read_levels, read_range
from sim.design.parameters import find
from sim.errors import UserError
from sim.scenario import Scenario

WORLD = Scenario("-")


def parameter(name):
    return find(name, WORLD, ("explorer",))


def levels(name, spec):
    return list(read_levels(parameter(name), spec))


def steps(start, end, step):
    return {"from": start, "to": end, "step": step}


def test_q23_a_range__has_the_decimals_that_the_user_wrote():
    found = levels("world.integrality", steps(0, 1, 0.1))
    assert found == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert found.count(0.3) == 1
    assert levels("world.integrality", steps(1, 1.6, 0.1)) == [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6]
    assert levels("world.integrality", steps(0.5, 1.1, 0.2)) == [0.5, 0.7, 0.9, 1.1]


@given(st.integers(0, 400), st.integers(0, 200), st.integers(1, 9), st.integers(0, 6))
def test_q23_any_range__ends_where_it_should_with_every_decimal_between(start, n, step, places):
    scale = Decimal(1).scaleb(-places)
    low, high = start * scale, (start + n * step) * scale
    cash = parameter("money.seed_money")
    found = read_levels(cash, steps(float(low), float(high), float(step * scale)))
    assert len(found) == n + 1
    wanted = [float(low + k * step * scale) for k in range(n + 1)]
    assert [found[k] for k in range(n + 1)] == wanted
    assert found[:] == wanted


def test_a_range__may_fall_and_may_be_one_value():
    assert levels("world.smoothness", steps(8, 0, -4)) == [8, 4, 0]
    assert levels("world.smoothness", steps(8, 8, 3)) == [8]
    assert all(type(value) is int for value in levels("world.smoothness", steps(0, 8, 2.0)))


def test_a_range__of_rates_and_spans_keeps_the_unit():
    drift = steps("0 per month", "0.3 per month", "0.1 per month")
    assert levels("world.drift", drift) == [
        "0 per month",
        "0.1 per month",
        "0.2 per month",
        "0.3 per month",
    ]
    weeks = steps("8 weeks", "12 weeks", "2 weeks")
    assert levels("time.step", weeks) == ["8 weeks", "10 weeks", "12 weeks"]
    assert levels("time.step", steps("1 month", "3 months", "1 month")) == [
        "1 month",
        "2 months",
        "3 months",
    ]


@pytest.mark.parametrize(
    ("name", "spec", "needles"),
    [
        ("world.integrality", steps(0, 1, 0.3), ["lead to 1", "steps of 0.3", "end at 0.9"]),
        ("world.integrality", steps(0, 1, -0.1), ["lead away"]),
        ("world.integrality", steps(0, 1, 0), ["step of 0"]),
        ("world.integrality", steps(0, 1, "0.1"), ["a number for its step", "'0.1'"]),
        ("world.integrality", steps(0, 1, float("nan")), ["a number for its step"]),
        ("world.integrality", steps(0, 11, 0.1), ["[0, 10]", "11"]),
        ("world.integrality", steps("a", 1, 0.1), ["a number", "'a'"]),
        ("world.integrality", {"from": 0, "to": 1}, ["needs step", "a range is { from = 0, "]),
        ("world.integrality", {}, ["needs from, to, step"]),
        (
            "world.integrality",
            {"start": 0, "stop": 1, "step": 0.1},
            ["a range is { from = 0, to = 1, step = 0.1 }", "start, stop"],
        ),
        ("world.integrality", {"from": 0, "stop": 1, "step": 1}, ["did you mean 'to'"]),
        ("world.integrality", steps(0, 1, 1) | {"n": 2}, ["a range is", "this has n"]),
        ("world.integrality", {"from": 0, "to": 1, "stp": 1}, ["'stp'", "did you mean 'step'"]),
        ("world.smoothness", steps(0, 1, 0.5), ["a whole number for its step"]),
        ("world.drift", steps("0 per month", "1 per year", "1 per year"), ["one unit"]),
        ("world.drift", steps("0 per month", "1 per month", "1 per year"), ["one unit"]),
        ("world.drift", steps("0 per month", "1 per month", 0.1), ["a step that is wrong"]),
        ("world.drift", steps(0, 1, 0.1), ["unit of time"]),
        ("ties.kind", steps(0, 1, 1), ["a text"]),
        ("world.integrality", [], ["one value or more"]),
        ("world.integrality", [1, 1.0], ["each value once", "1.0"]),
        ("world.drift", ["1 per day", "1.0 per days"], ["each value once"]),
        ("world.integrality", [float("inf")], ["[0, 10]", "inf"]),
        ("world.smoothness", [1, 2.5, "3", 101], ["2.5", "'3'", "[0, 100]", "101"]),
        ("lever.control", [0, 1.01], ["[0, 1]", "1.01"]),
        ("style.pace", [float("inf")], ["inf"]),
    ],
)
def test_levels__that_cannot_be_are_refused(name, spec, needles):
    with pytest.raises(UserError) as problem:
        levels(name, spec)
    for needle in needles:
        assert needle in str(problem.value)


def test_equal_rates_in_two_units__are_two_values():
    assert levels("world.drift", ["1 per month", "12 per year"]) == ["1 per month", "12 per year"]


@pytest.mark.parametrize(
    ("name", "spec", "needles"),
    [
        ("world.drift", ["0 per month", "1 per year"], ["one unit"]),
        ("world.drift", ["2 per month", "1 per month"], ["low below high"]),
        ("world.drift", [0, 1], ["unit of time"]),
        ("world.ring", [1, 20], ["[10, ", "1 "]),
        ("world.ring", [20], ["[low, high]", "among"]),
        ("world.ring", 20, ["[low, high]"]),
        ("world.ring", {"amung": [20, 30]}, ["'amung'", "did you mean 'among'"]),
        ("world.ring", {"from": 20, "to": 30}, ["[low, high], or { among = [...] }"]),
        ("world.ring", {"among": [20]}, ["two values or more"]),
        ("world.ring", {"among": [20, 20]}, ["each value once"]),
        ("ties.kind", ["none"], ["two values or more"]),
    ],
)
def test_range__that_cannot_be_is_refused(name, spec, needles):
    with pytest.raises(UserError) as problem:
        read_range(parameter(name), spec)
    for needle in needles:
        assert needle in str(problem.value)


def drawn(name, spec, unit):
    span = read_range(parameter(name), spec)
    return [span.value(place) for place in span.places(np.array(unit))]


def test_r21_a_sampled_value__is_shown_as_itself():
    ends = [0.0, 0.5, 1.0]
    assert drawn("world.smoothness", [0, 4], ends) == [0, 2, 4]
    assert type(drawn("world.smoothness", [0, 4], ends)[1]) is int
    assert drawn("world.integrality", [0, 4], ends) == [0.0, 2.0, 4.0]
    assert drawn("world.drift", ["0 per year", "0.5 per year"], ends)[1] == "0.25 per year"
    kinds = ["none", "preferential", "small_world"]
    assert drawn("ties.kind", kinds, ends) == kinds
    assert drawn("world.pool", {"among": [12, 48, 96]}, ends) == [12, 48, 96]


@given(st.floats(0, 1))
def test_a_sampled_value__never_leaves_its_range(unit):
    assert 0.1 <= drawn("world.integrality", [0.1, 0.7], [unit])[0] <= 0.7
    assert drawn("world.smoothness", [3, 5], [unit])[0] in (3, 4, 5)


def test_whole_numbers__are_equally_likely():
    counts = np.bincount(drawn("world.smoothness", [3, 5], (np.arange(300) + 0.5) / 300))
    assert counts.tolist() == [0, 0, 0, 100, 100, 100]
