"""Draws for a whole population, and the ties between people."""

from typing import Any

import numpy as np

from sim.core.jit import kernel, rule
from sim.core.random import Stream, uniform


@kernel
def draw_all(key: Any, stream: int, t: int, j: int, out: Any) -> None:
    """Fills out[i] with the draw of person i."""
    for i in range(len(out)):
        out[i] = uniform(key, stream, t, i, j)


@kernel
def small_world(key: Any, n: int, degree: int, rewired: float, edges: Any) -> None:
    """Fills edges (n * degree // 2, 2): a ring of near neighbours, some rewired anywhere.

    Watts & Strogatz (1998); an edge rewired onto its own person stays as it was.
    """
    e = 0
    for i in range(n):
        for k in range(1, degree // 2 + 1):
            other = (i + k) % n
            if uniform(key, Stream.TIES, 0, i, k) < rewired:
                far = int(n * uniform(key, Stream.TIES, 1, i, k))
                if far != i:
                    other = far
            edges[e, 0] = i
            edges[e, 1] = other
            e += 1


@kernel
def preferential(key: Any, n: int, links: int, edges: Any) -> int:
    """Fills edges from the top; who comes later ties to those with many ties. Returns how many.

    Barabasi & Albert (1999): the other end of a random tie is a person in proportion to their
    number of ties.
    """
    e = 0
    for i in range(1, n):
        for k in range(min(i, links)):
            end = int((2 * e + 1) * uniform(key, Stream.TIES, 2, i, k))
            other = i - 1 if end == 2 * e else edges[end // 2, end % 2]
            if other == i:
                other = i - 1
            edges[e, 0] = i
            edges[e, 1] = other
            e += 1
    return e


def neighbours(edges: Any, n: int) -> tuple[Any, Any]:
    """Returns offsets (person + 1) and neighbours (tie) of undirected edges, each tie once.

    The ties of a person are in order.
    """
    offsets, tied = np.zeros(n + 1, np.uint64), np.empty(2 * len(edges), np.uint32)
    below, above, end = np.zeros((3, n + 1), np.int64)
    lower, higher = np.empty((2, len(edges)), np.uint32)
    kept = join(edges, below, above, end, lower, higher, offsets, tied)
    return offsets, tied[:kept]


@rule
def turn_round(starts: Any, rows: Any, new_starts: Any, new_rows: Any, end: Any) -> None:
    """Fills the new row of each person with those in whose rows that person stands, in order."""
    n = len(starts) - 1
    for i in range(n):
        end[i] = new_starts[i]
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            j = rows[k]
            new_rows[end[j]] = i
            end[j] += 1


@kernel
def join(
    edges: Any, below: Any, above: Any, end: Any, lower: Any, higher: Any, offsets: Any, tied: Any
) -> int:
    """Fills offsets and tied, from the top, with the ties of undirected edges. Returns how many.

    lower[below[i] : below[i + 1]] are those tied to person i who come before, higher and above
    alike those who come after; `end` is how far these are filled. Nothing is compared: time is
    linear in the edges, however many belong to one person.
    """
    n = len(offsets) - 1
    for e in range(len(edges)):
        below[max(edges[e, 0], edges[e, 1]) + 1] += 1
        above[min(edges[e, 0], edges[e, 1]) + 1] += 1
    for i in range(n):
        below[i + 1] += below[i]
        above[i + 1] += above[i]
        end[i] = below[i]
    for e in range(len(edges)):
        i = max(edges[e, 0], edges[e, 1])
        lower[end[i]] = min(edges[e, 0], edges[e, 1])
        end[i] += 1

    # As everyone in turn goes to all they are tied to, these find them in order.
    turn_round(below, lower, above, higher, end)
    turn_round(above, higher, below, lower, end)

    kept = 0
    for i in range(n):
        last = i
        for others in (lower[below[i] : below[i + 1]], higher[above[i] : above[i + 1]]):
            for j in others:
                if j != i and j != last:
                    tied[kept] = j
                    kept += 1
                    last = j
        offsets[i + 1] = kept
    return kept
