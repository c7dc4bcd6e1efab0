"""Ranges of runs: which are done, which are missing."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence

Ranges = tuple[range, ...]
"""Sorted ranges of runs that neither overlap nor touch."""


def joined(ranges: Iterable[range]) -> Ranges:
    """Returns the union of ranges."""
    union: list[range] = []
    for one in sorted(ranges, key=lambda runs: runs.start):
        if union and one.start <= union[-1].stop:
            union[-1] = range(union[-1].start, max(union[-1].stop, one.stop))
        elif len(one):
            union.append(one)
    return tuple(union)


def common(one: Ranges, other: Ranges) -> Ranges:
    """Returns the intersection of two unions of ranges."""
    found, a, b = [], deque(one), deque(other)
    while a and b:
        start, stop = max(a[0].start, b[0].start), min(a[0].stop, b[0].stop)
        if start < stop:
            found.append(range(start, stop))
        (a if a[0].stop == stop else b).popleft()
    return tuple(found)


def within(runs: range, ranges: Ranges) -> bool:
    """Returns whether one of the ranges holds all these runs."""
    at = bisect_right(ranges, runs.start, key=lambda one: one.start) - 1
    return at >= 0 and runs.stop <= ranges[at].stop


def gaps(ranges: Ranges, n_runs: int) -> Ranges:
    """Returns the runs of 0 to n_runs - 1 that are in none of the ranges."""
    edges = [0, *(edge for runs in ranges for edge in (runs.start, runs.stop)), n_runs]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple(range(start, stop) for start, stop in pairs if start < stop)


def count(ranges: Sequence[range]) -> int:
    """Returns the number of runs in ranges that do not overlap."""
    return sum(map(len, ranges))
