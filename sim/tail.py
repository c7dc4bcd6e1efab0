"""The tail of a distribution of counts: a power law, and whether others fit it as well."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import UserError
from sim.measures import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from sim.measures import FloatArray

MIN_PEOPLE = 25
"""Fewer counts do not tell one tail from another."""

MIN_TAIL = 10
"""So many people must lie in the tail, wherever it begins."""

MIN_VALUES = 3
"""So many different counts must lie in the tail."""

MAX_EXPONENT = 20.0
"""No tail of counts is as steep; a likelihood still rising there has no maximum."""


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


@dataclass(frozen=True, eq=False)
class Tail:
    """A power law fitted to counts: P(k) proportional to k**-exponent from `xmin` on.

    `people`: so many lie in the tail. `zeros`: so many counts of 0 were left out. `ks`: largest
    distance of the two cumulative distributions. `counts`: those in the tail. The rivals are
    fitted when asked for.
    """

    exponent: float
    xmin: int
    people: int
    zeros: int
    ks: float
    counts: FloatArray

    @cached_property
    def lognormal(self) -> Rival:
        """The log-normal, compared by Vuong's test."""
        return _compare_lognormal(self.counts, self.exponent, self.xmin)

    @cached_property
    def truncated(self) -> Rival:
        """The power law with a cutoff, which contains the pure one, by the likelihood ratio."""
        return _compare_truncated(self.counts, self.exponent, self.xmin)

    def __str__(self) -> str:
        rivals = (("log-normal", self.lognormal), ("truncated power law", self.truncated))
        compared = "; ".join(f"{name} {_verdict(rival)}" for name, rival in rivals)
        return (
            f"exponent {self.exponent:.2f} from {self.xmin} on ({self.people} people, "
            f"{self.zeros} zeros left out); {compared}"
        )


def tail_exponent(counts: npt.ArrayLike, xmin: int | None = None) -> Tail:
    """Fit a discrete power law to counts by maximum likelihood.

    The tail begins at `xmin`; unless given, where the Kolmogorov-Smirnov distance is least.
    Unsuitable counts are refused with the reason (UserError).
    Source: Clauset, Shalizi & Newman (2009).
    """
    every = counted(counts)
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
        counts=tail,
    )


def _exponent(tail: FloatArray, xmin: float) -> float:
    """Exponent of greatest likelihood, to 1e-7.

    There is one maximum, as log zeta is convex: it lies beside the best of a grid, which is then
    drawn there anew. (SciPy's optimizers would take half a second to import.)
    """
    from scipy.special import zeta

    mean_log = np.log(tail).mean()
    low, high = 1 + 1e-6, MAX_EXPONENT
    while high - low > 1e-7:
        grid = np.linspace(low, high, 65)
        best = int(np.argmin(np.log(zeta(grid, xmin)) + grid * mean_log))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 64)]
    return float((low + high) / 2)


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
