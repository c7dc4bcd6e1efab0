"""Verdicts of the honesty test: four conditions, judged on the outcomes of runs alone.

All differences are paired run by run. A style's place rests on its differences from all other
styles at once (95 % intervals, Bonferroni over the others), a shift's on a plain 95 % interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.analysis.effects import Effect, compare_groups
from sim.honesty.zero import Zero

FloatArray = npt.NDArray[np.float64]

OUTCOMES = ("value_created", "surplus", "profit")
"""What the test looks at."""

BOTH = ("profit", "surplus")
"""The outcomes that no style may win in most environments."""

DECIDES = "surplus"
"""The outcome that says whether a shift pays."""

HOLDS, FAILS, UNDECIDED = "holds", "fails", "undecided"
BEST, WORST = "best", "worst"
ROLES = {BEST: 1, WORST: -1}


@dataclass(frozen=True)
class Place:
    """How a style stands as the best, or as the worst, on one outcome in one environment.

    `first`: whether its mean is the highest (as the worst: the lowest), ties included. `rival` is
    the nearest other style by the mean, and `difference` [low, high] the style less the rival.
    `clarity` is the least of its differences from the others in half widths of their intervals:
    above 1 each of them excludes 0, below -1 another style surely is the better (worse) one.
    """

    environment: str
    outcome: str
    role: str
    style: str
    first: bool
    rival: str
    difference: float
    low: float
    high: float
    clarity: float

    @property
    def sure(self) -> bool:
        """Whether it is the best (worst) by more than chance."""
        return self.clarity > 1


@dataclass(frozen=True)
class Step:
    """What a shift brings to one outcome in one environment: after less before, [low, high]."""

    shift: str
    environment: str
    outcome: str
    before: float
    after: float
    difference: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 where the shift surely raises or lowers the outcome, else 0."""
        return (self.low > 0) - (self.high < 0)

    @property
    def clarity(self) -> float:
        """The difference in half widths of its interval."""
        return _clarity(self.difference, self.low, self.high)


@dataclass(frozen=True)
class Verdict:
    """One condition: whether it holds, fails or is undecided, and on what that rests."""

    letter: str
    says: str
    verdict: str
    evidence: tuple[str, ...]


def places(
    environment: str, outcome: str, styles: Sequence[str], values: FloatArray
) -> list[Place]:
    """Returns how each style stands, as the best and as the worst; values (style, run)."""
    n = len(styles)
    against = {
        (a, b): compare_groups(values[a], values[b], paired=True, n_comparisons=n - 1)
        for a in range(n)
        for b in range(n)
        if a != b
    }
    means = [float(runs.mean()) for runs in values]
    found = []
    for role, sign in ROLES.items():
        for style, name in enumerate(styles):
            others = [other for other in range(n) if other != style]
            rival = max(others, key=lambda other: sign * means[other])
            effects = [against[style, other] for other in others]
            nearest = against[style, rival]
            found.append(
                Place(
                    environment=environment,
                    outcome=outcome,
                    role=role,
                    style=name,
                    first=all(sign * means[style] >= sign * mean for mean in means),
                    rival=styles[rival],
                    difference=nearest.difference,
                    low=nearest.low,
                    high=nearest.high,
                    clarity=min(sign * _clarity_of(effect) for effect in effects),
                )
            )
    return found


def step(shift: str, environment: str, outcome: str, values: FloatArray) -> Step:
    """Returns what a shift brings; values (before and after, run)."""
    effect = compare_groups(values[1], values[0], paired=True)
    return Step(
        shift=shift,
        environment=environment,
        outcome=outcome,
        before=effect.baseline_mean,
        after=effect.mean,
        difference=effect.difference,
        low=effect.low,
        high=effect.high,
    )


def _clarity_of(effect: Effect) -> float:
    return _clarity(effect.difference, effect.low, effect.high)


def _clarity(difference: float, low: float, high: float) -> float:
    """Returns a difference in half widths of its interval; 0 where it is not known."""
    half = (high - low) / 2
    if not math.isfinite(half) or difference == 0:
        return 0.0
    return difference / half if half else math.copysign(math.inf, difference)


