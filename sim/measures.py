"""What is counted in a community: plain functions on arrays, for runs and for real logs alike.

Time is a number in any unit, days for real logs, steps for runs; whoever calls says how long a
month is in that unit. `end` is the moment after the last one observed. What cannot be known,
because nobody is there or too little time has passed, is NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DAYS_IN_MONTH = 30.4375
"""Mean length of a month [days]: a quarter of the 1,461 days of four years, over twelve."""

SILENT_DAYS = 90
"""Who has been silent for so long counts as gone [days]."""

ROUNDING = 1e-9
"""So much may be lost where decimals such as 0.07 are multiplied."""

MIN_PEOPLE = 25
"""Fewer counts do not tell one tail from another."""

MIN_TAIL = 10
"""So many people must lie in the tail, wherever it begins."""

MIN_VALUES = 3
"""So many different counts must lie in the tail."""

MAX_EXPONENT = 20.0
"""No tail of counts is as steep; a likelihood still rising there has no maximum."""


# How unequal: each takes the contributions of each person, shape (person,), >= 0


def total(counts: npt.ArrayLike) -> float:
    """Add up all contributions; exact below 2**53, however narrow the type of the counts."""
    return float(_counts(counts).sum())


def gini(counts: npt.ArrayLike) -> float:
    """Measure inequality from 0, all the same, towards 1, one person makes everything.

    The population formula, without the factor n/(n-1). If nobody contributed all are the same: 0.
    NaN without people. Source: Gini (1912).
    """
    values = np.sort(_counts(counts))
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
    values = np.sort(_counts(counts))[::-1]
    if not values.any():
        return math.nan
    return float(values[: math.ceil(share * values.size - ROUNDING)].sum() / values.sum())


def truck_factor(counts: npt.ArrayLike) -> int:
    """Least number of people who made half of all contributions; 0 without contributions.

    After Avelino et al. (2016), who count authors of files; we count contributions.
    """
    values = np.sort(_counts(counts))[::-1]
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
    values = _counts(counts)
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


# The tail of the distribution


@dataclass(frozen=True)
class Rival:
    """Another distribution of the same tail.

    `log_ratio`: log likelihood of the power law less that of the rival; negative favours the
    rival. `p`: chance of so large a difference if both fit alike. `parameters`: mu and sigma of
    the lognormal; exponent and rate of the cutoff of the truncated power law.
    """

    log_ratio: float
    p: float
    parameters: tuple[float, float]


@dataclass(frozen=True)
class Tail:
    """A power law fitted to counts: P(k) proportional to k**-exponent from `xmin` on.

    `people`: so many lie in the tail. `zeros`: so many counts of 0 were left out. `ks`: largest
    distance of the two cumulative distributions.
    """

    exponent: float
    xmin: int
    people: int
    zeros: int
    ks: float
    lognormal: Rival
    truncated: Rival

    def __str__(self) -> str:
        rivals = (("log-normal", self.lognormal), ("truncated power law", self.truncated))
        compared = "; ".join(f"{name} {_verdict(rival)}" for name, rival in rivals)
        return (
            f"exponent {self.exponent:.2f} from {self.xmin} on ({self.people} people, "
            f"{self.zeros} zeros left out); {compared}"
        )


def tail_exponent(counts: npt.ArrayLike, xmin: int | None = None) -> Tail:
    """Fit a discrete power law to counts by maximum likelihood, and compare its rivals.

    The tail begins at `xmin`; unless given, where the Kolmogorov-Smirnov distance is least. The
    log-normal is compared by Vuong's test, the truncated power law, which contains the pure one,
    by the likelihood ratio. Unsuitable counts are refused with the reason (UserError).
    Source: Clauset, Shalizi & Newman (2009).
    """
    every = _counts(counts)
    values = np.sort(every[every > 0])
    if np.any(values != np.round(values)):
        odd = values[values != np.round(values)][0]
        raise UserError(f"A tail exponent needs whole numbers (counts), but one is {odd:g}")
    if values.size < MIN_PEOPLE:
        raise UserError(
            f"A tail exponent needs at least {MIN_PEOPLE} people who contributed, "
            f"but there are {values.size}"
        )
    if xmin is not None and xmin < 1:
        raise UserError(f"The tail must begin at 1 or above, but xmin is {xmin}")

    fits = []
    for begin in np.unique(values) if xmin is None else [xmin]:
        tail = values[values >= begin]
        if tail.size < MIN_TAIL or np.unique(tail).size < MIN_VALUES:
            break
        exponent = _exponent(tail, float(begin))
        if exponent < 0.99 * MAX_EXPONENT:
            fits.append((_distance(tail, exponent, float(begin)), float(begin), exponent))
    if not fits:
        raise UserError(
            f"A tail exponent needs at least {MIN_TAIL} people and {MIN_VALUES} different counts "
            f"in the tail, and fewer people with more; these {values.size} counts "
            f"(largest {values[-1]:g}) have no such tail"
        )
    ks, begin, exponent = min(fits)
    tail = values[values >= begin]
    return Tail(
        exponent=exponent,
        xmin=int(begin),
        people=tail.size,
        zeros=every.size - values.size,
        ks=ks,
        lognormal=_compare_lognormal(tail, exponent, begin),
        truncated=_compare_truncated(tail, exponent, begin),
    )


def _exponent(tail: FloatArray, xmin: float) -> float:
    """Exponent of greatest likelihood."""
    from scipy.optimize import minimize_scalar
    from scipy.special import zeta

    mean_log = np.log(tail).mean()

    def loss(exponent: float) -> float:
        return float(np.log(zeta(exponent, xmin)) + exponent * mean_log)

    best = minimize_scalar(
        loss, bounds=(1 + 1e-6, MAX_EXPONENT), method="bounded", options={"xatol": 1e-6}
    )
    return float(best.x)


def _distance(tail: FloatArray, exponent: float, xmin: float) -> float:
    """Kolmogorov-Smirnov distance between the counts and the power law."""
    from scipy.special import zeta

    values, people = np.unique(tail, return_counts=True)
    observed = np.cumsum(people) / tail.size
    above = zeta(exponent, np.append(values, values + 1)) / zeta(exponent, xmin)
    expected_before, expected = np.split(1 - above, 2)
    before = observed - people / tail.size
    return float(
        max(np.abs(observed - expected).max(), np.abs(before - expected_before).max()),
    )


def _power_law(values: FloatArray, exponent: float, xmin: float) -> FloatArray:
    """Log probability of each value under the power law."""
    from scipy.special import zeta

    logs: FloatArray = -exponent * np.log(values) - np.log(zeta(exponent, xmin))
    return logs


def _compare_lognormal(tail: FloatArray, exponent: float, xmin: float) -> Rival:
    """Vuong's test against a lognormal whose values are rounded to whole numbers."""
    from scipy.special import log_ndtr

    values, people = np.unique(tail, return_counts=True)

    def log_chance(parameters: FloatArray) -> FloatArray:
        mu, sigma = parameters[0], math.exp(parameters[1])
        below = log_ndtr((mu - np.log(values - 0.5)) / sigma)
        above = log_ndtr((mu - np.log(values + 0.5)) / sigma)
        inside = below + np.log(-np.expm1(np.minimum(above - below, -1e-300)))
        logs: FloatArray = inside - log_ndtr((mu - math.log(xmin - 0.5)) / sigma)
        return logs

    logs = np.log(tail)
    start = np.array([logs.mean(), math.log(logs.std())])
    best = _least(lambda parameters: -float(people @ log_chance(parameters)), start)
    difference = _power_law(values, exponent, xmin) - log_chance(best)
    ratio = float(people @ difference)
    spread = math.sqrt(float(people @ (difference - ratio / tail.size) ** 2))
    p = math.erfc(abs(ratio) / (math.sqrt(2) * spread)) if spread else 1.0
    return Rival(ratio, p, (float(best[0]), math.exp(best[1])))


