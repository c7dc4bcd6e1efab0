import os
import signal
import threading
from concurrent.futures import Future
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dispatch import AHEAD, Terminated, dispatch
from sim.executors import Options, OutOfMemory, TimedOut, WorkerLost
from sim.executors.serial import serial


class Paper:
    """A pool on paper: calls are made at once, and a `Lost` that they raise is what one gets."""

    exact_losses = True

    def __init__(self, workers=2):
        self.workers = workers
        self.timeouts = []

    def submit(self, function, *arguments, timeout=None):
        self.timeouts.append(timeout)
        future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as problem:
            future.set_exception(problem)
        return future


class Waiting:
    """A pool that does nothing until it is told to."""

    exact_losses = True

    def __init__(self, workers):
        self.workers = workers
        self.futures = []

    def submit(self, function, *arguments, timeout=None):
        self.futures.append(Future())
        return self.futures[-1]


class Together:
    """A pool in which all that is out at a time is lost together."""

    exact_losses = False
    workers = 2

    def __init__(self, bad):
        self.bad = bad
        self.out = []
        self.lock = threading.Lock()

    def submit(self, function, start, stop, timeout=None):
        future = Future()
        with self.lock:
            self.out.append((start, future))
            if len(self.out) == 1:
                threading.Timer(0.02, self.end).start()
        return future

    def end(self):
        with self.lock:
            out, self.out = self.out, []
        lost = any(start in self.bad for start, _ in out)
        for start, future in out:
            if lost:
                future.set_exception(WorkerLost("lost"))
            else:
                future.set_result(start)


def ranges(n, size):
    return ((start, min(n, start + size)) for start in range(0, n, size))


def run_all(function, chunks, pool=None, **more):
    receipts, given_up = [], {}
    pool = pool or Paper()
    dispatch(pool, function, chunks, receipts.append, give_up=given_up.__setitem__, **more)
    return receipts, given_up


def losing(bad, reason=WorkerLost, calls=None):
    def function(start, stop):
        if calls is not None:
            calls.append((start, stop))
        if any(start <= run < stop for run in bad):
            raise reason("lost")
        return start, stop

    return function


def test_dispatch__does_every_chunk_once_and_passes_the_limit_on():
    pool = Paper()
    receipts, given_up = run_all(losing([]), ranges(100, 7), pool, per_run_seconds=3.0)
    assert sorted(receipts) == list(ranges(100, 7))
    assert given_up == {}
    assert set(pool.timeouts) == {3.0}


def test_dispatch__of_nothing_returns():
    assert run_all(losing([]), []) == ([], {})


def test_chunk_lost_once__is_tried_again_as_it_was_and_that_is_said(caplog):
    calls = []

    def function(start, stop):
        calls.append((start, stop))
        if calls.count((4, 8)) == 1 and start == 4:
            raise WorkerLost("the worker process ended")
        return start, stop

    receipts, given_up = run_all(function, ranges(12, 4))
    assert sorted(receipts) == list(ranges(12, 4))
    assert sorted(calls) == [(0, 4), (4, 8), (4, 8), (8, 12)]
    assert given_up == {}
    said = "cocreate: runs 4 to 7 are done again: the worker process ended"
    assert caplog.messages == [said]


@pytest.mark.parametrize("reason", [WorkerLost, TimedOut, OutOfMemory])
def test_r27_run_at_fault__fails_alone_twice_before_it_is_blamed(reason):
    calls = []
    receipts, given_up = run_all(losing([5], reason, calls), ranges(12, 8))
    assert list(given_up) == [5]
    assert isinstance(given_up[5], reason)
    assert calls.count((5, 6)) == 2
    assert calls.count((0, 8)) == 2
    assert calls.count((4, 8)) == 1
    assert sorted(receipts) == [(0, 4), (4, 5), (6, 8), (8, 12)]


def test_r27_run_beside_the_one_at_fault__is_not_blamed():
    receipts, given_up = run_all(losing([]), ranges(12, 1), Together(bad={3, 7}))
    assert set(given_up) == {3, 7}
    assert sorted(receipts) == [0, 1, 2, 4, 5, 6, 8, 9, 10, 11]


@given(
    n=st.integers(1, 60),
    size=st.integers(1, 60),
    bad=st.sets(st.integers(0, 59)),
    workers=st.integers(1, 4),
)
def test_dispatch__does_all_but_the_runs_at_fault(n, size, bad, workers):
    receipts, given_up = run_all(losing(bad), ranges(n, size), Paper(workers))
    done = [run for start, stop in receipts for run in range(start, stop)]
    assert sorted([*done, *given_up]) == list(range(n))
    assert set(given_up) == {run for run in bad if run < n}


def test_few_chunks_are_out_at_a_time__whatever_their_number():
    pool = Waiting(workers=3)
    taken = []

    def endless():
        for start in count():
            taken.append(start)
            yield start, start + 1

    def on_receipt(receipt):
        assert len(taken) == len(pool.futures) == AHEAD * pool.workers
        raise RuntimeError(receipt)

    waiter = threading.Timer(0.2, lambda: pool.futures[2].set_result("enough"))
    waiter.start()
    with pytest.raises(RuntimeError, match="enough"):
        dispatch(pool, losing([]), endless(), on_receipt, give_up=print)
    waiter.join()
    assert [future.cancelled() for future in pool.futures] == [n != 2 for n in range(6)]


def test_other_exception__ends_the_dispatch():
    def function(start, stop):
        if start == 20:
            raise OSError("No space left on device")
        return start

    receipts = []
    with pytest.raises(OSError, match="No space left"):
        dispatch(Paper(1), function, ranges(1000, 10), receipts.append, give_up=print)
    assert receipts[:2] == [0, 10]
    assert len(receipts) < 4


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)]
)
def test_signal__ends_the_dispatch_and_the_old_handler_is_back(number, expected):
    before = signal.getsignal(signal.SIGTERM)
    calls = []

    def function(start, stop):
        calls.append(start)
        if start == 3:
            os.kill(os.getpid(), number)
        return start

    receipts = []
    with serial(Options()) as pool, pytest.raises(expected) as raised:
        dispatch(pool, function, ranges(100, 1), receipts.append, give_up=print)
    assert raised.type is expected
    assert signal.getsignal(signal.SIGTERM) == before
    assert calls == [0, 1, 2, 3]


def test_dispatch__works_in_another_thread():
    receipts = []

    def work():
        dispatch(Paper(), losing([]), ranges(10, 5), receipts.append, give_up=print)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert sorted(receipts) == [(0, 5), (5, 10)]
