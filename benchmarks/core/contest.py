"""Whole commands that take turns, as the machine may be faster in one minute than in the next.

A command is a process group of its own, which is stopped (SIGSTOP) unless it is its turn. It says
READY when it has loaded what it needs, begins when it reads a line, and prints a number at its end.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module

READY = "ready"


class Contestant:
    """A command; `turn` is how long its turns are [s], `seconds` how long all of them were."""

    def __init__(self, process: "subprocess.Popen[str]", turn: float) -> None:
        self.turn, self.seconds = turn, 0.0
        self.answer: float | None = None
        self._process = process

    def get_ready(self) -> None:
        """Waits until it is ready, and stops it until its first turn."""
        self._heard()
        self._signal(signal.SIGSTOP)
        assert self._process.stdin is not None
        print("go", file=self._process.stdin, flush=True)

    def take_turn(self) -> None:
        """Lets it work for a turn, or until it is done."""
        began = time.perf_counter()
        self._signal(signal.SIGCONT)
        done, _, _ = select.select([self._process.stdout], [], [], self.turn)
        self.seconds += time.perf_counter() - began
        if done:
            self.answer = float(self._heard())
            self._process.wait()
        else:
            self._signal(signal.SIGSTOP)

    def _heard(self) -> str:
        """Returns the next line it prints; a ChildProcessError if it has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ChildProcessError(f"ended without an answer: {self._process.args!r}")
        return line

    def _signal(self, number: int) -> None:
        os.killpg(self._process.pid, number)


@contextmanager
def begun(command: Sequence[str], turn: float) -> Iterator[Contestant]:
    """Starts a command, and ends it with all that it has started."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, start_new_session=True
    ) as process:
        try:
            yield Contestant(process, turn)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def contest(commands: Sequence[tuple[Sequence[str], float]]) -> list[tuple[float, float]]:
    """Returns how long each command took [s], and its answer; with each stands its turn [s]."""
    with ExitStack() as stack:
        all_of_them = [stack.enter_context(begun(*one)) for one in commands]
        for contestant in all_of_them:
            contestant.get_ready()
        while going_on := [one for one in all_of_them if one.answer is None]:
            for contestant in going_on:
                contestant.take_turn()
        return [(one.seconds, one.answer) for one in all_of_them if one.answer is not None]


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