def _compare_truncated(tail: FloatArray, exponent: float, xmin: float) -> Rival:
    """Likelihood ratio against a power law with an exponential cutoff."""
    values, people = np.unique(tail, return_counts=True)

    def log_likelihood(parameters: FloatArray) -> float:
        power, rate = parameters[0], math.exp(parameters[1])
        logs = -power * np.log(values) - rate * (values - xmin)
        return float(people @ logs) - tail.size * math.log(_truncated_sum(power, rate, xmin))

    start = np.array([exponent, -math.log(values[-1])])
    best = _least(lambda parameters: -log_likelihood(parameters), start)
    pure = float(people @ _power_law(values, exponent, xmin))
    ratio = pure - log_likelihood(best)
    if ratio >= 0:  # no cutoff fits better than none
        return Rival(0.0, 1.0, (exponent, 0.0))
    return Rival(ratio, math.erfc(math.sqrt(-ratio)), (float(best[0]), math.exp(best[1])))


def _truncated_sum(power: float, rate: float, xmin: float) -> float:
    """Add up k**-power exp(-rate (k - xmin)) over all k from xmin on.

    The first 500 terms one by one, the rest as an integral over log k (Euler-Maclaurin).
    """
    terms = np.arange(xmin, xmin + 500)
    begin = xmin + 500.0
    nodes, weights = _quadrature()
    width = math.log1p(50 / (rate * begin))
    log_k = math.log(begin) + width * (nodes + 1) / 2

    def term(log_k: FloatArray) -> FloatArray:
        value: FloatArray = np.exp(-power * log_k - rate * (np.exp(log_k) - xmin))
        return value

    rest = float(weights @ (term(log_k) * np.exp(log_k))) * width / 2
    edge = float(term(np.array([math.log(begin)]))[0])
    slope = -(power / begin + rate) * edge
    return float(term(np.log(terms)).sum()) + rest + edge / 2 - slope / 12


