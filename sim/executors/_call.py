"""One call, with its limits, as every executor makes it where the work is done."""

from collections.abc import Callable
from typing import Any

from sim.executors import OutOfMemory
from sim.executors._limits import time_limit


def call(
    function: Callable[..., Any], arguments: tuple[Any, ...], timeout: float | None = None
) -> Any:
    """Returns the function's answer; no memory left is `OutOfMemory`.

    With a timeout [s] a run that takes longer ends this process.
    """
    try:
        with time_limit(timeout):
            return function(*arguments)
    except MemoryError as problem:
        raise OutOfMemory("memory ran out") from problem
