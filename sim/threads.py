"""One big world on several threads: in people's turns each thread takes blocks of them."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sim.core.motives import MOTIVES
from sim.core.state import new_desk
from sim.core.step import TURNS, advance
from sim.core.together import break_off, broken_off, new_progress

PAUSE = 5e-5  # seconds for which a thread that has waited for long leaves its core to others


def advance_together(start: int, stop: int, threads: int, *arrays: Any) -> None:
    """Advances from the end of step `start` to that of `stop`: the same bits on all threads."""
    crew = _Crew(start, stop, threads, arrays)
    if threads == 1:
        crew.work(0)
        return
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(crew.work, worker) for worker in range(1, threads)]
        crew.work(0)
    for other in others:
        other.result()


class _Crew:
    """Threads that take the same turns.

    Turns are many and short: to be woken for each would take longer than to look out for it.
    """

    def __init__(self, start: int, stop: int, threads: int, arrays: tuple[Any, ...]) -> None:
        self.start, self.stop = TURNS * start, TURNS * stop
        self.arrays = arrays
        self.progress = new_progress(threads, self.start)

    def work(self, worker: int) -> None:
        """Takes the turns of one thread; ends early if another breaks."""
        arrays = (self.progress, *self.arrays, new_desk(len(MOTIVES)))
        n = self.start
        try:
            while not broken_off(self.progress):
                n = advance(n, self.stop, worker, *arrays)
                if n == self.stop:
                    return
                time.sleep(PAUSE)
        except BaseException:
            break_off(self.progress)
            raise
