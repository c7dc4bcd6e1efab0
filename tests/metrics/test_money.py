"""Money, worked out by hand."""

import math

import pytest

from sim.metrics import METRICS, flow, level


def test_flow__is_an_amount_a_month_without_step_0(blank) -> None:
    run = blank(steps=3, time={"step": "2 months"})
    run.companies["created"][:, 0] = [100, 1, 2, 6]
    assert flow(run, "created") == 1.5


def test_flow__adds_companies_up(blank) -> None:
    run = blank(steps=1, names="AB")
    run.companies["created"][1] = [3, 4]
    assert flow(run, "created") == 7
    assert flow(run.of("B"), "created") == 4


def test_level__is_the_mean_of_the_last_twelve_months(blank) -> None:
    run = blank(steps=8, time={"step": "2 months"})
    run.companies["active"][:, 0] = [900, 90, 9, 1, 2, 3, 4, 5, 9]
    assert level(run, "active") == 4


def test_level__leaves_out_steps_in_which_nobody_is_there(blank) -> None:
    run = blank(steps=14)
    run.companies["trust"][:, 0] = 0.5
    run.companies["trust"][-2:, 0] = 0.2, 0.4
    assert math.isnan(level(run, "trust", where="members"))
    run.companies["members"][[1, -2, -1], 0] = 7, 1, 100
    assert level(run, "trust", where="members") == pytest.approx(0.3)


@pytest.fixture
def books(blank):
    """Two companies over two steps of half a month."""
    run = blank(n_people=10, steps=2, names="AB", time={"step": "0.5 months"})
    first, second = run.companies[1:]
    first["created"], second["created"] = [40, 0], [20, 4]
    first["captured"], second["captured"] = [10, 0], [8, 2]
    first["cost"], second["cost"] = [4, 1], [6, 5]
    first["paid"], second["paid"] = [2, 0], [1, 3]
    first["shared"], second["shared"] = [3, 0], [1, 0]
    first["cash"], second["cash"] = [9, 1], [12, -2]
    second["open"] = [1, 0]
    return run


@pytest.mark.parametrize(
    ("name", "all_of_it", "of_b"),
    [
        ("value_created", 64, 4),
        ("value_captured", 20, 2),
        ("cost", 16, 6),
        ("surplus", 64 - 16, 4 - 6),
        ("profit", 20 - 16 - 4, 2 - 6),
        ("value_per_cost", 64 / 16, 4 / 6),
        ("returned_share", (6 + 4) / 64, 3 / 4),
        ("cash", (12 - 2) / 10, -2 / 10),
        ("solvent", 1 / 2, 0),
    ],
)
def test_money__is_as_worked_out_by_hand(books, name, all_of_it, of_b) -> None:
    assert METRICS[name](books) == pytest.approx(all_of_it)
    assert METRICS[name](books.of("B")) == pytest.approx(of_b)


@pytest.mark.parametrize("name", ["value_per_cost", "returned_share"])
def test_money__of_nothing_is_not_a_number(blank, name) -> None:
    assert math.isnan(METRICS[name](blank()))
