"""One big world on several threads: in people's turns each thread takes blocks of them."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sim.core.motives import MOTIVES
from sim.core.state import new_desk, records
from sim.core.step import TURNS, advance
from sim.core.waiting import LINE, PROGRESS, wait

LOOKS = 50_000  # at the others, before a thread leaves its core to somebody else: some 0.1 ms
PAUSE = 5e-5  # seconds until it looks again


def advance_together(start: int, stop: int, threads: int, *arrays: Any) -> None:
    """Advances as the kernel `advance` does, with the same bits, on so many threads."""
    if threads == 1:
        alone = (*arrays, new_desk(len(MOTIVES)))
        advance(start, stop, 0, TURNS, 0, 1, *alone)
        return
    crew = _Crew(threads, arrays)
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(crew.work, worker, start, stop) for worker in range(1, threads)]
        crew.work(0, start, stop)
    for other in others:
        other.result()


class _Crew:
    """Threads that share the turns of people; the first of them takes those of companies, too.

    Turns are many and short: to be woken for each would take longer than to look out for it.
    """

    def __init__(self, threads: int, arrays: tuple[Any, ...]) -> None:
        self.threads, self.arrays = threads, arrays
        self.progress = records(PROGRESS, (threads, LINE))
        self.broken = False

    def work(self, worker: int, start: int, stop: int) -> None:
        """Takes a thread's turns in the steps from `start` to `stop`; ends early if one breaks."""
        arrays = (*self.arrays, new_desk(len(MOTIVES)))
        everybody, first = (0, self.threads), (0, 1)
        try:
            for n in range(TURNS * (stop - start)):
                t, turn = start + n // TURNS, n % TURNS
                of_companies = turn % 2 == 0
                if of_companies and worker > 0:
                    continue
                if not self._ended(n, everybody if of_companies else first):
                    return
                advance(t, t + 1, turn, turn + 1, worker, self.threads, *arrays)
                self.progress[worker, 0].turns = n + 1
        except BaseException:
            self.broken = True
            raise

    def _ended(self, n: int, workers: tuple[int, int]) -> bool:
        """Waits until these threads have ended n turns; returns False if one broke."""
        while not (self.broken or wait(self.progress, *workers, n, LOOKS)):
            time.sleep(PAUSE)
        return not self.broken
