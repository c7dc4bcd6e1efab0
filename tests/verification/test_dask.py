"""A real Dask cluster on this machine, of which a worker is killed in the middle of a study."""

import functools
import importlib
import os
import signal
import stat
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from sim.dispatch import dispatch
from sim.errors import UserError
from sim.executors import Options, WorkerLost
from sim.executors.dask import dask

pytest.importorskip("distributed", reason="needs the extra `cluster`")

pytestmark = pytest.mark.slow

HERE = Path(__file__).parents[1] / "executors"
STRICT = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}


@pytest.fixture(autouse=True)
def global_random_state_is_left_alone():
    """Dask's connections draw from it how long they wait; nothing of ours looks at it."""


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    paths = [str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    return importlib.import_module("calls")


@pytest.fixture(autouse=True)
def nothing_waits_forever():
    def give_up(*_):
        raise TimeoutError("five minutes have passed")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def cluster(calls):
    return importlib.import_module("dask_cluster").cluster


def workers_of(pool, n):
    """The processes of so many workers, once they are there."""
    calls = importlib.import_module("calls")
    found = set()
    end = time.monotonic() + 60
    while len(found) < n:
        assert time.monotonic() < end
        waiting = [pool.submit(calls.process, number) for number in range(2 * n)]
        found |= {future.result() for future in waiting}
    return found


def test_worker_killed_in_mid_study__loses_and_doubles_nothing(cluster, calls, tmp_path):
    receipts, given_up = [], []
    chunks = [(start, start + 2) for start in range(0, 200, 2)]
    plain = cluster(tmp_path, nanny=False)
    with plain as (address, workers), dask(Options(address=address)) as pool:
        victim = workers_of(pool, 2).pop()
        timer = threading.Timer(2.0, os.kill, (victim, signal.SIGKILL))
        timer.start()
        dispatch(pool, calls.slow, chunks, receipts.append, give_up=given_up.append)
        assert not timer.is_alive()
        assert -signal.SIGKILL in [worker.poll() for worker in workers]
    assert sorted(receipts) == chunks
    assert given_up == []


def test_run_that_kills_its_worker__is_found(cluster, calls, tmp_path):
    receipts, given_up = [], {}
    strict = {**os.environ, **STRICT}
    with cluster(tmp_path, environment=strict) as (address, _), dask(Options(address=address)) as p:
        workers_of(p, 2)
        chunks = [(30, 34), (34, 38), (38, 42)]
        dispatch(p, calls.kill_at_37, chunks, receipts.append, give_up=given_up.__setitem__)
    done = [run for start, stop in receipts for run in range(start, stop)]
    assert sorted(done) == [run for run in range(30, 42) if run != 37]
    assert list(given_up) == [37]
    assert isinstance(given_up[37], WorkerLost)


def test_time_limit__holds_in_compiled_code(cluster, calls, tmp_path):
    given_up = {}
    strict = {**os.environ, **STRICT}
    with cluster(tmp_path, environment=strict) as (address, _), dask(Options(address=address)) as p:
        workers_of(p, 2)
        dispatch(
            p,
            calls.hang_at_7,
            [(7, 8)],
            print,
            give_up=given_up.__setitem__,
            per_run_seconds=5.0,
        )
    assert "its limit of 5 s" in str(given_up[7])


def test_workers_with_threads__are_refused(cluster, calls, tmp_path):
    threaded = cluster(tmp_path, n_workers=1, threads=2)
    with threaded as (address, _), dask(Options(address=address)) as pool:
        assert pool.submit(calls.add, 1, 2).result() == 3
        with pytest.raises(UserError, match="--nthreads 1"):
            dispatch(pool, calls.chunk, [(0, 1)], print, give_up=print)


def test_scheduler_that_is_gone__is_an_error_and_no_endless_waiting(cluster, calls, tmp_path):
    with ExitStack() as stack, ExitStack() as server:
        address, _ = server.enter_context(cluster(tmp_path, n_workers=1))
        pool = stack.enter_context(dask(Options(address=address)))
        workers_of(pool, 1)
        timer = threading.Timer(2.0, server.close)
        timer.start()
        with pytest.raises(OSError, match="scheduler"):
            dispatch(pool, calls.slow, ((n, n + 1) for n in range(10000)), print, give_up=print)
        timer.join()


def test_address__must_be_given_and_answer(monkeypatch):
    with pytest.raises(UserError, match="slurm, pbs, sge, lsf"), dask(Options()):
        pass
    with pytest.raises(UserError, match="Say `workers`"), dask(Options(address="pbs")):
        pass
    monkeypatch.setattr("sim.executors.dask.CONNECTING", "1s")
    nobody = Options(address="tcp://127.0.0.1:9")
    with pytest.raises(UserError, match="No Dask scheduler answers at tcp:"), dask(nobody):
        pass


SBATCH = """#!/bin/sh
cp "$1" "$0.$$.job"
setsid sh "$0.$$.job" >"$0.$$.log" 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
for job; do kill -- "-$job"; done
"""


def test_queue__is_asked_for_workers(calls, tmp_path, monkeypatch):
    """A queue on paper: its commands run the real jobs of dask-jobqueue at once."""
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    receipts = []
    job = {"walltime": "00:10:00", "interface": "lo"}
    with dask(Options(workers=2, address="slurm", job=job, memory=10**9)) as pool:
        dispatch(
            pool,
            functools.partial(calls.kill_once, str(tmp_path)),
            [(run, run + 1) for run in range(20)],
            receipts.append,
            give_up=print,
        )
    assert sorted(receipts) == [(run, run + 1) for run in range(20)]
    asked = next(tmp_path.glob("sbatch.*.job")).read_text()
    assert "--mem=954M" in asked
    assert "-t 00:10:00" in asked
