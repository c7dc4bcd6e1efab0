"""The processes of one MPI job: rank 0 hands out, all others work.

MPI ends the whole job when one of its processes ends, so neither a lost worker nor a limit of time
is anything one could go on from: the parts of the study are there, and the same command resumes.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from sim.errors import UserError
from sim.executors import Options, Pool, optional
from sim.executors._call import call

LAUNCHER = "mpi4py.futures"


@contextmanager
def mpi(options: Options) -> Iterator[Pool]:
    """Runs in an MPI job: mpiexec -n 9 python -m mpi4py.futures -m sim sweep ... --executor mpi."""
    options.refuse("mpi", "workers", "start", "address")
    if LAUNCHER not in sys.orig_argv:
        raise UserError(
            "The executor 'mpi' works within an MPI job: mpiexec -n 9 python -m mpi4py.futures "
            "-m sim sweep ... --executor mpi (8 workers and one that hands out)"
        )
    executor = optional(LAUNCHER).MPIPoolExecutor(main=False)  # no script runs in workers
    pool = _Mpi(executor)
    try:
        if not pool.workers:
            raise UserError("This MPI job has no worker: mpiexec needs -n 2 or more")
        yield pool
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


class _Mpi:
    """The other ranks."""

    keeps_time_limit = False
    exact_losses = True
    here = False

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        self.workers: int = executor.num_workers

    def submit(
        self, function: Callable[..., Any], *arguments: Any, timeout: float | None = None
    ) -> Future[Any]:
        """Returns what will hold the answer."""
        future: Future[Any] = self._executor.submit(call, function, arguments)
        return future
