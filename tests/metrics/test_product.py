"""The product and its users, worked out by hand."""

import math

import pytest

from sim.metrics import METRICS


@pytest.mark.parametrize("name", ["quality", "coherence", "fit"])
def test_product__counts_each_company_by_its_adopters(blank, name) -> None:
    run = blank(steps=1, names="AB")
    run.companies[name][1] = [0.2, 0.6]
    run.companies["adopters"][1] = [3, 1]
    assert METRICS[name](run) == pytest.approx(0.3)
    assert METRICS[name](run.of("B")) == 0.6


def test_coverage__is_the_mean_over_open_companies(blank) -> None:
    run = blank(steps=1, names="ABC")
    run.companies["coverage"][1] = [0.2, 0.6, 0.9]
    run.companies["open"][1] = [1, 1, 0]
    assert METRICS["coverage"](run) == pytest.approx(0.4)


def test_fit__leaves_out_steps_without_users(blank) -> None:
    run = blank(steps=4)
    run.companies["fit"][:, 0] = [0, 0, 0.5, 0.7, 0]
    assert math.isnan(METRICS["fit"](run))
    run.companies["adopters"][:, 0] = [0, 0, 1, 9, 0]
    assert METRICS["fit"](run) == pytest.approx(0.6)


def test_adoption__is_a_share_of_the_users_not_of_the_volunteers(blank) -> None:
    run = blank(n_people=10, steps=2, names="AB")
    run.companies["adopters"][1:] = [[1, 2], [2, 1]]
    run.state.people["volunteer"][:4] = 1
    assert METRICS["adoption"](run) == pytest.approx(3 / 6)
    assert METRICS["adoption"](run.of("A")) == pytest.approx(1.5 / 6)
    run.state.people["volunteer"] = 1
    assert math.isnan(METRICS["adoption"](run))
