"""Draws for a whole population, and the ties between people."""

from typing import Any

import numpy as np

from sim.core.jit import kernel
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
    """Returns offsets (person + 1) and neighbours (tie) of undirected edges, each tie once."""
    a, b = edges.T
    code = np.concatenate([a * n + b, b * n + a])
    code.sort()  # np.unique takes many times as long
    code = code[np.diff(code, prepend=-1) > 0]
    code = code[code % (n + 1) != 0]  # a tie to oneself
    offsets = np.searchsorted(code, n * np.arange(n + 1))
    return offsets.astype(np.uint64), (code % n).astype(np.uint32)
