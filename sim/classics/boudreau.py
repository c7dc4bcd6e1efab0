"""Innovation contests: another entrant takes effort from all, and adds one more draw of luck.

An entry is worth theta * effort + Gumbel(0, mu); effort costs cost * effort^2 / 2, and the best
entry takes the prize. Everything is found by draws; the closed forms are only compared with.

The closed form is where the last unit of effort costs what the chance that it adds is worth. With
G = prize theta^2 / (cost mu^2) the best entry gets better with every further entrant if G < 8.
The first-order effort is an equilibrium up to G of about 10.4, whatever the number of entrants.
Beyond, a deviation may pay (at G = 12 with 3 to 11 entrants), which the third panel shows.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, ClassVar

import numpy as np

from sim.classics import Cell, Claim, Classic, FloatArray, Found, Published
from sim.core.jit import kernel, rule
from sim.core.numbers import exp, log
from sim.core.random import Stream, new_key, uniform
from sim.errors import UserError

BEST = "Best entry [value]"
EFFORT = "Effort of an entrant [effort]"
DEVIATION = "Gain of the best deviation [prize]"

DEVIATIONS = (0.0, 0.5, 1.5, 2.0, 2.5)
"""Efforts that an entrant may prefer to that of the others, as multiples of it."""

EULER = 0.5772156649015329
RESOLVED = 0.001
"""Of gains of deviating that are nearer to 0, in prizes, no sign is claimed."""


@dataclass(frozen=True)
class Boudreau(Classic):
    """Contests with a given effect of effort, spread of luck, cost and prize."""

    title: ClassVar[str] = "Contests: effort against luck as the number of entrants grows"
    source: ClassVar[str] = "Boudreau, Lacetera & Lakhani 2011, Management Science 57:843"
    x: ClassVar[str] = "entrants"
    y: ClassVar[str] = "mean over contests"
    runs: ClassVar[int] = 60
    quick: ClassVar[int] = 20

    sizes: tuple[int, ...] = (3, 5, 9, 20)
    """Numbers of entrants."""
    prizes: tuple[float, ...] = (6.0, 10.0, 12.0)
    """Prizes; with theta = mu = cost = 1 they are G."""
    theta: float = 1.0
    mu: float = 1.0
    cost: float = 1.0
    contests: int = 10_000
    """Contests of each size in a run."""

    def __post_init__(self) -> None:
        if not self.sizes or len(set(self.sizes)) < len(self.sizes) or min(self.sizes) < 2:
            raise UserError(f"sizes must be 2 entrants or more, each once, but are {self.sizes}")
        numbers = {"theta": self.theta, "mu": self.mu, "cost": self.cost}
        for name, value in numbers.items():
            if not 0 < value < math.inf:
                raise UserError(f"{name} must be a number above 0, but is {value}")
        each_once = len(set(self.prizes)) == len(self.prizes)
        if not self.prizes or not each_once or not all(0 < p < math.inf for p in self.prizes):
            raise UserError(f"prizes must be numbers above 0, each once, but are {self.prizes}")
        if self.contests < 1:
            raise UserError(f"contests must be at least 1, but are {self.contests}")

    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        """Returns effort, best entry and the gain of deviating for each prize and size.

        Contests of all sizes and prizes share their luck: the first entrants of a larger contest
        are those of a smaller one.
        """
        key = new_key(seed, rep)
        cells = {}
        for n in self.sizes:
            best_luck, slope = luck(key, n, self.contests)
            for prize in self.prizes:
                line = self.line(prize)
                effort = prize * slope * self.theta / (self.mu * self.cost)
                efforts = np.array([effort, *(effort * share for share in DEVIATIONS)])
                ahead = self.theta * (efforts - effort) / self.mu
                pay = prize * chances(key, n, self.contests, ahead) - self.cost * efforts**2 / 2
                cells[Cell(BEST, line, n)] = self.theta * effort + self.mu * best_luck
                cells[Cell(EFFORT, line, n)] = effort
                cells[Cell(DEVIATION, line, n)] = float(pay[1:].max() - pay[0]) / prize
        return cells

    def published(self) -> dict[Cell, Published]:
        """Returns the closed forms of the logit contest."""
        cells = {}
        for prize, n in product(self.prizes, self.sizes):
            line = self.line(prize)
            effort = self.effort(prize, n)
            exact = {BEST: self.best(prize, n), EFFORT: effort, DEVIATION: self.gain(prize, n)}
            near = {BEST: 0.01 * self.mu, EFFORT: 0.01 * effort, DEVIATION: 0.002}
            for panel, value in exact.items():
                cells[Cell(panel, line, n)] = Published(value, near[panel], "closed form")
        return cells

    def claims(self) -> tuple[Claim, ...]:
        """Returns where the best entry rises and falls, and where the effort is an equilibrium."""
        pairs = tuple(pairwise(sorted(self.sizes)))
        claims = []
        for prize in self.prizes:
            line = self.line(prize)
            rises = {(a, b): self.best(prize, b) > self.best(prize, a) for a, b in pairs}
            if pairs and all(rises.values()):
                says = f"{line}: the best entry gets better with every further entrant"
                claims.append(Claim(says, _least_rise(BEST, line, pairs)))
            else:
                for (a, b), better in rises.items():
                    than = "better" if better else "worse"
                    says = f"{line}: the best of {b} is {than} than the best of {a}"
                    pair = (a, b) if better else (b, a)
                    claims.append(Claim(says, _least_rise(BEST, line, (pair,))))
            if pairs:
                down = tuple((b, a) for a, b in pairs)
                says = f"{line}: an entrant's effort falls with every further entrant"
                claims.append(Claim(says, _least_rise(EFFORT, line, down)))
            gains = {n: self.gain(prize, n) for n in self.sizes}
            if max(gains.values()) < -RESOLVED:
                says = f"{line}: this effort is an equilibrium, no deviation pays"
                claims.append(Claim(says, _least_loss(line, self.sizes)))
            for n in (n for n, gain in gains.items() if gain > RESOLVED):
                says = f"{line}, {n} entrants: this effort is no equilibrium, a deviation pays"
                claims.append(Claim(says, _gain(line, n)))
        return tuple(claims)

    def line(self, prize: float) -> str:
        """Returns the label of a prize: what it is worth against cost and luck."""
        return f"G = {prize * self.theta**2 / (self.cost * self.mu**2):.6g}"

    def effort(self, prize: float, n: int) -> float:
        """Returns the first-order effort."""
        return prize * self.theta * (n - 1) / (self.cost * self.mu * n**2)

    def best(self, prize: float, n: int) -> float:
        """Returns the expected best entry at the first-order effort."""
        return self.theta * self.effort(prize, n) + self.mu * (math.log(n) + EULER)

    def gain(self, prize: float, n: int) -> float:
        """Returns what the best of `DEVIATIONS` adds to an entrant's pay, in prizes."""
        effort = self.effort(prize, n)

        def pay(own: float) -> float:
            behind = math.exp(min(700.0, self.theta * (effort - own) / self.mu))
            return 1 / (1 + (n - 1) * behind) - self.cost * own**2 / (2 * prize)

        return max(pay(effort * share) for share in DEVIATIONS) - pay(effort)


