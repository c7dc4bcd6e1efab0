import copy
import math

import pytest

from sim.quantity import DAYS, Rate, Span

DAY, WEEK, MONTH = 1.0, 7.0, 365.25 / 12


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1 day", 1),
        ("2 weeks", 14),
        ("1 month", MONTH),
        ("1 year", 365.25),
        (" 1.5 Months ", 1.5 * MONTH),
    ],
)
def test_span__is_a_number_of_days(text, days):
    assert Span(text) == pytest.approx(days)


def test_span__counts_in_whole_steps_and_at_least_one():
    assert Span("3 months").steps(Span("1 month")) == 3
    assert Span("3 months").steps(Span("1 week")) == 13
    assert Span("1 day").steps(Span("1 month")) == 1


def test_q20_rate__becomes_the_chance_of_a_step():
    leave = Rate("0.5 per week")
    assert leave.share(DAY) == pytest.approx(0.068937, abs=5e-7)
    assert leave.share(WEEK) == pytest.approx(0.393469, abs=5e-7)
    assert (1 - leave.share(DAY)) ** 7 == pytest.approx(1 - leave.share(WEEK), rel=1e-14)


def test_rate__share_is_exact_to_the_last_bit():
    """math.expm1 of this machine agrees to the last bits; ours is the same on every machine."""
    for x in (1e-12, 1e-3, 0.1, 1.0, 5.0, 40.0):
        rate = Rate(f"{x} per day")
        assert rate.share(1.0) == pytest.approx(-math.expm1(-x), rel=1e-15)
    assert Rate("0 per day").share(1.0) == 0
    assert Rate("1e9 per day").share(366.0) == 1
    assert Rate("0.105 per month").share(MONTH) == 0.09967547741373438


def test_rate__flow_is_in_proportion_to_the_step():
    assert Rate("3 per month").flow(MONTH) == pytest.approx(3)
    assert Rate("7 per week").flow(DAY) == pytest.approx(1)


def test_rate__walk_adds_variances():
    drift = Rate("0.01 per month")
    assert drift.walk(MONTH) == pytest.approx(0.01)
    assert drift.walk(MONTH / 4) == pytest.approx(0.005)
    assert math.sqrt(30) * drift.walk(DAY) == pytest.approx(drift.walk(30.0))


@pytest.mark.parametrize("quantity", [Rate("0.5 per week"), Span("3 months")])
def test_quantity__is_written_as_it_was_read(quantity):
    assert repr(quantity) == quantity.text
    twin = copy.deepcopy(quantity)
    assert (twin, twin.text, type(twin)) == (quantity, quantity.text, type(quantity))


@pytest.mark.parametrize(
    "text",
    ["0.5", "per week", "x per week", "nan per week", "inf per day", "0.5 per", "0.5 per wek", ""],
)
def test_q20_rate__without_number_or_unit_is_an_error(text):
    with pytest.raises(ValueError, match=r"rate with its unit|unit of time"):
        Rate(text)


@pytest.mark.parametrize("text", ["1", "month", "x months", "nan days", "1 mnth", "", "1e999 days"])
def test_span__without_number_or_unit_is_an_error(text):
    with pytest.raises(ValueError, match=r"span of time|unit of time"):
        Span(text)


def test_unit__nearest_is_named():
    with pytest.raises(ValueError, match="did you mean 'week'"):
        Rate("0.5 per wek")


def test_days__of_every_unit():
    assert pytest.approx({"day": DAY, "week": WEEK, "month": MONTH, "year": 12 * MONTH}) == DAYS
