"""Whole commands, one after the other: each is a process of its own that waits for its turn.

A command says READY when it has loaded what it needs, begins when it reads a line, and prints a
number at its end.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module

READY = "ready"


@contextmanager
def begun(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """Starts a command, and ends it with all that it has started."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def heard(process: "subprocess.Popen[str]") -> str:
    """Returns the next line a command prints; a ChildProcessError if it has ended."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise ChildProcessError(f"ended without an answer: {process.args!r}")
    return line


def timed(process: "subprocess.Popen[str]") -> tuple[float, float]:
    """Lets a command that is ready work; returns how long it took [s], and its answer."""
    assert process.stdin is not None
    began = time.perf_counter()
    print("go", file=process.stdin, flush=True)
    answer = heard(process)
    seconds = time.perf_counter() - began
    process.wait()
    return seconds, float(answer)


def contest(commands: Sequence[Sequence[str]]) -> list[tuple[float, float]]:
    """Returns how long each command took [s], and its answer; no two work at once."""
    with ExitStack() as stack:
        processes = [stack.enter_context(begun(command)) for command in commands]
        for process in processes:
            heard(process)
        return [timed(process) for process in processes]


def command(function: Callable[..., float], *words: object) -> list[str]:
    """Returns the command that calls a module's function with words and prints its answer."""
    place = [function.__module__, function.__name__]
    return [sys.executable, "-m", "benchmarks.core.contest", *place, *map(str, words)]


def take_part(module: str, name: str, *words: str) -> None:
    """Does what a command is for, when told so."""
    function = getattr(import_module(module), name)
    print(READY, flush=True)
    sys.stdin.readline()
    print(function(*words), flush=True)


if __name__ == "__main__":
    take_part(*sys.argv[1:])
