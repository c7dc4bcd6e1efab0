"""One big world on several threads: in people's turns each thread takes blocks of them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sim.core.motives import MOTIVES
from sim.core.state import new_desk
from sim.core.step import TURNS, advance
from sim.core.together import all_or_none, new_progress


def advance_together(start: int, stop: int, threads: int, *arrays: Any) -> None:
    """Advances from the end of step `start` to that of `stop`: the same bits on all threads.

    Turns are many and short: to be woken for each would take longer than to look out for it.
    """
    progress = new_progress(threads, TURNS * start)

    def work(worker: int) -> None:
        rest = (progress, *arrays, new_desk(len(MOTIVES)))
        advance(TURNS * start, TURNS * stop, worker, *rest)

    def work_with_others(worker: int) -> None:
        with all_or_none(progress):
            work(worker)

    if threads == 1:
        work(0)
        return
    with ThreadPoolExecutor(threads - 1) as pool, all_or_none(progress):
        others = [pool.submit(work_with_others, worker) for worker in range(1, threads)]
        work(0)
    for other in others:
        other.result()
