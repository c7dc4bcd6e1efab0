"""Why voluntary contributions decay: most people want to give a little less than others do.

People hold 20 points each and play ten periods with strangers, in groups of four drawn anew in
each. Types have schedules of what they want to give, given what they believe others give. Beliefs
follow what is seen; contributions follow belief and schedule by the rules that the authors estimate

    belief = .118 + .415 others + .569 belief before
    contribution = -.473 + .242 schedule(belief) + .666 belief

As in the authors' program everything is in whole points: each belief, each mean of what others
gave and each contribution. That slows the decline (unrounded contributions end at 2.4 in place of
3.5). And people's first contributions are the same whichever way they go on, with their own
schedules or giving just what they believe others give (perfect matching). In that program they are
the observed ones; here they come from the rule, at a first belief drawn for each person. By the
schedules alone, without the rule, contributions would start at 5.2 and end at 1.8.

Beliefs are those of the ecosystem, `sim.core.reciprocity`. Its people give straight by a line for
each type, unrounded and from the start; the third line shows that this keeps the decline.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import floor, isfinite
from typing import Any, ClassVar

import numpy as np

from sim.classics import Cell, Claim, Classic, FloatArray, Found, Published
from sim.core.jit import kernel, rule
from sim.core.random import Stream, new_key, normal, uniform
from sim.core.reciprocity import contribution, next_belief
from sim.errors import UserError
from sim.scenario import Population

LINES = ("own schedules", "perfect matching", "lines of the ecosystem")
OWN, PERFECT, STRAIGHT = range(3)

POINTS = 20.0
"""What a person holds in a period."""

# fmt: off
SCHEDULES = np.array([
    [0.1, 0.8, 1.3, 2.0, 2.6, 3.5, 4.2, 5.0, 5.6, 6.2, 6.9,
     8.0, 8.7, 9.3, 10.2, 10.9, 11.7, 12.1, 13.4, 13.9, 14.9],
    [0.0] * 21,
    [0.0, 0.4, 1.1, 1.6, 2.3, 2.8, 3.2, 4.3, 4.5, 5.0, 4.8,
     4.8, 4.9, 4.8, 4.5, 4.2, 3.9, 2.9, 1.8, 0.9, 0.0],
    [7.7 + 0.11 * belief for belief in range(21)],
])
# fmt: on
"""What types want to give at beliefs 0 .. 20 [points], (type, belief).

Conditional cooperators, free riders, triangle contributors and others. The first three are mean
schedules. That of the others is what the mean schedule of all, .956 + .425 belief in the authors'
program, leaves for them.
"""

KEPT = (0.2, 0.45)
"""Share of the first period's contributions that is given in the tenth, without sanctions."""


@dataclass(frozen=True)
class FischbacherGachter(Classic):
    """Repeated public good games of strangers with the measured types."""

    title: ClassVar[str] = "The decay of voluntary contributions"
    source: ClassVar[str] = "Fischbacher & Gaechter 2010, American Economic Review 100:541"
    x: ClassVar[str] = "period"
    y: ClassVar[str] = "mean contribution [points of 20]"
    runs: ClassVar[int] = 2000
    quick: ClassVar[int] = 400

    people: int = 140
    """Those who play, in groups of four."""
    periods: int = 10
    conditional: float = 0.55
    """Share of conditional cooperators."""
    free_riders: float = 0.229
    triangle: float = 0.121
    """Share of those who give most in the middle; the rest are others."""
    first_belief: float = 9.8
    """Mean first belief about what others give [points]."""
    belief_spread: float = 4.86
    """Its standard deviation [points], before beliefs are kept within 0 .. 20."""
    rise: float = 0.118
    """Belief that comes by itself [points]."""
    gain: float = 0.415
    """Weight of what others gave in the next belief."""
    kept: float = 0.569
    """Weight of the belief before."""
    constant: float = -0.473
    """Contribution with belief and schedule at 0 [points]."""
    by_schedule: float = 0.242
    """Weight of the schedule in the contribution."""
    by_belief: float = 0.666
    """Weight of the belief in the contribution."""
    whole_points: bool = True
    """Whether people think and give in whole points."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isfinite(value):
                raise UserError(f"{name} must be a finite number, but is {value}")
        if self.people < 4 or self.people % 4:
            raise UserError(f"people must be a multiple of 4, but are {self.people}")
        if self.periods < 1:
            raise UserError(f"periods must be at least 1, but are {self.periods}")
        shares = (self.conditional, self.free_riders, self.triangle)
        if min(shares) < 0 or sum(shares) > 1:
            raise UserError(
                "conditional, free_riders and triangle must be shares that add up to 1 at most, "
                f"but are {shares}"
            )
        if self.belief_spread < 0:
            raise UserError(f"belief_spread must be at least 0, but is {self.belief_spread}")

    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        """Returns the mean contribution in each period, by the same people each time."""
        key = new_key(seed, rep)
        shares = np.cumsum([self.conditional, self.free_riders, self.triangle])
        types = np.empty(self.people, np.int64)
        first = np.empty(self.people)
        draw_people(key, shares, self.first_belief, self.belief_spread, types, first)
        beliefs = (self.rise / POINTS, self.gain, 1.0 - self.gain - self.kept)
        weights = (self.constant, self.by_schedule, self.by_belief)
        straight = straight_lines()
        means = np.empty(self.periods)
        cells: dict[Cell, float] = {}
        for line in (OWN, PERFECT, STRAIGHT):
            whole = self.whole_points and line != STRAIGHT
            play(key, line, types, first, SCHEDULES, straight, beliefs, weights, whole, means)
            cells |= {_cell(line, t + 1): float(means[t]) for t in range(self.periods)}
        return cells

    def published(self) -> dict[Cell, Published]:
        """Returns the ends of the decline, and the level that perfect matching keeps."""
        if not self._as_published:
            return {}
        cells = {_cell(OWN, 1): 7.35, _cell(OWN, 10): 3.5}
        cells |= {_cell(PERFECT, period): 8.7 for period in range(2, 11)}
        return {cell: Published(value, 0.4, "independent") for cell, value in cells.items()}

    def claims(self) -> tuple[Claim, ...]:
        """Returns that only own schedules decay, and that the ecosystem's lines do so too."""
        if not self._as_published:
            return ()
        low, high = KEPT
        return (
            Claim("own schedules: less is given in period 10 than in period 1", _fall(OWN, 1.0)),
            Claim(
                "in period 10 less is given with own schedules than with perfect matching",
                lambda found: found[_cell(PERFECT, 10)] - found[_cell(OWN, 10)],
            ),
            Claim(
                f"{LINES[STRAIGHT]}: period 10 keeps less than {high:g} of period 1",
                _fall(STRAIGHT, high),
            ),
            Claim(
                f"{LINES[STRAIGHT]}: period 10 keeps more than {low:g} of period 1",
                lambda found: -_fall(STRAIGHT, low)(found),
            ),
        )

    @property
    def _as_published(self) -> bool:
        return replace(self, people=FischbacherGachter.people) == FischbacherGachter()


