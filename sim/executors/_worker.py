"""A worker process: it reads calls from one pipe, answers on it, and ends when the pipe does.

It is started as a module of its own, not by multiprocessing, which would run the user's script
again in every worker: so a script needs no `if __name__ == "__main__"`, and a notebook, or a
script on standard input, works as well.
"""

import gc
import logging
import os
import pickle
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any

from sim.errors import UserError
from sim.executors._call import call
from sim.executors._limits import limit_memory

UNTIL_READY = {signal.SIGINT, signal.SIGTERM}  # what a fork must not take as its parent would
ENDED_BY_RUN = 2  # the exit code of a worker in which a run wanted to end Python


def main(pipe: Connection, memory: int | None) -> None:
    """Answers calls until the pipe ends; never returns.

    A thread watches the pipe: when whoever holds its other end is gone, however it ended, so is
    this process, at once and amid a run. (Kernels leave the thread room, as they release the GIL.)
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, UNTIL_READY)
    sys.stdout = sys.stderr  # what a run prints is no part of the study's own answer
    logging.getLogger("sim").setLevel(logging.ERROR)  # warnings were given where all this started
    if memory is not None:
        limit_memory(memory)
    calls: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_read, args=(pipe, calls), daemon=True).start()
    pipe.send(None)  # ready
    while True:
        answer = _answer(calls.get())
        if not gc.isenabled():
            gc.freeze()  # what the first call has loaded is there to stay
            gc.enable()
        try:
            pipe.send(answer)
        except OSError:
            os._exit(0)
        except Exception as problem:
            pipe.send((False, _told(problem)))


def _read(pipe: Connection, calls: "SimpleQueue[bytes]") -> None:
    while True:
        try:
            calls.put(pipe.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)


def _answer(message: bytes) -> tuple[bool, Any]:
    """Returns whether a call succeeded, and its answer or exception."""
    try:
        function, arguments, timeout = pickle.loads(message)  # noqa: S301 - from our own pool
    except (AttributeError, ImportError) as problem:
        return False, UserError(
            f"A worker process cannot import what it shall call ({problem}); put it into a module, "
            "a file of its own: a script's or a notebook's own functions are not seen from there"
        )
    try:
        return True, call(function, arguments, timeout)
    except Exception as problem:
        return False, _told(problem)
    except BaseException:  # sys.exit, most of all
        os._exit(ENDED_BY_RUN)


def _told(problem: Exception) -> Exception:
    """The exception, with where it was raised as a note; its stack stays behind in this process."""
    try:
        pickle.loads(pickle.dumps(problem))  # noqa: S301 - made in the line itself
    except Exception:
        problem = RuntimeError(f"{type(problem).__name__}: {problem}").with_traceback(
            problem.__traceback__
        )
    problem.add_note("In a worker process:\n" + "".join(traceback.format_exception(problem)))
    return problem
