"""One call after the other in this process: to debug, and to compare with."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from sim.executors import Options, Pool
from sim.executors._call import call


class _Here:
    """Calls at once. Nothing can end a call but the user."""

    workers = 1
    keeps_time_limit = False
    exact_losses = True
    here = True

    def submit(
        self, function: Callable[..., Any], *arguments: Any, timeout: float | None = None
    ) -> Future[Any]:
        """Returns what holds the answer already."""
        future: Future[Any] = Future()
        try:
            future.set_result(call(function, arguments))
        except Exception as problem:
            future.set_exception(problem)
        return future


@contextmanager
def serial(options: Options) -> Iterator[Pool]:
    """Runs in this process, one call after the other; no option applies."""
    options.refuse("serial", "workers", "start", "address")
    yield _Here()
