"""A Dask cluster: whatever workers a scheduler has, or jobs of ours in a cluster's queue."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

from sim.errors import UserError
from sim.executors import Options, Pool, WorkerLost, optional
from sim.executors._call import call

QUEUES = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "lsf": "LSFCluster",
}
CONNECTING = "20s"
COUNT_EVERY = 5.0  # seconds for which the number of workers is taken to stay
COMPLAIN_EVERY = 30.0  # seconds


@contextmanager
def dask(options: Options) -> Iterator[Pool]:
    """Runs on a Dask cluster: a scheduler's address, or slurm, pbs, sge, lsf for jobs of ours."""
    options.refuse("dask", "start")
    distributed = optional("distributed")
    with _scheduler(options) as scheduler:
        try:
            client = distributed.Client(scheduler, timeout=CONNECTING, set_as_default=False)
        except (OSError, ValueError) as problem:
            raise UserError(f"No Dask scheduler answers at {options.address}: {problem}") from None
        with client:
            pool = _Dask(client, distributed.KilledWorker)
            try:
                yield pool
            finally:
                pool.close()


def _scheduler(options: Options) -> AbstractContextManager[Any]:
    """The scheduler that an address names; of a queue's jobs it is in this process."""
    if not options.address:
        raise UserError(
            "The executor 'dask' needs the address of a scheduler, such as tcp://node1:8786, or "
            f"the name of a queue: {', '.join(QUEUES)}"
        )
    if options.address not in QUEUES:
        return nullcontext(options.address)
    if options.workers is None:
        raise UserError(f"How many workers shall {options.address} be asked for? Say `workers`")
    memory = f"{options.memory or 2 * 10**9} B"
    job = {
        "cores": 1,
        "processes": 1,
        "memory": memory,
        "scheduler_options": {"dashboard": False},
        **options.job,
    }
    start = getattr(optional("dask_jobqueue"), QUEUES[options.address])
    # Which chunk is done again after a worker was lost is our business.
    with optional("dask").config.set({"distributed.scheduler.allowed-failures": 0}):
        cluster: AbstractContextManager[Any] = start(n_workers=options.workers, **job)
    return cluster


class _Dask:
    """A pool of Dask's workers, however many there are at the time."""

    keeps_time_limit = True
    exact_losses = False  # Dask hands a worker one call more than it is at
    here = False

    def __init__(self, client: Any, killed: type[Exception]) -> None:
        self._client = client
        self._killed = killed
        self._counted = (0, -COUNT_EVERY)
        self._closed = threading.Event()
        threading.Thread(target=self._complain, daemon=True).start()

    @property
    def workers(self) -> int:
        """How many workers there are, or were asked for; a UserError if they share processes."""
        n_workers, when = self._counted
        if time.monotonic() - when > COUNT_EVERY:
            threads = self._client.nthreads()
            if any(number > 1 for number in threads.values()):
                raise UserError(
                    "Start Dask's workers with one thread each: dask worker --nthreads 1"
                )
            n_workers = max(1, len(threads))
            self._counted = n_workers, time.monotonic()
        return n_workers

    def submit(
        self, function: Callable[..., Any], *arguments: Any, timeout: float | None = None
    ) -> Future[Any]:
        """Returns what will hold the answer."""
        from asyncio import run_coroutine_threadsafe  # which takes a while to load

        asked = self._client.submit(call, function, arguments, timeout, pure=False, retries=0)
        answer = self._answer(asked, timeout)
        return run_coroutine_threadsafe(answer, self._client.loop.asyncio_loop)

    def close(self) -> None:
        """Lets go of what is not done; what runs on a worker runs to its end there."""
        self._closed.set()

    async def _answer(self, asked: Any, timeout: float | None) -> Any:
        """Brings the answer here; Dask's own executor may wait forever if a worker is lost."""
        try:
            return await self._client.gather(asked, asynchronous=True)
        except self._killed:
            limit = f", or a run took longer than its limit of {timeout:g} s" if timeout else ""
            raise WorkerLost(f"the Dask worker was lost{limit}") from None
        except CancelledError:  # by Dask; it is another one when we cancel
            raise ConnectionError("the Dask scheduler is gone, or has let go of a call") from None

    def _complain(self) -> None:
        """Says, in a thread, when there is no worker to be waited for."""
        while not self._closed.wait(COMPLAIN_EVERY):
            with suppress(Exception):  # without a scheduler it is the calls that tell
                if not self._client.nthreads():
                    logging.getLogger("sim").warning("cocreate: there is no Dask worker; waiting")
