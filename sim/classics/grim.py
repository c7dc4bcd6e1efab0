"""Diversity against expertise: whether random teams beat the best depends on the problem.

The game of Hong & Page (2004) on landscapes that are smooth to a degree, and so can be learnt:
there the best win a relay. In a tournament all climb alone, the team jumps to the best, and so on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, NamedTuple

import numpy as np

from sim.classics import Cell, Claim, Classic, FloatArray, Found, Published
from sim.classics._rings import (
    all_heuristics,
    best_teams,
    check,
    climbs,
    draw,
    new_ring,
    random_team,
    relay,
    tournament,
)
from sim.core.jit import kernel, rule
from sim.core.landscape import ability, climb
from sim.core.random import new_key
from sim.errors import UserError

RELAY = "relay"
TOURNAMENT = "tournament"
BEST = "team of the best"
RANDOM = "random team"
LEAD = "random minus best"

LEADS = {0: 1.95, 1: 2.18, 2: 1.25, 3: 0.34, 4: -0.18, 5: -0.39, 6: -0.47, 8: -0.44}
"""By smoothness: how much more a random team of 10 reaches in a relay, with l = 12."""
FLIP = {5: 1, 7: -1}
"""By smoothness: the sign of the same in a tournament, which changes between."""


@dataclass(frozen=True)
class Grim(Classic):
    """Relays and tournaments of the best and of random teams, from rugged to smooth problems.

    The published sweep: `--set smoothness=0..20 --set largest_steps=4..30 --runs 100`.
    """

    title: ClassVar[str] = "Diversity against expertise on rugged and smooth problems"
    source: ClassVar[str] = "Grim et al. 2019, Philosophy of Science 86:98"
    x: ClassVar[str] = "smoothness"
    y: ClassVar[str] = "height reached, of 100"
    runs: ClassVar[int] = 4000
    quick: ClassVar[int] = 200

    smoothness: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7, 8)
    """s: random heights stand 1 .. 2 s positions apart, straight lines between; 0 has no lines."""
    largest_steps: tuple[int, ...] = (12,)
    """Largest step sizes, l; a heuristic is three distinct steps in 1 .. l."""
    team: int = 10
    """Members of a team."""
    positions: int = 2000
    """Length of the ring."""

    def __post_init__(self) -> None:
        check(self.positions, self.largest_steps, (self.team,))
        each_once = len(set(self.smoothness)) == len(self.smoothness)
        within = all(0 <= s <= self.positions for s in self.smoothness)
        if not self.smoothness or not each_once or not within:
            raise UserError(
                f"smoothness must lie in 0 .. {self.positions}, the positions, each once, "
                f"but is {self.smoothness}"
            )

    def simulate(self, seed: int, rep: int) -> dict[Cell, float]:
        """Returns what the teams reach, on one landscape of each smoothness.

        All teams, largest steps and strategies share the landscapes and the draws.
        """
        key = new_key(seed, rep)
        cells = {}
        for s in self.smoothness:
            ring = new_ring(key, s, self.positions, max(self.largest_steps))
            best = best_teams(ring, self.largest_steps, self.team)
            for largest in self.largest_steps:
                teams = {
                    BEST: best[largest],
                    RANDOM: random_team(key, s, largest, self.team),
                }
                for who, team in teams.items():
                    ends = climbs(ring.falling, ring.tries, team)
                    cells[cell(RELAY, who, largest, s)] = relay(ring.heights, ring.falling, ends)
                    cells[cell(TOURNAMENT, who, largest, s)] = tournament(
                        ring.heights, ring.falling, ends
                    )
                for how in (RELAY, TOURNAMENT):
                    cells[cell(how, LEAD, largest, s)] = (
                        cells[cell(how, RANDOM, largest, s)] - cells[cell(how, BEST, largest, s)]
                    )
        return cells

    def published(self) -> dict[Cell, Published]:
        """Returns the differences in a relay, known for teams of 10 with l = 12."""
        return {
            cell(RELAY, LEAD, 12, s): Published(LEADS[s], 0.15)
            for s in self.smoothness
            if s in LEADS and self._as_published()
        }

    def claims(self) -> tuple[Claim, ...]:
        """Returns who wins where, and that a tournament never loses to a relay.

        The latter is meant of all teams on all landscapes of each run.
        """
        claims = []
        signs = {RELAY: {s: 1 if lead > 0 else -1 for s, lead in LEADS.items()}, TOURNAMENT: FLIP}
        for how, s in product(signs, self.smoothness):
            if s in signs[how] and self._as_published():
                winner = RANDOM if signs[how][s] > 0 else BEST
                says = f"smoothness {s}, l = 12: the {winner} wins the {how}"
                claims.append(Claim(says, _lead(how, s, signs[how][s])))
        if self.team > 1:
            claims.append(Claim("a tournament never loses to a relay", self._least_gain))
        return tuple(claims)

    def _as_published(self) -> bool:
        """Returns whether the cells of the published table are among those simulated."""
        return self.team == 10 and 12 in self.largest_steps and self.positions == 2000

    def _least_gain(self, found: Found) -> FloatArray:
        """Returns the least that a tournament reaches more than a relay, (run,)."""
        gains = [
            found[cell(TOURNAMENT, who, largest, s)] - found[cell(RELAY, who, largest, s)]
            for who, largest, s in product((BEST, RANDOM), self.largest_steps, self.smoothness)
        ]
        return np.min(gains, axis=0)  # type: ignore[no-any-return]


def _lead(how: str, smoothness: int, sign: int) -> Callable[[Found], FloatArray]:
    """Returns the excess of a claim that the difference of the teams has this sign, l = 12."""
    return lambda found: sign * found[cell(how, LEAD, 12, smoothness)]


def cell(how: str, what: str, largest: int, smoothness: int) -> Cell:
    """Returns the cell of what a team reaches, or of the difference, in a relay or tournament."""
    return Cell(f"{what.capitalize()}, {how}", f"l = {largest}", smoothness)


class Levels(NamedTuple):
    """The mean heights of one run."""

    best_relay: float
    best_tournament: float
    random_relay: float
    random_tournament: float


def naive(
    seed: int, rep: int, smoothness: int, largest: int, team: int = 10, positions: int = 2000
) -> Levels:
    """Returns one run by the straightforward algorithm, which `Grim.simulate` equals bit for bit.

    Every heuristic climbs from every start; then the teams search, one climb after another.
    """
    key = new_key(seed, rep)
    rings = np.empty((1, positions))
    draw(key, smoothness, rings[0])
    heuristics = all_heuristics(largest)
    able = np.array([naive_ability(rings, *heuristic) for heuristic in heuristics])
    best = heuristics[np.argsort(-able, kind="stable")[:team]]
    random = random_team(key, smoothness, largest, team)
    return Levels(
        naive_mean(rings, best, False),
        naive_mean(rings, best, True),
        naive_mean(rings, random, False),
        naive_mean(rings, random, True),
    )


@kernel
def naive_ability(rings: Any, first: int, second: int, third: int) -> float:
    """Returns the mean height that a heuristic reaches from all starts."""
    return ability(rings, 0, first, second, third, rings.shape[1], beat=0.0, top=100.0)


@kernel
def naive_mean(rings: Any, team: Any, alone: bool) -> float:
    """Returns the mean height that a team reaches from all starts, in a tournament or a relay."""
    starts = len(rings[0])
    total = 0.0
    for start in range(starts):
        end = naive_tournament(rings, team, start) if alone else naive_relay(rings, team, start)
        total += rings[0, end]
    return total / starts


@rule
def naive_relay(rings: Any, team: Any, at: int) -> int:
    """Returns where a relay ends: when all members in a row have not got on."""
    member = 0
    failures = 0
    while failures < len(team):
        end = climb(rings, 0, at, team[member, 0], team[member, 1], team[member, 2])
        failures = failures + 1 if end == at else 0
        at = end
        member = (member + 1) % len(team)
    return at


@rule
def naive_tournament(rings: Any, team: Any, at: int) -> int:
    """Returns where a tournament ends: when no member has got on."""
    improved = True
    while improved:
        best = at
        for m in range(len(team)):
            end = climb(rings, 0, at, team[m, 0], team[m, 1], team[m, 2])
            if rings[0, end] > rings[0, best]:
                best = end
        improved = best != at
        at = best
    return at
