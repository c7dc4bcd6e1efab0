"""Which runs are handed out together."""

from collections import deque
from collections.abc import Iterable, Iterator

CHUNK_SECONDS = 2.0
"""What a chunk takes: so long that handing it out and writing it cost little."""

PIECES = 4
"""Chunks for each worker at least; as the last ones are tapered, all are busy to the end."""

LEAST = 8
"""Chunks at least, so that one sees how far a study is and little is lost when it is stopped."""

TAPERS = 3
"""How often two thirds of what is left of the last chunks go out, so that workers end together."""


def chunks(
    missing: Iterable[range], size: int, shard: tuple[int, int] = (1, 1)
) -> Iterator[tuple[int, int]]:
    """Yields the missing runs in chunks of a study: one of every n for shard (i, n).

    Which one turns round, or a shard might get the same points of the design again and again.
    """
    own, of = shard
    for runs in missing:
        for number in range(runs.start // size, -(-runs.stop // size)):
            if (number + number // of) % of == own - 1:
                yield max(runs.start, number * size), min(runs.stop, (number + 1) * size)


def tapered(
    chunks: Iterable[tuple[int, int]], n_workers: int, world: int = 1
) -> Iterator[tuple[int, int]]:
    """Yields chunks, but the last one for each worker in smaller and smaller parts.

    These end where a world of so many runs does, unless they are shorter.
    """
    if n_workers == 1:
        yield from chunks
        return
    last: deque[tuple[int, int]] = deque()
    for chunk in chunks:
        last.append(chunk)
        if len(last) > n_workers:
            yield last.popleft()
    for _ in range(TAPERS):
        for _ in range(len(last)):
            start, stop = last.popleft()
            middle = stop - (stop - start) // 3
            if (whole := middle - middle % world) > start:
                middle = whole
            yield start, middle
            if middle < stop:
                last.append((middle, stop))
    yield from last


def chunk_size(seconds_per_run: float, n_runs: int, n_workers: int) -> int:
    """Returns how many runs a worker does at a time."""
    long_enough = round(CHUNK_SECONDS / max(seconds_per_run, 1e-6))
    return max(1, min(long_enough, -(-n_runs // max(PIECES * n_workers, LEAST))))
