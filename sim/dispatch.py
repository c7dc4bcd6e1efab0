"""Hands the chunks of a study to an executor's workers, and finds the run that ends them.

What no engine does right is done here: few chunks are out at a time, whatever their number; what
a lost worker was at is tried again; and a chunk that is lost again is halved until the run at
fault stands alone. No run is blamed before it has failed alone, twice.
"""

import logging
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType
from typing import Any, NamedTuple, NoReturn

from sim.executors import Lost, Pool

TRIES = 2  # of a chunk as planned, and of a run alone
AHEAD = 2  # chunks out for each worker: one at work, one waiting


class Terminated(KeyboardInterrupt):
    """SIGTERM came: the system, or a cluster's queue, wants this process to end."""


class _Piece(NamedTuple):
    """A range of runs that is tried so many times before it is halved or given up."""

    start: int
    stop: int
    tries: int

    @property
    def n_runs(self) -> int:
        """How many runs it is."""
        return self.stop - self.start


def dispatch(
    pool: Pool,
    function: Callable[[int, int], Any],
    chunks: Iterable[tuple[int, int]],
    on_receipt: Callable[[Any], None],
    *,
    give_up: Callable[[int, Lost], None],
    per_run_seconds: float | None = None,
) -> None:
    """Calls `function(start, stop)` for every chunk of runs and `on_receipt` with what it returns.

    `give_up(run, reason)` is told of a run that failed alone, twice: its worker was lost, it took
    longer than `per_run_seconds` (for that, `function` says `sim.executors.alive()` after each
    run), or memory ran out. Anything else that `function` or a callback raises ends the dispatch,
    as Ctrl-C does, and SIGTERM as `Terminated`: nothing more is handed out, and leaving the pool
    ends what still runs. Both callbacks are called in this thread, one at a time.
    """
    fresh = (_Piece(start, stop, TRIES) for start, stop in chunks)
    again: deque[_Piece] = deque()
    suspects: deque[_Piece] = deque()  # each to be tried when nothing else is out
    out: dict[Future[Any], _Piece] = {}
    back: SimpleQueue[Future[Any]] = SimpleQueue()
    with sigterm_raises():
        try:
            while True:
                while len(out) < AHEAD * pool.workers:
                    piece = again.popleft() if again else next(fresh, None)
                    if piece is None and suspects and not out:
                        piece = suspects.popleft()
                    if piece is None:
                        break
                    future = pool.submit(function, piece.start, piece.stop, timeout=per_run_seconds)
                    out[future] = piece
                    future.add_done_callback(back.put)
                if not out:
                    return
                future = back.get()
                piece = out.pop(future)
                try:
                    receipt = future.result()
                except Lost as reason:
                    if piece.tries == piece.n_runs == 1:
                        give_up(piece.start, reason)
                        continue
                    _say(piece, reason)
                    for part in _parts(piece):
                        last = part.tries == part.n_runs == 1
                        (suspects if last and not pool.exact_losses else again).append(part)
                else:
                    on_receipt(receipt)
        finally:
            for future in out:
                future.cancel()


def _say(piece: _Piece, reason: Lost) -> None:
    """Logs that something was lost: it costs time, and the user may know why."""
    one, many = f"run {piece.start} is", f"runs {piece.start} to {piece.stop - 1} are"
    which = one if piece.n_runs == 1 else many
    logging.getLogger("sim").warning("cocreate: %s done again: %s", which, reason)


def _parts(piece: _Piece) -> list[_Piece]:
    """Returns what is to be done of a piece that was lost: all of it, or its halves.

    One of the halves holds the run at fault, so neither is tried twice unless it is a single run.
    """
    start, stop, tries = piece
    if tries > 1:
        return [_Piece(start, stop, tries - 1)]
    middle = (start + stop) // 2
    halves = ((start, middle), (middle, stop))
    return [_Piece(a, b, TRIES if b - a == 1 else 1) for a, b in halves]


@contextmanager
def sigterm_raises() -> Iterator[None]:
    """Turns SIGTERM into `Terminated`; only the main thread may, and only it would notice."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated
