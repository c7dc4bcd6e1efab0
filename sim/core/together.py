"""How the threads of one world keep together."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sim.core.jit import count_on, give_way, latest, rule, tell
from sim.core.state import Field, records

PROGRESS = (Field("count", "i", "count", "how far a thread has come"),)
LINE = 8  # such records fill a line of the processor's cache: threads must not write into one
ENDED, BROKEN, TAKEN, PASSED = range(4)
"""Columns: turns ended, whether all shall end, and in a turn, of a thread's share, what is done.

That is how many of its blocks it or others have taken, and how many groups of people are through
with its problems.
"""

LOOKS = 20_000  # at another thread, before one that waits gives way: some ten microseconds


def new_progress(threads: int, turns: int = 0) -> Any:
    """Returns how far threads are, (thread, LINE): a column tells what."""
    progress = records(PROGRESS, (threads, LINE))
    progress["count"][:, ENDED] = turns
    return progress


@contextmanager
def all_or_none(progress: Any) -> Iterator[None]:
    """Lets no thread wait for any other any more, if one of them comes to grief here."""
    try:
        yield
    except BaseException:
        progress["count"][:, BROKEN] = 1
        raise


@rule
def may_begin(n: int, worker: int, progress: Any) -> bool:
    """Waits for others to end the turn before turn n; returns whether none has come to grief.

    Companies wait for all people's threads, these for the first thread, which takes companies.
    """
    for other in range(len(progress) if n % 2 == 0 else 1):
        wait(progress[other, ENDED], n, progress[worker, BROKEN])
    return latest(progress[worker, BROKEN]) == 0


@rule
def end_turn(n: int, worker: int, progress: Any) -> None:
    """Lets the others know that a thread has ended turn n; then no block is taken in the next."""
    if n % 2 == 0:
        for other in range(len(progress)):
            tell(progress[other, TAKEN], 0)
            tell(progress[other, PASSED], 0)
    tell(progress[worker, ENDED], n + 1)


@rule
def next_block(worker: int, n_blocks: int, progress: Any) -> int:
    """Takes a block of people that no thread has taken in this turn; returns n_blocks without one.

    First of a thread's own share, as its core has these people at hand from the turn before; then
    of others' shares, so that none waits for long for a thread whose core has other work, too.
    """
    threads = len(progress)
    for k in range(threads):
        whose = (worker + k) % threads
        b = whose * n_blocks // threads + count_on(progress[whose, TAKEN])
        if b < (whose + 1) * n_blocks // threads:
            return b
    return n_blocks


@rule
def await_group(group: int, share: int, worker: int, progress: Any) -> None:
    """Waits until all groups of people before this one are through with a share of problems."""
    wait(progress[share, PASSED], group, progress[worker, BROKEN])


@rule
def pass_on(group: int, share: int, progress: Any) -> None:
    """Lets the next group of people go on with a share of problems."""
    tell(progress[share, PASSED], group + 1)


@rule
def wait(record: Any, number: int, broken: Any) -> None:
    """Waits until another thread tells a number, or that all is over."""
    looks = 0
    while latest(record) < number and latest(broken) == 0:
        looks += 1
        if looks > LOOKS:
            give_way()
