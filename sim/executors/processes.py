"""Worker processes on this machine: the default.

Each worker has a pipe and a thread of its own, and workers share nothing. So one that is killed,
at whatever moment, costs the call it was at and no other, and it is known which.
"""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

from sim.errors import UserError, unknown
from sim.executors import Options, Pool, TimedOut, WorkerLost, _worker, cores
from sim.executors._limits import TIMED_OUT

STARTS = ("spawn", "fork")
TRIES = 20  # to start a worker that is killed before it is ready
ALONE = (  # one compiled thread each, as there is a worker for each core
    "NUMBA_NUM_THREADS OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS "
    "VECLIB_MAXIMUM_THREADS NUMEXPR_NUM_THREADS ARROW_IO_THREADS"
).split()
BOOT = (  # without looking for garbage among all that is loaded: `_worker` begins to, afterwards
    "import gc, signal, sys; gc.disable(); "
    "signal.signal(signal.SIGINT, signal.SIG_IGN); sys.path[:] = sys.argv[3:]; "
    "from multiprocessing.connection import Connection; from sim.executors._worker import main; "
    "main(Connection(int(sys.argv[1])), int(sys.argv[2]) or None)"
)


@contextmanager
def processes(options: Options) -> Iterator[Pool]:
    """Runs in worker processes, one for each core unless `workers` says otherwise."""
    options.refuse("processes", "address")
    if options.start not in STARTS:
        raise unknown("way to start processes", options.start, STARTS)
    pool = _Processes(options)
    try:
        yield pool
    finally:
        pool.close()


class _Processes:
    """A pool of worker processes; each is started when there is a call for it."""

    keeps_time_limit = True
    exact_losses = True

    def __init__(self, options: Options) -> None:
        self.workers = options.workers or cores()
        self._options = options
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._lock = Lock()  # of the two below; also, no process is forked while another starts
        self._running: set[_Worker] = set()
        self._closed = False
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(self.workers)]
        for thread in self._threads:
            thread.start()

    def submit(
        self, function: Callable[..., Any], *arguments: Any, timeout: float | None = None
    ) -> Future[Any]:
        """Returns what will hold the answer; a UserError if a worker could not be told the call."""
        try:
            message = pickle.dumps((function, arguments, timeout))
        except (pickle.PicklingError, AttributeError, TypeError) as problem:
            raise UserError(
                f"A worker process cannot be told to call {function!r} ({problem}); put it into a "
                "module, a file of its own"
            ) from problem
        future: Future[Any] = Future()
        self._calls.put(_Call(future, message, timeout))
        return future

    def close(self) -> None:
        """Ends all processes, whatever they are at."""
        with self._lock:
            self._closed = True
            for worker in self._running:
                worker.kill()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        """Hands calls to one worker after the other, in a thread."""
        worker: _Worker | None = None
        n_calls = 0
        while (call := self._calls.get()) is not None:
            if self._closed or not call.future.set_running_or_notify_cancel():
                call.future.cancel()
                continue
            try:
                if worker is None:
                    worker, n_calls = self._start(), 0
                succeeded, answer = worker.ask(call)
                n_calls += 1
            except Exception as problem:  # also of an answer that cannot be read
                succeeded, answer = False, problem
            if worker is not None and (worker.ended or n_calls >= self._options.renew_after):
                self._end(worker)
                worker = None
            if succeeded:
                call.future.set_result(answer)
            else:
                call.future.set_exception(answer)
        if worker is not None:
            self._end(worker)

    def _start(self) -> "_Worker":
        """Returns a worker that is ready; an OSError if none can be had."""
        for _ in range(TRIES):
            with self._lock:
                if self._closed:
                    raise WorkerLost("the study is being stopped")
                worker = _Worker(self._options, self._running)
                self._running.add(worker)
            if worker.ready():
                return worker
            self._end(worker)
            if worker.exit_code is None or worker.exit_code >= 0:
                break  # it was not killed: it would end in the same way again
        raise ChildProcessError(
            f"no worker process can start: it {_how_it_ended(worker.exit_code)}"
        )

    def _end(self, worker: "_Worker") -> None:
        with self._lock:
            self._running.discard(worker)
        worker.close()


@dataclass(frozen=True)
class _Call:
    """What a worker shall do, and who waits for it."""

    future: Future[Any]
    message: bytes
    timeout: float | None


class _Worker:
    """One process and our end of its pipe."""

    def __init__(self, options: Options, siblings: "set[_Worker]") -> None:
        self.exit_code: int | None = None
        self.ended = False
        self._pipe, theirs = multiprocessing.Pipe()
        with theirs:
            if options.start == "fork":
                ours = [self._pipe, *(sibling._pipe for sibling in siblings)]
                self._process: _Forked | subprocess.Popen[bytes] = _Forked(
                    theirs, ours, options.memory
                )
            else:
                self._process = _spawned(theirs, options.memory)

    def ready(self) -> bool:
        """Returns whether it has come up, once it has or has not."""
        try:
            self._pipe.recv()
        except (EOFError, OSError):
            return False
        return True

    def ask(self, call: _Call) -> tuple[bool, Any]:
        """Returns whether a call succeeded, and its answer or exception."""
        try:
            self._pipe.send_bytes(call.message)
            succeeded, answer = self._pipe.recv()
        except (EOFError, OSError):
            self.close()
            if call.timeout is not None and self.exit_code == TIMED_OUT:
                raise TimedOut(f"a run took longer than its limit of {call.timeout:g} s") from None
            raise WorkerLost(f"the worker process {_how_it_ended(self.exit_code)}") from None
        return succeeded, answer

    def kill(self) -> None:
        """Ends the process at once, even amid compiled code."""
        self._process.kill()

    def close(self) -> None:
        """Ends the process and lets go of the pipe."""
        if self.ended:
            return
        self.ended = True
        self._pipe.close()  # makes it end, if it has not
        try:
            self.exit_code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.exit_code = self._process.wait()


class _Forked:
    """A forked process, to be handled like one of `subprocess`."""

    def __init__(self, theirs: Connection, ours: list[Connection], memory: int | None) -> None:
        self._process = multiprocessing.get_context("fork").Process(
            target=_forked, args=(theirs, ours, memory), daemon=True
        )
        self._process.start()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        return self._process.exitcode


def _forked(theirs: Connection, ours: list[Connection], memory: int | None) -> None:
    """Lets go of the ends of pipes that a forked process got with all else, and works."""
    for pipe in ours:
        pipe.close()
    _worker.main(theirs, memory)


def _spawned(theirs: Connection, memory: int | None) -> "subprocess.Popen[bytes]":
    """Starts a process that has nothing but what it imports."""
    alone = dict.fromkeys(ALONE, "1")
    # Arrow's own allocator reserves a gigabyte of addresses, which would count as memory taken.
    environment = {**os.environ, **alone, "ARROW_DEFAULT_MEMORY_POOL": "system"}
    words = [str(theirs.fileno()), str(memory or 0), *sys.path]
    return subprocess.Popen(
        [sys.executable, "-c", BOOT, *words],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        env=environment,
    )


def _how_it_ended(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    short = " (as happens when the machine runs out of memory)" if name == "SIGKILL" else ""
    return f"was ended by {name}{short}"
