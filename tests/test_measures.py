"""What is counted: hand-worked cases, and what must not change a value."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import measures
from sim.errors import UserError

counts_of_people = st.lists(st.integers(0, 10_000), min_size=1, max_size=40)


# Gini


@pytest.mark.parametrize(
    ("counts", "value"),
    [
        ([2, 2, 2, 2, 2], 0),
        ([1, 2, 3], 2 / 9),
        ([1, 2, 3, 4, 5], 4 / 15),
        ([0, 0, 0, 10], 0.75),
        ([5], 0),
        ([0, 0, 0], 0),
        ([6, 2], 0.25),
    ],
)
def test_q16_gini__is_as_worked_out_by_hand(counts, value):
    assert measures.gini(counts) == pytest.approx(value, abs=1e-12)


def test_q16_gini__of_nobody_is_not_a_number():
    assert math.isnan(measures.gini([]))


def test_q16_gini__refuses_negative_counts():
    with pytest.raises(UserError, match="-5"):
        measures.gini([-5, 0, 10])


def test_q16_gini__of_narrow_integers_is_exact():
    counts = np.full(1_000_000, 3_000_000, dtype=np.int32)
    assert measures.gini(counts) == 0
    assert measures.total(counts) == 3_000_000_000_000


@given(counts_of_people, st.floats(1e-6, 1e6), st.randoms(use_true_random=False))
def test_q16_gini__depends_neither_on_order_nor_on_scale(counts, factor, random):
    value = measures.gini(counts)
    shuffled = random.sample(counts, len(counts))
    assert 0 <= value < 1
    assert measures.gini(np.array(shuffled) * factor) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("counts", [["3", "4"], [[1, 2], [3, 4]], [1, math.nan], [math.inf], 3])
def test_counts__that_are_not_numbers_of_people_are_refused(counts):
    with pytest.raises(UserError, match="Counts must be"):
        measures.gini(counts)


# Shares and numbers of people


def test_top_share__rounds_the_number_of_people_up():
    counts = [10, *[1] * 99]
    assert measures.top_share(counts) == 10 / 109
    assert measures.top_share([*counts, 1]) == 11 / 110  # 1.01 people are 2
    assert measures.top_share(counts, 0.07) == 16 / 109  # 0.07 * 100 is a little above 7
    assert measures.top_share(counts, 1) == 1


def test_top_share__of_nothing_is_not_a_number():
    assert math.isnan(measures.top_share([0, 0]))
    assert math.isnan(measures.top_share([]))


@pytest.mark.parametrize("share", [0, -0.1, 1.1, math.nan])
def test_top_share__refuses_what_is_no_share(share):
    with pytest.raises(UserError, match="must lie in"):
        measures.top_share([1, 2], share)


@pytest.mark.parametrize(
    ("counts", "people"), [([5, 5], 1), ([1, 1, 1], 2), ([1, 4, 5], 1), ([], 0), ([0], 0)]
)
def test_truck_factor__is_the_least_number_with_half_of_all(counts, people):
    assert measures.truck_factor(counts) == people


@given(counts_of_people)
def test_truck_factor__people_have_half_and_one_fewer_has_not(counts):
    people = measures.truck_factor(counts)
    ordered = sorted(counts, reverse=True)
    assert 2 * sum(ordered[:people]) >= sum(counts)
    assert people == 0 or 2 * sum(ordered[: people - 1]) < sum(counts)


def test_yearly_truck_factor__is_the_median_of_the_years():
    time, person = [0, 1, 12, 13, 14, 24], [7, 8, 1, 2, 3, 1]
    assert measures.yearly_truck_factor(time, person, month=1) == 1  # 1, 2 and 1
    assert math.isnan(measures.yearly_truck_factor([], []))


def test_one_event_share__counts_contributors_only():
    assert measures.one_event_share([1, 1, 2, 5, 0, 0]) == 0.5
    assert math.isnan(measures.one_event_share([0, 0]))


# Retention


def test_retention__is_that_of_kaplan_and_meier():
    # Lives of 0, 1, 2 and 5 months; the last two contributed lately and may come again.
    first, last, end = [0, 0, 7, 4], [0, 1, 9, 9], 10
    assert measures.retention(first, last, end, 1, month=1) == 3 / 4
    assert measures.retention(first, last, end, 2, month=1) == 3 / 4 * 2 / 3
    assert measures.retention(first, last, end, 5, month=1) == 3 / 4 * 2 / 3


def test_retention__of_days_and_weeks_agrees():
    rng = np.random.default_rng(1)
    first = 7 * rng.integers(0, 100, 500)
    last = np.minimum(first + 7 * rng.geometric(0.1, 500), 7 * 130)
    in_days = measures.retention(first, last, 7 * 131, 3)
    in_weeks = measures.retention(
        first // 7, last // 7, 131, 3, month=measures.DAYS_IN_MONTH / 7, recent=90 / 7
    )
    assert in_weeks == in_days


def test_retention__counts_the_last_ninety_days_as_undecided():
    assert measures.retention([0, 0], [0, 909], 1000, 30) == 0
    assert measures.retention([0, 0], [0, 910], 1000, 30) == 0.5


def test_retention__is_unknown_where_nobody_was_watched_so_long():
    assert math.isnan(measures.retention([], [], 10, 1, month=1))
    assert math.isnan(measures.retention([0, 3], [2, 4], 10, 12, month=1))


@pytest.mark.parametrize(
    ("first", "last", "month"), [([1], [0], 1), ([0], [10], 1), ([0, 1], [2], 1), ([0], [1], 0.2)]
)
def test_retention__refuses_times_that_cannot_be(first, last, month):
    with pytest.raises(UserError):
        measures.retention(first, last, 10, 1, month=month)


def test_return_share__counts_silences_that_ended():
    # Person 0 is away once and returns; person 1 is away at the end; person 2 is still here.
    time, person = [0, 0, 89, 179, 299, 299], [0, 1, 0, 0, 0, 2]
    assert measures.return_share(time, person, 300) == 2 / 3
    assert math.isnan(measures.return_share([], [], 300))


# Months and years


def test_monthly_actives__counts_each_person_once_a_month():
    time, person = [0, 1, 29, 31, 31, 95], [4, 4, 2, 4, 9, 1]
    assert measures.monthly_actives(time, person, 100).tolist() == [2, 2, 0]
    assert measures.monthly_actives(time, person, 130).tolist() == [2, 2, 0, 1]


def test_monthly_arrivals__start_at_the_start():
    assert measures.monthly_arrivals([10, 11, 12, 14], 14, start=10, month=2).tolist() == [2, 1]


def test_newcomer_share__is_arrivals_over_actives():
    assert measures.newcomer_share([2, 0, 2], [1, 0, 0]) == 0.25
    assert math.isnan(measures.newcomer_share([0], [0]))


def test_months__shorter_than_a_step_are_refused():
    with pytest.raises(UserError, match="Steps of 2 months"):
        measures.monthly_actives([0, 1], [0, 0], 10, month=0.5)


def test_core_turnover__is_the_share_of_the_core_that_is_lost():
    # Year 0: 8 of 10 by person 0. Year 1: 5 and 4 of 10 by persons 1 and 0.
    person = [0] * 8 + [1, 2] + [1] * 5 + [0] * 4 + [2]
    time = [3] * 10 + [15] * 10
    assert measures.core_turnover(time, person, month=1) == 0
    assert measures.core_turnover([27 - t for t in time], person, month=1) == 0.5
    assert math.isnan(measures.core_turnover([1, 2], [0, 1], month=1))


def test_core_turnover__does_not_depend_on_numbering():
    time, person = [0, 0, 0, 12, 12, 12], np.array([0, 1, 2, 2, 3, 4])
    value = measures.core_turnover(time, person, month=1, share=0.3)
    assert value == pytest.approx(1 - 1 / 9)  # one of three each year, the same by chance
    assert measures.core_turnover(time, 4 - person, month=1, share=0.3) == value


@pytest.mark.parametrize(("sigma", "low", "high"), [(0.5, 0.4, 0.6), (1.0, 0.8, 1.05)])
def test_activity_sigma__finds_the_spread_people_were_drawn_with(sigma, low, high):
    # Seed fixed; over seeds the estimate has a standard error of about .03.
    rng = np.random.default_rng(3)
    rates = 3 * np.exp(rng.normal(0, sigma, 1500))
    made = rng.poisson(rates, (6, 1500))
    month, person = np.indices(made.shape).reshape(2, -1)
    found = measures.activity_sigma(
        np.repeat(month, made.ravel()), np.repeat(person, made.ravel()), month=1
    )
    assert low < found < high


def test_activity_sigma__of_nothing_is_not_a_number():
    assert math.isnan(measures.activity_sigma([], []))


# Acceptance


def test_acceptance__follows_each_person_through_time():
    person = [5, 9, 5, 9, 5, 5]
    accepted = [True, False, True, True, False, True]
    assert measures.acceptance(person, accepted) == 4 / 6
    assert measures.first_acceptance(person, accepted) == 1 / 2
    assert measures.acceptance(person, accepted, already=2) == 1 / 2
    assert math.isnan(measures.acceptance(person, accepted, already=9))
    assert math.isnan(measures.first_acceptance([], []))
    assert math.isnan(measures.acceptance([], []))
