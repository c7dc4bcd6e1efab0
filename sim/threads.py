"""One big world on several threads: in people's turns each thread takes blocks of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sim.core.motives import MOTIVES
from sim.core.state import new_desk
from sim.core.step import TURNS, advance


def advance_together(start: int, stop: int, threads: int, *arrays: Any) -> None:
    """Advances as the kernel `advance` does, with the same bits, on so many threads."""
    own = [(*arrays, new_desk(len(MOTIVES))) for _ in range(threads)]
    if threads == 1:
        advance(start, stop, 0, TURNS, 0, 1, *own[0])
        return

    def take(t: int, turn: int, worker: int) -> None:
        advance(t, t + 1, turn, turn + 1, worker, threads, *own[worker])

    with ThreadPoolExecutor(threads - 1) as pool:
        for t in range(start, stop):
            for turn in range(TURNS):
                others = [
                    pool.submit(take, t, turn, worker)
                    for worker in range(1, threads if turn % 2 else 1)  # people's turns are odd
                ]
                take(t, turn, 0)
                for other in others:
                    other.result()