@cache
def _quadrature() -> tuple[FloatArray, FloatArray]:
    """Nodes in [-1, 1] and weights of Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(100)
    return nodes, weights


def _least(loss: Callable[[FloatArray], float], start: FloatArray) -> FloatArray:
    """Where the loss is least (Nelder & Mead 1965); outside the range of floats it is infinite."""
    from scipy.optimize import minimize

    def safe(parameters: FloatArray) -> float:
        if np.any(np.abs(parameters) > 50):
            return math.inf
        value = loss(parameters)
        return value if math.isfinite(value) else math.inf

    with np.errstate(all="ignore"):
        best = minimize(safe, start, method="Nelder-Mead", options={"maxiter": 2000})
    return np.asarray(best.x, np.float64)


def _verdict(rival: Rival) -> str:
    """How a rival fares, in words."""
    if rival.p >= 0.05:
        return f"fits no better and no worse (p = {rival.p:.2g})"
    return f"fits {'worse' if rival.log_ratio > 0 else 'better'} (p = {rival.p:.2g})"


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


def _counts(counts: npt.ArrayLike) -> FloatArray:
    """Check counts and make them wide enough to be added up."""
    values = np.asarray(counts)
    if values.ndim != 1 or (values.size and values.dtype.kind not in "biuf"):
        raise UserError(
            "Counts must be one number a person, "
            f"but are an array of shape {values.shape} and type {values.dtype}"
        )
    wide = values.astype(np.float64)
    if not np.all(np.isfinite(wide)) or np.any(wide < 0):
        bad = wide[~(np.isfinite(wide) & (wide >= 0))][0]
        raise UserError(f"Counts must be finite and not negative, but one is {bad:g}")
    return wide