def judge(
    found: Sequence[Place],
    steps: Sequence[Step],
    zero: Zero,
    *,
    n_environments: int,
    enough: bool,
) -> tuple[Verdict, ...]:
    """Returns the verdicts on the four conditions.

    `n_environments` were planned, and `enough`: they had as many runs as the file asks for. With
    all of both, a condition that is not shown to hold fails. With less, it fails where what has
    run excludes it, and is undecided where more may tell.
    """
    missing = n_environments - len({place.environment for place in found})
    full = enough and not missing
    return (
        _nobody_wins_by_construction(found, n_environments, missing, full),
        _everybody_has_a_place(found, missing, full),
        _only_costs_differ(zero),
        _every_shift_pays_here_and_not_there(steps, missing, full),
    )


def best_on_both(found: Sequence[Place], *, sure: bool = False) -> dict[str, int]:
    """Returns in how many environments each style is best on both profit and surplus.

    By the mean, ties included; with `sure`, by more than chance.
    """
    counts: dict[tuple[str, str], int] = {}
    wins = {place.style: 0 for place in found}
    for place in found:
        if place.role == BEST and place.outcome in BOTH and (place.sure if sure else place.first):
            key = (place.style, place.environment)
            counts[key] = counts.get(key, 0) + 1
            wins[place.style] += counts[key] == len(BOTH)
    return wins


def clearest(found: Iterable[Place], style: str, role: str) -> Place:
    """Returns where a style is most clearly the best, or the worst."""
    return max(
        (place for place in found if (place.style, place.role) == (style, role)),
        key=lambda place: place.clarity,
    )


def clearest_step(steps: Iterable[Step], shift: str, sign: int) -> Step:
    """Returns where a shift most clearly pays (1), or does not (-1)."""
    return max(
        (step for step in steps if step.shift == shift),
        key=lambda step: sign * step.clarity,
    )


def _verdict(shown: bool, excluded: bool, full: bool) -> str:
    return HOLDS if shown else FAILS if full or excluded else UNDECIDED


def _nobody_wins_by_construction(
    found: Sequence[Place], n_environments: int, missing: int, full: bool
) -> Verdict:
    wins = best_on_both(found)
    most, half = max(wins.values()), n_environments / 2
    surely = max(best_on_both(found, sure=True).values())
    counts = ", ".join(f"{style} {n}" for style, n in wins.items())
    return Verdict(
        "a",
        "no style is best on both profit and surplus in more than half of the environments",
        _verdict(most + missing <= half, surely > half, full),
        (f"best on both, of {n_environments - missing} environments: {counts}",),
    )


def _everybody_has_a_place(found: Sequence[Place], missing: int, full: bool) -> Verdict:
    lacking, excluded = [], False
    for style in dict.fromkeys(place.style for place in found):
        for role in ROLES:
            place = clearest(found, style, role)
            if not place.sure:
                lacking.append(f"{style} is nowhere surely the {role}")
                excluded |= place.clarity < -1 and not missing
    return Verdict(
        "b",
        "each style is best on one outcome in some environment, and worst in some",
        _verdict(not lacking, excluded, full),
        tuple(lacking),
    )


def _only_costs_differ(zero: Zero) -> Verdict:
    life = "people take part" if zero.lives else "nobody takes part, so nothing could differ"
    amounts = f"value created {zero.value_created:,.1f}, contributions {zero.contributions:,.1f}"
    costs = ", ".join(f"{style} {cost:,.1f}" for style, cost in zero.costs.items())
    return Verdict(
        "c",
        "without any gain of a lever, styles differ in cost only",
        HOLDS if zero.lives and not zero.differs else FAILS,
        (
            *(f"{what} differs" for what in zero.differs),
            f"{life}: {amounts} a month",
            f"cost a month: {costs}",
        ),
    )


def _every_shift_pays_here_and_not_there(
    steps: Sequence[Step], missing: int, full: bool
) -> Verdict:
    lacking, excluded = [], False
    for shift in dict.fromkeys(step.shift for step in steps):
        for sign, words in ((1, "pays"), (-1, "costs more than it brings")):
            step = clearest_step(steps, shift, sign)
            if step.sign != sign:
                lacking.append(f"{shift!r} nowhere surely {words}")
                excluded |= step.sign == -sign and not missing
    return Verdict(
        "d",
        "each shift pays in some environment, and does not in some",
        _verdict(not lacking, excluded, full),
        tuple(lacking),
    )
