"""Search on a ring from every start at once.

A climb is rounds of three tries that end when a round leads nowhere; a relay is rounds of climbs,
and so is a tournament. A round never leads down. So the positions are taken in falling order:
where a round leads is higher and known already, and where that ends this one ends, too. One
look-up for a position, and no search is ever made twice.

A position's try of a step size is shared by all heuristics with that step, a pair of tries by all
that begin with it, and a table of ends by the three turns of a heuristic: (a, b, c) at some
position is (c, a, b) at where a and then b lead.
"""

from collections.abc import Collection
from functools import cache
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.classics import FloatArray
from sim.core.jit import kernel, rule
from sim.core.landscape import draw_heuristic, draw_ring
from sim.core.random import Stream
from sim.errors import UserError

Positions = npt.NDArray[np.uint32]
Heuristics = npt.NDArray[np.int64]

ATTEMPTS = 1 << 32  # draws kept free for the team of each ring


class Ring(NamedTuple):
    """A landscape, and what is shared by all who search it."""

    heights: FloatArray
    """(position,), in (0, 100)."""
    falling: Positions
    """Positions from the highest to the lowest, (position,)."""
    tries: Positions
    """Where a try leads: on, if that is strictly higher, else nowhere; (step, position)."""


def new_ring(key: np.uint64, smoothness: int, positions: int, largest: int) -> Ring:
    """Draws the ring of a smoothness for heuristics with steps in 1 .. largest."""
    heights = np.empty(positions)
    draw(key, smoothness, heights)
    falling = np.argsort(-heights, kind="stable").astype(np.uint32)
    tries = np.empty((largest + 1, positions), np.uint32)
    look_around(heights, tries)
    return Ring(heights, falling, tries)


def random_team(key: np.uint64, smoothness: int, largest: int, members: int) -> Heuristics:
    """Draws a team for the ring of a smoothness, (member, 3): distinct, all alike in chance."""
    team = np.empty((members, 3), np.int64)
    draw_team(key, smoothness, largest, team)
    return team


def best_teams(ring: Ring, largest_steps: Collection[int], members: int) -> dict[int, Heuristics]:
    """Returns the ablest heuristics, (member, 3), ablest first, for each largest step.

    Of those that are equally able, the ones with the smaller first steps come first.
    """
    heuristics = all_heuristics(max(largest_steps))
    ability = abilities(*ring)[tuple(heuristics.T)]
    ranked = heuristics[np.argsort(-ability, kind="stable")]
    needed = ranked.max(axis=1)
    return {
        largest: ranked[np.flatnonzero(needed <= largest)[:members]] for largest in largest_steps
    }


def n_heuristics(largest: int) -> int:
    """Returns how many ordered triples of distinct steps in 1 .. largest there are."""
    return largest * (largest - 1) * (largest - 2)


@cache
def all_heuristics(largest: int) -> Heuristics:
    """Returns all ordered triples of distinct steps in 1 .. largest, sorted, (heuristic, 3)."""
    heuristics = np.array(list(permutations(range(1, largest + 1), 3)), np.int64)
    heuristics.setflags(write=False)  # threads share it
    return heuristics


def check(positions: int, largest_steps: tuple[int, ...], teams: tuple[int, ...]) -> None:
    """Raises a UserError unless there are such teams and they stay within one turn of the ring."""
    if not largest_steps or len(set(largest_steps)) < len(largest_steps) or min(largest_steps) < 3:
        raise UserError(
            f"largest_steps must be 3 or more, for three distinct steps, each once, "
            f"but are {largest_steps}"
        )
    if not max(largest_steps) <= positions < 1 << 32:
        raise UserError(
            f"positions must be at least the largest step, {max(largest_steps)}, "
            f"and below 2**32, but are {positions}"
        )
    least = min(largest_steps)
    most = n_heuristics(least)
    if not teams or len(set(teams)) < len(teams) or min(teams) < 1 or max(teams) > most:
        raise UserError(
            f"a team must have 1 to {most} members, as many as there are heuristics with steps "
            f"in 1 .. {least}, each size once, but is to have {', '.join(map(str, teams))}"
        )


@kernel
def draw(key: np.uint64, smoothness: int, heights: Any) -> None:
    """Draws the ring of a smoothness; it is no other one smoothed."""
    draw_ring(heights, smoothness, key, smoothness)