def _least_rise(
    panel: str, line: str, pairs: tuple[tuple[int, int], ...]
) -> Callable[[Found], FloatArray]:
    """Returns the excess of a claim that the second of each pair of sizes has the larger value."""

    def excess(found: Found) -> FloatArray:
        rises = [found[Cell(panel, line, b)] - found[Cell(panel, line, a)] for a, b in pairs]
        return np.min(rises, axis=0)  # type: ignore[no-any-return]

    return excess


def _least_loss(line: str, sizes: tuple[int, ...]) -> Callable[[Found], FloatArray]:
    """Returns the excess of a claim that deviating costs something at every size."""
    return lambda found: -np.max([found[Cell(DEVIATION, line, n)] for n in sizes], axis=0)


def _gain(line: str, n: int) -> Callable[[Found], FloatArray]:
    """Returns the excess of a claim that deviating pays."""
    return lambda found: found[Cell(DEVIATION, line, n)]


@rule
def gumbel(key: np.uint64, contest: int, entrant: int) -> float:
    """Returns an entrant's luck in a contest, Gumbel(0, 1)."""
    return -log(-log(uniform(key, Stream.CLASSIC_CHANCE, contest, entrant, 0)))


@rule
def best_rival(key: np.uint64, contest: int, n: int) -> float:
    """Returns the best luck among all entrants but entrant 0."""
    best = gumbel(key, contest, 1)
    for entrant in range(2, n):
        best = max(best, gumbel(key, contest, entrant))
    return best


@kernel
def luck(key: np.uint64, n: int, contests: int) -> Any:
    """Returns the mean of the best luck, and what a small lead adds to the chance of winning.

    The second is the mean density of an entrant's own luck at that of the best rival.
    """
    total = 0.0
    density = 0.0
    for contest in range(contests):
        rival = best_rival(key, contest, n)
        total += max(rival, gumbel(key, contest, 0))
        density += exp(-rival - exp(-rival))
    return total / contests, density / contests


@kernel
def chances(key: np.uint64, n: int, contests: int, ahead: Any) -> Any:
    """Returns an entrant's chance of winning when this far ahead of the others, (lead,).

    A mean over contests of the chance that the entrant's own luck beats the best rival's.
    """
    won = np.zeros(len(ahead))
    for contest in range(contests):
        rival = best_rival(key, contest, n)
        for k in range(len(ahead)):
            won[k] += 1.0 - exp(-exp(ahead[k] - rival))
    return won / contests
