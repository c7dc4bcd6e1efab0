"""Progress with time left: a bar on a terminal, a plain line a minute elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE = 1.0  # seconds without a word
PLAIN_EVERY = 60.0  # seconds between two lines of a log


@contextmanager
def shown(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Yields `report(done, planned)`, which shows progress on standard error when it takes long."""
    console = Console(stderr=True)
    start = time.monotonic()
    said = start
    bar = Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
    )
    task = bar.add_task(what, total=None)

    def report(done: int, planned: int) -> None:
        nonlocal said
        now = time.monotonic()
        if console.is_interactive:
            bar.update(task, completed=done, total=planned)
            if now - start > PATIENCE and not bar.live.is_started:
                bar.start()
        elif now - said > PLAIN_EVERY and done < planned:
            said = now
            left = (now - start) * (planned - done) / done
            print(f"{what}: {done} of {planned} {unit}, {left:.0f} s left", file=sys.stderr)

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()
