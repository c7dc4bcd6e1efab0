"""Limits that hold inside compiled code too: a signal does not interrupt a kernel."""

import faulthandler
import functools
import math
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TIMED_OUT = 1  # the exit code of a process that faulthandler ends
LOADING = 60.0  # seconds that a process's first run may take longer: it loads or compiles
SLACK = 0.1  # of the limit; a timer started for each run would cost 0.2 ms a run

_limit: float | None = None
_started = 0.0
_loaded = False


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Ends this process when a run inside takes longer than that; `alive` tells runs apart."""
    global _limit, _started, _loaded
    _limit = seconds
    if seconds is not None:
        _start(seconds + (0.0 if _loaded else LOADING))
        _started = -math.inf  # the first word counts however early it comes
    try:
        yield
    finally:
        _limit = None
        _loaded = True
        if seconds is not None:
            faulthandler.cancel_dump_traceback_later()


def alive() -> None:
    """Say that a run is done, so that the time limit of the next one begins; elsewhere nothing."""
    if _limit is not None and time.monotonic() - _started > SLACK * _limit:
        _start((1 + SLACK) * _limit)


def _start(seconds: float) -> None:
    global _started
    _started = time.monotonic()
    faulthandler.dump_traceback_later(seconds, exit=True, file=_nowhere())


@functools.cache
def _nowhere() -> int:
    """A file for the stack that faulthandler prints."""
    return os.open(os.devnull, os.O_WRONLY)


def limit_memory(n_bytes: int) -> None:
    """Let this process take so much memory beyond what it has; more is a MemoryError."""
    pages = Path("/proc/self/statm")
    taken = int(pages.read_text().split()[0]) * resource.getpagesize() if pages.exists() else 0
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = taken + n_bytes
    if most == resource.RLIM_INFINITY or limit < most:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
