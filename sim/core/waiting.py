"""How threads wait for each other."""

from typing import Any

from sim.core.jit import kernel, latest
from sim.core.state import Field

PROGRESS = (Field("turns", "i", "count", "turns that a thread has ended"),)
LINE = 8
"""Such records that fill a line of the processor's cache: threads must not write into one."""


@kernel
def wait(progress: Any, first: int, last: int, turns: int, looks: int) -> bool:
    """Returns whether threads first to last - 1 end so many turns while one looks so often.

    The progress (thread, LINE) of each stands in the first record of its line.
    """
    for worker in range(first, last):
        left = looks
        while latest(progress[worker, 0]) < turns:
            left -= 1
            if left == 0:
                return False
    return True
