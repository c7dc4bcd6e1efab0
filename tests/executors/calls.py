"""What workers are told to call in tests: a worker imports it from this folder."""

import os
import signal
import sys
import time
from pathlib import Path

from sim.executors import alive


def add(left, right):
    return left + right


def say(word):
    return word


def shout(word):
    print(word)
    return word


def process(*_):
    return os.getpid()


def words():
    """How this process was called: a fork is called like its parent."""
    return Path("/proc/self/cmdline").read_bytes()


def threads():
    return len(list(Path("/proc/self/task").iterdir()))


def write_to(number, text):
    return os.write(number, text)


def variable(name):
    return os.environ.get(name)


def chunk(start, stop):
    return start, stop


def slow(start, stop):
    time.sleep(0.05 * (stop - start))
    return start, stop


def sleep(seconds):
    time.sleep(seconds)


def sleep_long(start, stop):
    time.sleep(1000)


def fail(message):
    raise ValueError(message)


def run_out_of_memory():
    raise MemoryError


def take(n_bytes):
    return len(bytearray(n_bytes))


def leave(code):
    sys.exit(code)


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at_37(start, stop):
    if start <= 37 < stop:
        kill()
    return start, stop


def kill_once(folder, start, stop):
    """Leaves its process's number; the first that comes to run 7 is killed."""
    time.sleep(0.05 * (stop - start))
    Path(folder, str(os.getpid())).touch()
    if start <= 7 < stop:
        try:
            Path(folder, "killed").touch(exist_ok=False)
        except FileExistsError:
            return start, stop
        kill()
    return start, stop


def hang_at_7(start, stop):
    from compiled import endless

    for run in range(start, stop):
        if run == 7:
            endless(1)
        alive()
    return start, stop


def hang(folder, *_):
    """Compiled code that never ends, after leaving its process's number."""
    from compiled import endless

    endless(0)
    Path(folder, str(os.getpid())).touch()
    endless(1)


def unsendable():
    return lambda: None


class OddError(Exception):
    """An exception that pickles but cannot be built again."""

    def __init__(self, left, right):
        super().__init__(f"{left} and {right}")


def raise_odd():
    raise OddError(1, 2)