def _cell(line: int, period: int) -> Cell:
    return Cell("", LINES[line], period)


def _fall(line: int, share: float) -> Callable[[Found], FloatArray]:
    """Returns by how much period 10 lies below a share of period 1."""
    return lambda found: share * found[_cell(line, 1)] - found[_cell(line, 10)]


def straight_lines() -> FloatArray:
    """Returns intercept and slope of each type in the ecosystem, (type, 2), of belief in [0, 1]."""
    default = Population()
    return np.array(
        [
            (default.conditional_start, default.conditional_slope),
            (0.0, 0.0),
            (default.triangle_start, default.triangle_slope),
            (default.other_start, default.other_slope),
        ]
    )


@kernel
def draw_people(
    key: np.uint64, shares: Any, mean: float, spread: float, types: Any, beliefs: Any
) -> None:
    """Draws each person's type, by cumulated shares, and first belief [points], (person,)."""
    for i in range(len(types)):
        u = uniform(key, Stream.CLASSIC_PEOPLE, 0, i, 0)
        types[i] = 0
        for share in shares:
            types[i] += u >= share
        belief = mean + spread * normal(key, Stream.CLASSIC_PEOPLE, 0, i, 1)
        beliefs[i] = max(0.0, min(POINTS, belief))


@kernel
def play(
    key: np.uint64,
    line: int,
    types: Any,
    first: Any,
    schedules: Any,
    straight: Any,
    learning: tuple[float, float, float],
    weights: tuple[float, float, float],
    whole: bool,
    means: Any,
) -> None:
    """Writes the mean contribution in each period [points], (period,).

    `learning` is rise, gain and decay of beliefs; `weights` are the constant and the weights of
    schedule and belief in contributions.
    """
    people = len(types)
    rise, gain, decay = learning
    beliefs = np.empty(people)
    for i in range(people):
        beliefs[i] = rounded(first[i], whole)
    gifts = np.empty(people)
    for t in range(len(means)):
        given = 0.0
        for i in range(people):
            if line == STRAIGHT:
                intercept, slope = straight[types[i]]
                gifts[i] = POINTS * contribution(intercept, slope, beliefs[i] / POINTS)
            elif line == PERFECT and t > 0:
                gifts[i] = beliefs[i]
            else:
                gift = by_rule(schedules[types[i]], beliefs[i], weights)
                gifts[i] = rounded(gift, whole)
            given += gifts[i]
        means[t] = given / people
        order = strangers(key, t, people)
        for g in range(0, people, 4):
            group = order[g : g + 4]
            total = 0.0
            for i in group:
                total += gifts[i]
            for i in group:
                others = rounded((total - gifts[i]) / 3.0, whole)
                belief = next_belief(beliefs[i] / POINTS, others / POINTS, gain, rise, decay)
                beliefs[i] = rounded(POINTS * belief, whole)


@rule
def by_rule(schedule: Any, belief: float, weights: tuple[float, float, float]) -> float:
    """Returns what is given by the estimated rule [points], within 0 .. 20."""
    constant, by_schedule, by_belief = weights
    below = min(int(belief), len(schedule) - 2)
    step = schedule[below + 1] - schedule[below]
    wanted: float = schedule[below] + (belief - below) * step
    return max(0.0, min(POINTS, constant + by_schedule * wanted + by_belief * belief))


@rule
def rounded(points: float, whole: bool) -> float:
    """Returns the nearest whole number of points, or the points as they are."""
    return floor(points + 0.5) if whole else points


@rule
def strangers(key: np.uint64, t: int, people: int) -> Any:
    """Returns all people in a random order, (person,): each four are a group."""
    order = np.arange(people)
    for i in range(people - 1, 0, -1):
        j = int((i + 1) * uniform(key, Stream.CLASSIC_CHANCE, t, i, 0))
        order[i], order[j] = order[j], order[i]
    return order
