"""Contributions and what becomes of them, worked out by hand."""

import math

import pytest

from sim.core.motives import MOTIVES
from sim.metrics import METRICS


def test_contributions__are_counted_a_month(blank) -> None:
    run = blank(steps=2, names="AB", time={"step": "0.5 months"})
    run.companies["submitted"][:] = [[99, 99], [3, 0], [1, 2]]
    assert METRICS["contributions"](run) == 6


def test_acceptance__is_of_all_decisions_not_the_mean_of_steps(blank) -> None:
    run = blank(steps=3)
    run.companies["accepted"][1:, 0] = [1, 0, 8]
    run.companies["rejected"][1:, 0] = [3, 0, 0]
    run.companies["waiting"][1:, 0] = 100
    assert METRICS["acceptance"](run) == pytest.approx(9 / 12)
    assert math.isnan(METRICS["acceptance"](blank()))


def test_first_acceptance__leaves_out_who_waits(blank) -> None:
    run = blank(n_people=5)
    assert math.isnan(METRICS["first_acceptance"](run))
    run.state.people["welcomed"] = [1, 0, -1, 1, -1]
    assert METRICS["first_acceptance"](run) == pytest.approx(2 / 3)


def test_first_acceptance__of_one_company_of_several_is_not_known(blank) -> None:
    run = blank(n_people=2, names="AB")
    run.state.people["welcomed"] = [1, 0]
    run.state.people["company"] = [0, 1]
    assert METRICS["first_acceptance"](run) == 0.5
    assert math.isnan(METRICS["first_acceptance"](run.of("A")))


def test_backlog__is_a_level(blank) -> None:
    run = blank(steps=14)
    run.companies["waiting"][:, 0] = [50, 50, 50, *range(12)]
    assert METRICS["backlog"](run) == 5.5


def test_intrinsic_share__is_the_part_of_all_motives_but_money(blank) -> None:
    run = blank(steps=2, names="AB")
    assert math.isnan(METRICS["intrinsic_share"](run))
    money, fun = list(MOTIVES).index("money"), list(MOTIVES).index("fun")
    run.drive[0] = 99
    run.drive[1:, :, money] = [[1, 2], [1, 0]]
    run.drive[1:, :, fun] = [[2, 0], [4, 6]]
    assert METRICS["intrinsic_share"](run) == pytest.approx(12 / 16)
    assert METRICS["intrinsic_share"](run.of("A")) == pytest.approx(6 / 8)


@pytest.mark.parametrize("name", ["trust", "belief", "crowding", "effort"])
def test_minds__are_means_over_members(blank, name) -> None:
    run = blank(steps=2, names="AB")
    run.companies[name][1:] = [[0.2, 0.6], [0.9, 0.9]]
    assert math.isnan(METRICS[name](run))
    run.companies["members"][1:] = [[1, 3], [0, 0]]
    assert METRICS[name](run) == pytest.approx(0.5)
    assert METRICS[name](run.of("A")) == pytest.approx(0.2)
