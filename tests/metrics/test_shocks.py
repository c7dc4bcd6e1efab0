"""Depth of a shock and recovery from it, worked out by hand."""

import math

import pytest

from sim.metrics import METRICS

LOSS = {"kind": "loss_of_core", "size": 0.1}
BEFORE = [990, 70, 300, 80, 90, 100, 110, 120, 100]  # the mean of the last six is 100


def outcome(run) -> tuple[float, float]:
    return METRICS["shock_depth"](run), METRICS["recovery_time"](run)


def shocked(blank, after):
    steps = len(BEFORE) + len(after) - 1
    run = blank(steps=steps, events=[{"at": len(BEFORE), **LOSS}])
    run.companies["active"][:, 0] = BEFORE + [round(10 * level) for level in after]
    return run


@pytest.mark.parametrize(
    ("after", "depth", "months"),
    [
        ([10, 11, 12], 0, 0),
        ([12, 13], 0, 0),
        ([9, 9, 10], 0.1, 0),  # never below 90 %
        ([7, 9], 0.3, 1),
        ([7, 8.9, 9], 0.3, 2),
        ([7, 8, 8, 9, 5], 0.5, 5),  # the second fall is the deeper one; not back, so 5 or more
        ([10, 10, 8, 6, 8, 10], 0.4, 5),  # a slow fall
        ([0, 0, 0], 1, 3),
        ([8] * 11 + [9, 1, 10], 0.2, 11),  # what comes after twelve months is another story
        ([8] * 20 + [9], 0.2, 20),
    ],
)
def test_shock__is_as_worked_out_by_hand(blank, after, depth, months) -> None:
    assert outcome(shocked(blank, after)) == pytest.approx((depth, months))


def test_shock__is_measured_in_months_whatever_the_step(blank) -> None:
    run = blank(steps=40, time={"step": "2 months"}, events=[{"at": 10, **LOSS}])
    run.companies["active"][:10, 0] = [99, 1, 1, 1, 1, 1, 1, 8, 10, 12]
    run.companies["active"][10:, 0] = [10, 9, 7, 8, 8, 8, 6] + [10] * 24
    assert outcome(run) == pytest.approx((0.3, 14))


def test_shock__without_one_is_not_a_number(blank) -> None:
    new_style = {"at": 9, "kind": "new_style", "style": "directive"}
    for events in ([], [new_style], [{"at": 25, **LOSS}], [{"at": 1, **LOSS}]):
        run = blank(steps=24, events=events)
        run.companies["active"] = 10
        assert all(map(math.isnan, outcome(run))), events


def test_shock__without_anybody_before_it_is_not_a_number(blank) -> None:
    run = blank(steps=24, events=[{"at": 9, **LOSS}])
    run.companies["active"][10:] = 10
    assert all(map(math.isnan, outcome(run)))


def test_shock__is_the_first_one_by_date(blank) -> None:
    events = [
        {"at": 12, **LOSS},
        {"at": 4, **LOSS},
        {"at": 2, "kind": "new_style", "style": "commons"},
    ]
    run = blank(steps=24, events=events)
    run.companies["active"][:, 0] = [10] * 4 + [6, 10, 20] + [20] * 18
    assert outcome(run) == pytest.approx((0.4, 1))


def test_shock__hits_the_company_it_names_and_the_whole(blank) -> None:
    run = blank(steps=24, names="AB", events=[{"at": 9, "company": "B", **LOSS}])
    run.companies["active"] = 10
    run.companies["active"][9, 1] = 4
    assert outcome(run) == pytest.approx((0.3, 1))
    assert outcome(run.of("B")) == pytest.approx((0.6, 1))
    assert all(map(math.isnan, outcome(run.of("A"))))
