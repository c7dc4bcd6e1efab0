"""Problems as rings of values, and search on them (Hong & Page 2004; Grim et al. 2019)."""

from typing import Any

import numpy as np

from sim.core.jit import rule
from sim.core.random import ONE, Stream, uniform

STARTS = 40  # from which an expert's heuristic is tried, at most a lot
STEPS_IN_A_WORD = 64
MARGIN = 1e-6  # more than any rounding of a sum of heights


@rule
def draw_ring(ring: Any, smoothness: int, key: Any, number: int) -> None:
    """Fills a ring with heights in (0, 100), random at gaps and interpolated between them.

    Gaps are 1 + uniform{0 .. 2 smoothness - 1} positions long; at smoothness 0 each value is
    drawn on its own, as in Hong & Page (2004). The last gap closes the ring.
    """
    n = len(ring)
    first = 100.0 * uniform(key, Stream.WORLD_RINGS, 0, number, 0)
    here = 0
    height = first
    while here < n:
        gap = 1
        if smoothness > 0:
            gap += int(2.0 * smoothness * uniform(key, Stream.WORLD_RINGS, 1, number, here))
        if here + gap >= n:
            gap = n - here
            next_height = first
        else:
            next_height = 100.0 * uniform(key, Stream.WORLD_RINGS, 0, number, here + gap)
        for k in range(gap):
            ring[here + k] = height + (next_height - height) * (k / gap)
        here += gap
        height = next_height


@rule
def climb(rings: Any, r: int, at: int, first: int, second: int, third: int) -> int:
    """Returns where a heuristic stops that starts at a position of ring r.

    It tries its three steps in turn, moves when strictly higher, and stops after three
    failures in a row (Hong & Page 2004).
    """
    n = rings.shape[1]
    while True:
        here = height(rings, r, at)
        one, two, three = ahead(at, first, n), ahead(at, second, n), ahead(at, third, n)
        if height(rings, r, one) > here:
            at, first, second, third = one, second, third, first
        elif height(rings, r, two) > here:
            at, first, second, third = two, third, first, second
        elif height(rings, r, three) > here:
            at = three
        else:
            return at


@rule
def height(rings: Any, r: int, at: int) -> float:
    """Returns the height at a position of ring r.

    Numbers without a sign spare a look whether they count from the end.
    """
    value: float = rings[np.uint64(r), np.uint64(at)]
    return value


@rule
def ahead(at: int, step: int, n: int) -> int:
    """Returns the position so many values further on a ring of n."""
    there = at + step
    return there - n if there >= n else there


@rule
def draw_heuristic(key: Any, stream: int, i: int, largest: int) -> tuple[int, int, int]:
    """Draws three distinct ordered step sizes in 1 .. largest."""
    first = 1 + int(largest * uniform(key, stream, 0, i, 0))
    second = 1 + int((largest - 1) * uniform(key, stream, 0, i, 1))
    if second >= first:
        second += 1
    low, high = min(first, second), max(first, second)
    third = 1 + int((largest - 2) * uniform(key, stream, 0, i, 2))
    if third >= low:
        third += 1
    if third >= high:
        third += 1
    return first, second, third


@rule
def ability(
    rings: Any, r: int, first: int, second: int, third: int, starts: int, beat: float, top: float
) -> float:
    """Returns the mean height that a heuristic reaches from evenly spaced starts on ring r.

    Or -1 as soon as it cannot be more than `beat`, even if all other starts led to the top.
    """
    n = rings.shape[1]
    total = 0.0
    for k in range(starts):
        if total + (starts - k) * top < starts * beat - MARGIN:
            return -1.0
        total += height(rings, r, climb(rings, r, k * n // starts, first, second, third))
    return total / starts


@rule
def find_rises(rings: Any, r: int, largest: int, rises: Any) -> None:
    """Notes where steps lead up on ring r: bit s of rises (position,) tells it of step s."""
    n = rings.shape[1]
    for at in range(n):
        rises[at] = 0
    for step in range(1, largest + 1):
        bit = ONE << np.uint64(step)
        for at in range(n - step):  # apart from those below, so that several are taken at once
            up = height(rings, r, at + step) > height(rings, r, at)
            rises[np.uint64(at)] |= bit if up else np.uint64(0)
        for at in range(n - step, n):
            up = height(rings, r, at + step - n) > height(rings, r, at)
            rises[np.uint64(at)] |= bit if up else np.uint64(0)


@rule
def ability_at_once(
    rings: Any, r: int, first: int, second: int, third: int, rises: Any, lot: Any
) -> float:
    """Returns the `ability` from STARTS starts, all of which climb side by side.

    Which step leads up is different each time, so a processor would guess wrong at most branches.
    """
    n = np.uint64(rings.shape[1])
    for k in range(STARTS):
        lot.at[k] = k * rings.shape[1] // STARTS
        lot.first[k], lot.second[k], lot.third[k] = first, second, third
    climbing = ONE
    while climbing > 0:
        for k in range(STARTS):
            lot.rises[k] = rises[lot.at[k]]
        climbing = np.uint64(0)
        for k in range(STARTS):
            at, rises_here = lot.at[k], lot.rises[k]
            one, two, three = lot.first[k], lot.second[k], lot.third[k]
            by_one = (rises_here >> one) & ONE
            by_two = (rises_here >> two) & ONE
            by_three = (rises_here >> three) & ONE
            at += one if by_one else (two if by_two else (three if by_three else np.uint64(0)))
            lot.at[k] = at - n if at >= n else at
            lot.first[k] = two if by_one else (three if by_two else one)
            lot.second[k] = three if by_one else (one if by_two else two)
            lot.third[k] = one if by_one else (two if by_two else three)
            climbing |= by_one | by_two | by_three
    total = 0.0
    for k in range(STARTS):
        total += height(rings, r, lot.at[k])
    return total / STARTS


@rule
def train_experts(
    experts: Any, rings: Any, r: int, largest: int, sample: int, key: Any, rises: Any, lot: Any
) -> None:
    """Makes each expert the best of a sample of heuristics on a past problem, ring r.

    Those who did best on one problem are alike, which is why they add less to each other
    than the diverse do (Hong & Page 2004). `rises` (position,) is room to work in.
    """
    at_once = largest < STEPS_IN_A_WORD
    if at_once:
        find_rises(rings, r, largest, rises)
    top = 0.0
    for at in range(rings.shape[1]):
        top = max(top, height(rings, r, at))
    for s in range(len(experts)):
        best = -1.0
        for k in range(sample):
            first, second, third = draw_heuristic(key, Stream.EXPERTS, s * sample + k, largest)
            if at_once:
                reached = ability_at_once(rings, r, first, second, third, rises, lot)
            else:
                reached = ability(rings, r, first, second, third, STARTS, best, top)
            if reached > best:
                best = reached
                experts[s, 0], experts[s, 1], experts[s, 2] = first, second, third