@kernel
def draw_team(key: np.uint64, smoothness: int, largest: int, team: Any) -> None:
    """Draws without replacement: a heuristic that is in the team already is drawn anew."""
    attempt = smoothness * ATTEMPTS
    for member in range(len(team)):
        drawn = False
        while not drawn:
            a, b, c = draw_heuristic(key, Stream.CLASSIC_PEOPLE, attempt, largest)
            attempt += 1
            drawn = True
            for m in range(member):
                if team[m, 0] == a and team[m, 1] == b and team[m, 2] == c:
                    drawn = False
        team[member, 0], team[member, 1], team[member, 2] = a, b, c


@kernel
def look_around(heights: Any, tries: Any) -> None:
    """Fills in where a try of each step leads from each position."""
    n = len(heights)
    for step in range(len(tries)):
        for p in range(n):
            there = (p + step) % n
            tries[step, p] = there if heights[there] > heights[p] else p


@kernel
def abilities(heights: Any, falling: Any, tries: Any) -> Any:
    """Returns the mean height that each heuristic reaches, (first, second, third step).

    The heights are summed in the order of the starts, as `sim.core.landscape.ability` does: the
    bits are the same.
    """
    n = len(heights)
    steps = len(tries)
    able = np.zeros((steps, steps, steps))
    pair = np.empty_like(falling)
    reached = np.empty(n)
    for a in range(1, steps):
        for b in range(a + 1, steps):
            second = tries[b]
            for p in range(n):
                pair[p] = second[tries[a, p]]
            for c in range(a + 1, steps):
                if c == b:
                    continue
                third = tries[c]
                for p in range(n):
                    reached[p] = heights[p]
                for p in falling:  # by (c, a, b)
                    reached[p] = reached[pair[third[p]]]
                from_a = from_b = from_c = 0.0
                for p in range(n):
                    from_a += reached[pair[p]]
                    from_b += reached[second[p]]
                    from_c += reached[p]
                able[a, b, c] = from_a / n
                able[b, c, a] = from_b / n
                able[c, a, b] = from_c / n
    return able


@rule
def settle(onward: Any, falling: Any, ends: Any) -> None:
    """Gives each position what there is at the end of its rounds, one of which leads onward.

    `ends` holds what there is at each position itself.
    """
    for p in falling:
        ends[p] = ends[onward[p]]


@kernel
def climbs(falling: Any, tries: Any, team: Any) -> Any:
    """Returns where each member ends who climbs alone, (member, start)."""
    n = len(falling)
    ends = np.empty((len(team), n), falling.dtype)
    onward = np.empty_like(falling)
    for m in range(len(team)):
        first, second, third = tries[team[m, 0]], tries[team[m, 1]], tries[team[m, 2]]
        for p in range(n):
            onward[p] = third[second[first[p]]]
            ends[m, p] = p
        settle(onward, falling, ends[m])
    return ends


@rule
def hand_over(ends: Any) -> Any:
    """Returns where one pass of a relay leads: each climbs on from where the last one stopped."""
    onward = np.empty_like(ends[0])
    for p in range(len(onward)):
        at = p
        for m in range(len(ends)):
            at = ends[m, at]
        onward[p] = at
    return onward


@rule
def mean_end(heights: Any, falling: Any, onward: Any) -> float:
    """Returns the mean height at the end of all rounds; summed in the order of the starts."""
    reached = heights.copy()
    settle(onward, falling, reached)
    total = 0.0
    for p in range(len(reached)):
        total += reached[p]
    return total / len(reached)


@kernel
def one_pass(heights: Any, ends: Any) -> float:
    """Returns the mean height of a relay in which each climbs only once."""
    total = 0.0
    for end in hand_over(ends):
        total += heights[end]
    return total / len(heights)


@kernel
def relay(heights: Any, falling: Any, ends: Any) -> float:
    """Returns the mean height of a relay that is cycled until nobody improves."""
    return mean_end(heights, falling, hand_over(ends))


@kernel
def tournament(heights: Any, falling: Any, ends: Any) -> float:
    """Returns the mean height if all climb, jump to the best, and repeat until nobody improves."""
    onward = np.empty_like(falling)
    for p in range(len(onward)):
        onward[p] = p
        for m in range(len(ends)):
            if heights[ends[m, p]] > heights[onward[p]]:
                onward[p] = ends[m, p]
    return mean_end(heights, falling, onward)
