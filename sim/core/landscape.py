"""Problems as rings of values, and search on them (Hong & Page 2004; Grim et al. 2019)."""

from typing import Any

import numpy as np

from sim.core.jit import rule
from sim.core.random import Stream, uniform

STARTS = 40  # from which an expert's heuristic is tried
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
def train_experts(experts: Any, rings: Any, r: int, largest: int, sample: int, key: Any) -> None:
    """Makes each expert the best of a sample of heuristics on a past problem, ring r.

    Those who did best on one problem are alike, which is why they add less to each other
    than the diverse do (Hong & Page 2004).
    """
    top = 0.0
    for at in range(rings.shape[1]):
        top = max(top, height(rings, r, at))
    for s in range(len(experts)):
        best = -1.0
        for k in range(sample):
            first, second, third = draw_heuristic(key, Stream.EXPERTS, s * sample + k, largest)
            reached = ability(rings, r, first, second, third, STARTS, best, top)
            if reached > best:
                best = reached
                experts[s, 0], experts[s, 1], experts[s, 2] = first, second, third
