"""Where to run: one file an executor, holding one function called like the file.

An executor is `executor(options)`, a context manager that yields a `Pool`. A pool calls functions,
no more: chunks, retries and the search for the run at fault are the same everywhere (`dispatch`).
Leaving the context ends what still runs, at once; whoever writes results writes them atomically.
"""

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from sim.errors import UserError
from sim.executors._cores import cores
from sim.executors._limits import alive
from sim.registry import Registry

__all__ = [
    "EXECUTORS",
    "Executor",
    "Lost",
    "Options",
    "OutOfMemory",
    "Pool",
    "TimedOut",
    "WorkerLost",
    "alive",
    "cores",
    "optional",
]


class Lost(Exception):  # noqa: N818
    """A call that gave no answer, which says nothing yet about whose fault it was."""


class WorkerLost(Lost):
    """The process that was at it has ended."""


class TimedOut(Lost):
    """A run took longer than its limit, and its process was ended."""


class OutOfMemory(Lost):
    """The process that was at it may not take as much memory as it asked for."""


@dataclass(frozen=True)
class Options:
    """How an executor runs; each takes what concerns it.

    `workers` is how many calls run at once: by default as many as there are cores for us.
    `memory` [bytes] is what a worker may take beyond what it starts with. A worker is replaced
    after `renew_after` calls, so that nothing it leaks adds up. `start` is "fork", "spawn", or
    "auto": the first are forked where that is safe, for they need not load anything.
    `address` is a Dask scheduler's, or one of the queues slurm, pbs, sge, lsf; `job` is what
    dask-jobqueue shall ask that queue for.
    """

    workers: int | None = None
    memory: int | None = None
    renew_after: int = 200
    start: str = "auto"
    address: str = ""
    job: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("workers", "memory", "renew_after"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"{name} must be at least 1, but is {value}")

    def refuse(self, executor: str, *names: str) -> None:
        """Raises a UserError if one of these options is set, which mean nothing to an executor."""
        for name in names:
            if getattr(self, name) != getattr(Options(), name):
                raise UserError(
                    f"--{name} means nothing to the executor {executor!r}: leave it out"
                )


class Pool(Protocol):
    """Workers that call functions."""

    keeps_time_limit: bool
    """Whether a run that takes longer than its limit is ended."""

    exact_losses: bool
    """Whether `WorkerLost` hits only the call that a worker was at, and none that waited there."""

    here: bool
    """Whether all workers are on this machine, so that for its disk this process can wait."""

    @property
    def workers(self) -> int:
        """How many calls run at once."""
        ...

    def submit(
        self, function: Callable[..., Any], *arguments: Any, timeout: float | None = None
    ) -> Future[Any]:
        """Returns what will hold the answer, the function's own exception, or a `Lost`.

        Function, arguments and answer can be pickled; the function stands in a module. A
        timeout [s] is one run's limit: the function says `alive()` after each run.
        """
        ...


Executor = Callable[[Options], AbstractContextManager[Pool]]


def optional(module: str) -> Any:
    """Returns a module of the extra `cluster`; a UserError says how to install it."""
    try:
        return import_module(module)
    except ImportError as problem:
        raise UserError(
            f"This executor needs {module.partition('.')[0]!r}: pip install 'cocreate[cluster]'"
        ) from problem


def _executor_in(module: ModuleType, name: str) -> Executor:
    """Returns the executor that a file defines."""
    executor = getattr(module, name)
    if not callable(executor):
        raise TypeError
    return executor  # type: ignore[no-any-return]


EXECUTORS: Registry[Executor] = Registry("executor", sys.modules[__name__], _executor_in)
