"""What is counted in a community: plain functions on arrays, for runs and for real logs alike.

Time is a number in any unit, days for real logs, steps for runs; whoever calls says how long a
month is in that unit. `end` is the moment after the last one observed. What cannot be known,
because nobody is there or too little time has passed, is NaN.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sim.errors import UserError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DAYS_IN_MONTH = 30.4375
"""Mean length of a month [days]: a quarter of the 1,461 days of four years, over twelve."""

SILENT_DAYS = 90
"""Who has been silent for so long counts as gone [days]."""

ROUNDING = 1e-9
"""So much may be lost where decimals such as 0.07 are multiplied."""


# How unequal: each takes the contributions of each person, shape (person,), >= 0


def total(counts: npt.ArrayLike) -> float:
    """Add up all contributions; exact below 2**53, however narrow the type of the counts."""
    return float(counted(counts).sum())


def gini(counts: npt.ArrayLike) -> float:
    """Measure inequality from 0, all the same, towards 1, one person makes everything.

    The population formula, without the factor n/(n-1). If nobody contributed all are the same: 0.
    NaN without people. Source: Gini (1912).
    """
    values = counted(counts)
    values.sort()
    n = values.size
    if n == 0:
        return math.nan
    if values[-1] == 0:
        return 0.0
    # The ranks add up to 0, so the least count may be taken off: equal counts give 0 exactly.
    shares = values / values[-1]
    ranks = np.arange(1 - n, n, 2, dtype=np.float64)
    return float(ranks @ (shares - shares[0]) / (n * shares.sum()))


def top_share(counts: npt.ArrayLike, share: float = 0.01) -> float:
    """Share of all contributions that the most active `share` of the people made.

    The number of people is rounded up, so that there is always one. NaN without contributions.
    """
    if not 0 < share <= 1:
        raise UserError(f"The top share must lie in (0, 1], but is {share}")
    values = np.sort(counted(counts))[::-1]
    if not values.any():
        return math.nan
    return float(values[: math.ceil(share * values.size - ROUNDING)].sum() / values.sum())


def truck_factor(counts: npt.ArrayLike) -> int:
    """Least number of people who made half of all contributions; 0 without contributions.

    After Avelino et al. (2016), who count authors of files; we count contributions.
    """
    values = np.sort(counted(counts))[::-1]
    if not values.any():
        return 0
    made = np.cumsum(values)
    return int(np.searchsorted(2 * made, made[-1])) + 1


def yearly_truck_factor(
    time: npt.ArrayLike,
    person: npt.ArrayLike,
    *,
    start: float = 0.0,
    month: float = DAYS_IN_MONTH,
) -> float:
    """Median truck factor of the years, an incomplete last one included; NaN without any.

    `time` and `person` (numbers): shape (contribution,). Years without contributions count 0.
    """
    person = np.asarray(person, np.int64)
    year = _month_of(time, start, 12 * month)
    factors = [truck_factor(np.bincount(person[year == y])) for y in range(_length(year))]
    return float(np.median(factors)) if factors else math.nan


def activity_sigma(
    time: npt.ArrayLike,
    person: npt.ArrayLike,
    *,
    start: float = 0.0,
    month: float = DAYS_IN_MONTH,
) -> float:
    """Spread of people's monthly rates of contribution: sigma of a lognormal.

    By maximum likelihood: each person has one rate, the number in a month is Poisson, and months
    without a contribution are not seen, as one cannot tell an idle member from one who left. On
    drawn people with sigma .5, 1 and 1.5 it finds about .5, .9 and 1.2, as those of low rates are
    missing; bursts of activity count as spread. NaN without contributions.
    """
    from scipy.optimize import minimize

    _, people, made = _months_of_people(_month_of(time, start, month), person)
    if people.size == 0:
        return math.nan
    _, place = np.unique(people, return_inverse=True)
    totals = np.column_stack([np.bincount(place, weights=made), np.bincount(place)])
    kinds, n = np.unique(totals, axis=0, return_counts=True)

    log_rate = np.arange(-10, 10, 0.01)
    rate = np.exp(log_rate)
    log_seen = rate + np.log(-np.expm1(-rate))  # of exp(rate) - 1
    chance = kinds[:, :1] * log_rate - kinds[:, 1:] * log_seen
    chance = np.exp(chance - chance.max(axis=1, keepdims=True))

    def loss(parameters: FloatArray) -> float:
        spread = np.exp(-0.5 * ((log_rate - parameters[0]) / math.exp(parameters[1])) ** 2)
        seen = chance @ spread / max(float(spread.sum()), 1e-300)
        return -float(n @ np.log(np.maximum(seen, 1e-300)))

    best = minimize(loss, np.zeros(2), method="Nelder-Mead")
    return math.exp(best.x[1])


def one_event_share(counts: npt.ArrayLike) -> float:
    """Share of the contributors who contributed exactly once; NaN without contributors."""
    values = counted(counts)
    contributors = np.count_nonzero(values)
    return float(np.count_nonzero(values == 1) / contributors) if contributors else math.nan


# Who comes, stays, goes and returns


def retention(
    first: npt.ArrayLike,
    last: npt.ArrayLike,
    end: float,
    months: float,
    *,
    month: float = DAYS_IN_MONTH,
    recent: float | None = None,
) -> float:
    """Share of people whose last contribution is at least `months` after their first.

    `first`, `last`: shape (person,), whole days or steps; `month` and `recent` in the same unit.
    Who contributed in the last `recent` (90 days unless given) may come again and is censored.
    Months are rounded down to whole days or steps. NaN without people, and if nobody has been
    observed for so long. Source: Kaplan & Meier (1958).
    """
    first, last = np.asarray(first, np.float64), np.asarray(last, np.float64)
    if first.shape != last.shape or first.ndim != 1:
        raise UserError(
            "Retention needs the first and the last time of each person, two lists of one length, "
            f"but got the shapes {first.shape} and {last.shape}"
        )
    if np.any(last < first) or np.any(last >= end):
        raise UserError("Retention needs first <= last < end for each person")
    horizon = math.floor(months * month + ROUNDING)
    if horizon < 1:
        raise UserError(f"Steps longer than {months:g} months cannot tell who stays so long")
    if first.size == 0 or end - first.min() <= horizon:
        return math.nan
    if recent is None:
        recent = round(SILENT_DAYS / DAYS_IN_MONTH * month)

    life = np.sort(last - first)
    gone = (last - first)[end - last > recent]
    when, leaving = np.unique(gone[gone < horizon], return_counts=True)
    at_risk = life.size - np.searchsorted(life, when)
    return float(np.prod(1 - leaving / at_risk))


def monthly_actives(
    time: npt.ArrayLike,
    person: npt.ArrayLike,
    end: float,
    *,
    start: float = 0.0,
    month: float = DAYS_IN_MONTH,
) -> IntArray:
    """Count the people who contribute in each whole month, shape (month,).

    `time` and `person` (numbers): shape (contribution,). Months are counted from `start`; an
    incomplete last one is left out.
    """
    months, _, _ = _months_of_people(_month_of(time, start, month), person)
    return _histogram(months, whole_months(start, end, month))


def monthly_arrivals(
    first: npt.ArrayLike, end: float, *, start: float = 0.0, month: float = DAYS_IN_MONTH
) -> IntArray:
    """Count the people who contribute for the first time in each whole month, shape (month,).

    `first`: shape (person,).
    """
    return _histogram(_month_of(first, start, month), whole_months(start, end, month))


def newcomer_share(actives: npt.ArrayLike, arrivals: npt.ArrayLike) -> float:
    """Share of all monthly actives who are there for the first time; both of shape (month,)."""
    active = float(np.sum(actives))
    return float(np.sum(arrivals)) / active if active else math.nan


def return_share(
    time: npt.ArrayLike, person: npt.ArrayLike, end: float, *, silence: float = SILENT_DAYS
) -> float:
    """Share of departures, silences of at least `silence`, that ended with a return.

    NaN if nobody ever was silent for so long.
    """
    time, person = np.asarray(time, np.float64), np.asarray(person, np.int64)
    order = np.lexsort((time, person))
    time, person = time[order], person[order]
    same = person[1:] == person[:-1]
    returns = np.count_nonzero(same & (np.diff(time) >= silence))
    final = np.append(~same, True)[: time.size]
    away = np.count_nonzero(end - time[final] >= silence)
    return float(returns / (returns + away)) if returns + away else math.nan


def core_turnover(
    time: npt.ArrayLike,
    person: npt.ArrayLike,
    *,
    start: float = 0.0,
    month: float = DAYS_IN_MONTH,
    share: float = 0.8,
) -> float:
    """Mean share of one year's core who are not in the next year's.

    The core are the fewest people who make `share` of a year's contributions; of equals at its
    edge each belongs to it with the same chance. Years without contributions have no core. NaN
    with less than two years.
    """
    person = np.asarray(person, np.int64)
    year = _month_of(time, start, 12 * month)
    made = [np.bincount(person[year == y], minlength=_length(person)) for y in range(_length(year))]
    cores = [_core(counts, share) for counts in made]
    lost = [
        float(before @ (1 - after) / before.sum())
        for before, after in pairwise(cores)
        if before.any()
    ]
    return float(np.mean(lost)) if lost else math.nan


# Acceptance: each takes one entry a decided proposal, in order of time


def acceptance(person: npt.ArrayLike, accepted: npt.ArrayLike, *, already: int = 0) -> float:
    """Share accepted of the proposals by people who had `already` or more accepted before.

    `person` (numbers), `accepted` (true or false): shape (proposal,). NaN without proposals.
    """
    accepted = np.asarray(accepted, bool)
    experienced = accepted[_rank(person, accepted) >= already]
    return float(experienced.mean()) if experienced.size else math.nan


def first_acceptance(person: npt.ArrayLike, accepted: npt.ArrayLike) -> float:
    """Share of people whose first proposal was accepted; NaN without proposals."""
    _, first = np.unique(np.asarray(person, np.int64), return_index=True)
    accepted = np.asarray(accepted, bool)
    return float(accepted[first].mean()) if first.size else math.nan


# Shared pieces


def whole_months(start: float, end: float, month: float = DAYS_IN_MONTH) -> int:
    """Number of complete months from start to end, all in one unit."""
    return max(0, math.floor((end - start) / month + ROUNDING))


def _month_of(time: npt.ArrayLike, start: float, month: float) -> IntArray:
    """Number of the month, counted from 0, in which each time lies."""
    if month < 1 - ROUNDING:
        raise UserError(f"Steps of {1 / month:g} months are too long to count anything by month")
    return np.floor((np.asarray(time, np.float64) - start) / month + ROUNDING).astype(np.int64)


def _length(index: IntArray) -> int:
    """Number of months or years up to the last one in which anything happened."""
    return int(index.max(initial=-1)) + 1


def _months_of_people(
    months: IntArray, person: npt.ArrayLike
) -> tuple[IntArray, IntArray, IntArray]:
    """Month, person and number of contributions, one entry for each month of each person."""
    person = np.asarray(person, np.int64)
    width = _length(person) or 1
    key, made = np.unique(months * width + person, return_counts=True)
    return key // width, key % width, made


def _histogram(index: IntArray, months: int) -> IntArray:
    """Count how often each month occurs; others are left out."""
    return np.bincount(index[(index >= 0) & (index < months)], minlength=months).astype(np.int64)


def _core(counts: IntArray, share: float) -> FloatArray:
    """Chance of each person to be among the fewest who make the share of the contributions."""
    ordered = np.sort(counts)[::-1]
    done = np.cumsum(ordered)
    if not ordered.any():
        return np.zeros(counts.size)
    size = int(np.searchsorted(done, share * done[-1] - ROUNDING)) + 1
    above, equal = counts > ordered[size - 1], counts == ordered[size - 1]
    chance: FloatArray = above + equal * ((size - above.sum()) / equal.sum())
    return chance


def _rank(person: npt.ArrayLike, accepted: npt.NDArray[np.bool_]) -> IntArray:
    """Number of accepted proposals of the same person before each proposal."""
    people, person = np.unique(np.asarray(person, np.int64), return_inverse=True)
    order = np.argsort(person, kind="stable")
    before: IntArray = np.cumsum(accepted[order]) - accepted[order]
    first = np.searchsorted(person[order], np.arange(people.size))
    rank = np.empty(person.size, np.int64)
    rank[order] = before - before[first][person[order]] if person.size else 0
    return rank


def counted(counts: npt.ArrayLike) -> FloatArray:
    """Check counts and make them wide enough to be added up."""
    values = np.asarray(counts)
    if values.ndim != 1 or (values.size and values.dtype.kind not in "biuf"):
        raise UserError(
            "Counts must be one number a person, "
            f"but are an array of shape {values.shape} and type {values.dtype}"
        )
    wide = values.astype(np.float64)
    if wide.size and not (wide.min() >= 0 and wide.max() < math.inf):
        bad = wide[~(np.isfinite(wide) & (wide >= 0))][0]
        raise UserError(f"Counts must be finite and not negative, but one is {bad:g}")
    return wide
