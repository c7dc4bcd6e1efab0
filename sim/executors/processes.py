"""Worker processes on this machine: the default.

Each worker has a pipe and a thread of its own, and workers share nothing. So one that is killed,
at whatever moment, costs the call it was at and no other, and it is known which.
"""

import gc
import math
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NoReturn

from sim.errors import UserError, unknown
from sim.executors import Options, Pool, TimedOut, WorkerLost, _worker, cores
from sim.executors._limits import TIMED_OUT

STARTS = ("auto", "fork", "spawn")
TRIES = 20  # to start a worker that is killed before it is ready
THREADS = (
    "NUMBA_NUM_THREADS OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS "
    "VECLIB_MAXIMUM_THREADS NUMEXPR_NUM_THREADS ARROW_IO_THREADS"
)
ALONE = dict.fromkeys(THREADS.split(), "1")  # as there is a worker for each core
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
    """A pool of worker processes: forked at once, or spawned when there is a call for one."""

    keeps_time_limit = True
    exact_losses = True
    here = True

    def __init__(self, options: Options) -> None:
        self.workers = options.workers or cores()
        self._options = options
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._lock = Lock()  # of the two below
        self._running: set[_Worker] = set()
        self._closed = False
        first, self._later = _ways(options)
        forks = [self._begin(first) if first == "fork" else None for _ in range(self.workers)]
        self._threads = [Thread(target=self._work, args=(fork,), daemon=True) for fork in forks]
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

    def _work(self, fork: "_Worker | None") -> None:
        """Hands calls to one worker after the other, the fork first, in a thread."""
        worker: _Worker | None = None
        n_calls = 0
        while (call := self._calls.get()) is not None:
            if self._closed or not call.future.set_running_or_notify_cancel():
                call.future.cancel()
                continue
            try:
                if worker is None:
                    worker, n_calls = self._start(fork), 0
                    fork = None
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

    def _start(self, fork: "_Worker | None") -> "_Worker":
        """Returns a worker that is ready, the fork if there is one; an OSError if none can be."""
        for _ in range(TRIES):
            worker = fork or self._begin(self._later)
            fork = None
            if worker.ready():
                return worker
            self._end(worker)
            if worker.exit_code is None or worker.exit_code >= 0:
                break  # it was not killed: it would end in the same way again
        raise ChildProcessError(
            f"no worker process can start: it {_how_it_ended(worker.exit_code)}"
        )

    def _begin(self, way: str) -> "_Worker":
        """Returns a new worker, ready or not."""
        with self._lock:
            if self._closed:
                raise WorkerLost("the study is being stopped")
            worker = _Worker(way, self._options.memory)
            self._running.add(worker)
        return worker

    def _end(self, worker: "_Worker") -> None:
        with self._lock:
            self._running.discard(worker)
        worker.close()


def _ways(options: Options) -> tuple[str, str]:
    """Returns how the first workers are started, and how those that take their place later.

    A fork works at once, with all that is loaded here. But what another thread holds at that moment
    nobody ever gives back to it, and with a limit on memory it would lack what Arrow reserves.
    """
    if options.start != "auto":
        return options.start, options.start
    alone = threading.active_count() == 1
    safe = alone and sys.platform == "linux" and options.memory is None
    return ("fork" if safe else "spawn"), "spawn"


@dataclass(frozen=True)
class _Call:
    """What a worker shall do, and who waits for it."""

    future: Future[Any]
    message: bytes
    timeout: float | None


class _Worker:
    """One process and our end of its pipe."""

    def __init__(self, way: str, memory: int | None) -> None:
        self.exit_code: int | None = None
        self.ended = False
        self._pipe, theirs = multiprocessing.Pipe()
        with theirs:
            start = _Forked if way == "fork" else _spawned
            self._process: _Forked | subprocess.Popen[bytes] = start(theirs, memory)

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

    def __init__(self, theirs: Connection, memory: int | None) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _worker.UNTIL_READY)
        try:
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
                self._pid = os.fork()  # Python warns wherever a library has a thread
            if self._pid == 0:
                _forked(theirs, memory)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._exit_code: int | None = None
        self._lock = Lock()  # else the number of a process that was waited for might be another's

    def kill(self) -> None:
        """Ends the process at once."""
        with self._lock:
            if self._exit_code is None:
                os.kill(self._pid, signal.SIGKILL)

    def wait(self, timeout: float = math.inf) -> int:
        """Returns the exit code, negative for a signal; a TimeoutExpired if there is none yet."""
        end = time.monotonic() + timeout
        while (exit_code := self._poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("worker", timeout)
            time.sleep(0.0005)
        return exit_code

    def _poll(self) -> int | None:
        with self._lock:
            if self._exit_code is None:
                pid, status = os.waitpid(self._pid, os.WNOHANG)
                self._exit_code = os.waitstatus_to_exitcode(status) if pid else None
            return self._exit_code


def _forked(theirs: Connection, memory: int | None) -> NoReturn:
    """Lets go of what a fork gets but must not hold, such as others' pipes, and works."""
    try:
        gc.disable()  # as in `BOOT`: looking at all that is loaded would copy it
        os.environ.update(ALONE)
        null = os.open(os.devnull, os.O_RDWR)  # not closed: who has a number might use it again
        numbers = {0, *(int(path.name) for path in Path("/dev/fd").iterdir())}
        for number in numbers - {1, 2, theirs.fileno()}:
            with suppress(OSError):  # the list itself, which is closed by now
                os.dup2(null, number)
        _worker.main(theirs, memory)
    finally:
        os._exit(1)


def _spawned(theirs: Connection, memory: int | None) -> "subprocess.Popen[bytes]":
    """Starts a process that has nothing but what it imports."""
    # Arrow's own allocator reserves a gigabyte of addresses, which would count as memory taken.
    environment = {**os.environ, **ALONE, "ARROW_DEFAULT_MEMORY_POOL": "system"}
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
