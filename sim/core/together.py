"""How the threads of one world keep together."""

from typing import Any

from sim.core.jit import latest, rule, tell
from sim.core.state import Field, records

PROGRESS = (Field("turns", "i", "count", "turns that a thread has ended"),)
LINE = 8  # such records fill a line of the processor's cache: threads must not write into one
LOOKS = 20_000  # at another thread, before one that waits returns: some ten microseconds


def new_progress(threads: int, turns: int = 0) -> Any:
    """Returns how far threads are, (thread, LINE): the first record of each line tells."""
    progress = records(PROGRESS, (threads, LINE))
    progress["turns"] = turns
    return progress


@rule
def all_ended(n: int, of_companies: bool, progress: Any) -> bool:
    """Returns whether turn n may begin, once it may or one has looked long enough.

    Companies wait for all people's threads, these for the first thread, which takes companies.
    """
    for worker in range(len(progress) if of_companies else 1):
        looks = LOOKS
        while latest(progress[worker, 0]) < n:
            looks -= 1
            if looks == 0:
                return False
    return True


@rule
def end_turn(n: int, worker: int, progress: Any) -> None:
    """Lets the others know that a thread has ended turn n."""
    tell(progress[worker, 0], n + 1)
