import functools
import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.dispatch import dispatch
from sim.errors import UserError
from sim.executors import Options, OutOfMemory, TimedOut, WorkerLost, _cores, _limits, cores
from sim.executors.processes import BOOT, processes

STARTS = ("spawn", "fork")
CHUNKS = [(start, start + 10) for start in range(0, 60, 10)]

# A process that has threads, as a pool has, may lock up in a fork; ours hold no lock then.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@pytest.fixture
def calls():
    return importlib.import_module("calls")


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(holds):
    end = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("start", STARTS)
def test_killed_worker__costs_the_call_it_was_at_and_no_other(calls, start):
    with processes(Options(workers=2, start=start)) as pool:
        others = [pool.submit(calls.slow, n, n + 1) for n in range(4)]
        killed = pool.submit(calls.kill)
        later = [pool.submit(calls.slow, n, n + 1) for n in range(4, 8)]
        with pytest.raises(WorkerLost, match="SIGKILL"):
            killed.result()
        assert [future.result() for future in others + later] == [(n, n + 1) for n in range(8)]


def test_worker_killed_before_it_is_ready__is_replaced(calls, monkeypatch, tmp_path):
    count = f"import os, pathlib; pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch(); "
    kill = f"len(os.listdir({str(tmp_path)!r})) < 4 and os.kill(os.getpid(), 9); "
    monkeypatch.setattr("sim.executors.processes.BOOT", count + kill + BOOT)
    with processes(Options(workers=1, start="spawn")) as pool:
        assert pool.submit(calls.add, 1, 2).result() == 3
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("start", STARTS)
def test_q09_killed_worker__is_noticed_and_its_runs_are_done_again(calls, tmp_path, start):
    receipts, given_up = [], []
    begin = time.monotonic()
    with processes(Options(workers=2, start=start)) as pool:
        dispatch(
            pool,
            functools.partial(calls.kill_once, str(tmp_path)),
            [(run, run + 1) for run in range(20)],
            receipts.append,
            give_up=lambda run, reason: given_up.append(run),
        )
    assert time.monotonic() - begin < 60.0
    assert sorted(receipts) == [(run, run + 1) for run in range(20)]
    assert given_up == []
    assert (tmp_path / "killed").exists()
    workers = {path.name for path in tmp_path.iterdir()} - {"killed"}
    assert len(workers) == 3  # two, and one in place of the killed one
    assert not any(is_running(pid) for pid in workers)


@pytest.mark.parametrize("start", STARTS)
def test_run_that_kills_its_worker__is_found(calls, start):
    receipts, given_up = [], {}
    with processes(Options(workers=2, start=start)) as pool:
        dispatch(pool, calls.kill_at_37, CHUNKS, receipts.append, give_up=given_up.__setitem__)
    done = [run for begin, end in receipts for run in range(begin, end)]
    assert sorted(done) == [run for run in range(60) if run != 37]
    assert list(given_up) == [37]
    assert isinstance(given_up[37], WorkerLost)


def test_time_limit__ends_the_one_run_in_compiled_code_that_exceeds_it(calls, monkeypatch):
    monkeypatch.setattr(_limits, "LOADING", 0.0)
    importlib.import_module("compiled").endless(0)  # so a fork has it, and needs no time to load
    receipts, given_up = [], {}
    with processes(Options(workers=2, start="fork")) as pool:
        dispatch(
            pool,
            calls.hang_at_7,
            [(0, 5), (5, 9)],
            receipts.append,
            give_up=given_up.__setitem__,
            per_run_seconds=1.0,
        )
    done = sorted(run for begin, end in receipts for run in range(begin, end))
    assert done == [0, 1, 2, 3, 4, 5, 6, 8]
    assert list(given_up) == [7]
    assert isinstance(given_up[7], TimedOut)
    assert str(given_up[7]) == "a run took longer than its limit of 1 s"


@pytest.mark.parametrize("start", STARTS)
def test_memory_limit__fails_the_call_and_leaves_the_worker(calls, start):
    with processes(Options(workers=1, memory=400_000_000, start=start)) as pool:
        worker = pool.submit(calls.process).result()
        assert pool.submit(calls.take, 50_000_000).result() == 50_000_000
        with pytest.raises(OutOfMemory):
            pool.submit(calls.take, 500_000_000).result()
        assert pool.submit(calls.process).result() == worker


@pytest.mark.parametrize("start", STARTS)
def test_r12_workers__are_replaced(calls, start):
    with processes(Options(workers=1, renew_after=3, start=start)) as pool:
        pids = [pool.submit(calls.process).result() for _ in range(7)]
    assert [pids.index(pid) for pid in pids] == [0, 0, 0, 3, 3, 3, 6]
    assert os.getpid() not in pids
    assert not any(is_running(pid) for pid in pids)


def test_leaving_the_pool__ends_busy_workers_at_once(calls, tmp_path):
    with processes(Options(workers=2)) as pool:
        futures = [pool.submit(calls.hang, str(tmp_path)) for _ in range(3)]
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
    assert not any(is_running(path.name) for path in tmp_path.iterdir())
    *busy, waiting = futures
    assert ["SIGKILL" in str(future.exception()) for future in busy] == [True, True]
    assert waiting.cancelled()


def test_call_that_ends_python__loses_its_worker_only(calls):
    with processes(Options(workers=1)) as pool:
        with pytest.raises(WorkerLost, match="exit code 2"):
            pool.submit(calls.leave, 0).result()
        assert pool.submit(calls.add, 1, 1).result() == 2


def test_exception__says_where_in_the_worker_it_was_raised(calls):
    with processes(Options(workers=1)) as pool:
        with pytest.raises(ValueError, match="oh") as raised:
            pool.submit(calls.fail, "oh").result()
        with pytest.raises(RuntimeError, match="OddError: 1 and 2"):
            pool.submit(calls.raise_odd).result()
        with pytest.raises(Exception, match="lambda"):
            pool.submit(calls.unsendable).result()
    assert 'calls.py", line' in raised.value.__notes__[0]


def test_function_that_workers_cannot_import__is_the_users_mistake(calls):
    with processes(Options(workers=1)) as pool, pytest.raises(UserError, match="into a module"):
        pool.submit(lambda: 1)


def test_worker_that_cannot_start__is_an_error_and_no_endless_trying(calls, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with (
        processes(Options(workers=1, start="spawn")) as pool,
        pytest.raises(OSError, match="exit code 1"),
    ):
        pool.submit(calls.process).result()


def test_unknown_start__is_refused():
    with pytest.raises(UserError, match="did you mean 'spawn'"), processes(Options(start="spwan")):
        pass
    with pytest.raises(UserError, match="workers must be at least 1, but is 0"):
        Options(workers=0)


FORKS = """
import threading, time
from sim.executors.processes import processes
from sim.executors import Options
import calls
thread = threading.Thread(target=time.sleep, args=({asleep},), daemon=True)
thread.start()
thread.join(60 - {asleep})
with processes(Options(workers=2, renew_after=1, memory={memory})) as pool:
    workers = [pool.submit(calls.words) for _ in range(4)]
    print([worker.result() == calls.words() for worker in workers])
"""


@pytest.mark.parametrize(
    ("asleep", "memory", "n_forks"), [(0, None, 2), (60, None, 0), (0, 10**10, 0)]
)
def test_worker__is_a_fork_where_that_is_safe(asleep, memory, n_forks):
    text = FORKS.format(asleep=asleep, memory=memory)
    asked = {"capture_output": True, "text": True, "timeout": 90}
    out = subprocess.run([sys.executable, "-W", "error", "-c", text], check=True, **asked)
    assert out.stdout.count("True") == n_forks  # the first ones; those after them are spawned
    assert out.stdout.count("False") == 4 - n_forks


def test_fork__holds_nothing_that_is_open_here(calls, tmp_path):
    """A file's number, were it free again, might be that of results; a pipe would never end."""
    with (tmp_path / "log").open("w") as log:
        reading, writing = os.pipe()
        with processes(Options(workers=1, start="fork")) as pool:
            os.close(writing)
            pool.submit(calls.write_to, log.fileno(), b"torn").result()
            assert os.read(reading, 1) == b""  # it has ended, as no fork holds its other end
        os.close(reading)
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.parametrize("start", STARTS)
def test_q29_worker__has_one_compiled_thread(calls, start):
    with processes(Options(workers=2, start=start)) as pool:
        if start == "spawn":  # a fork has Numba as it is loaded, and none of the threads
            assert pool.submit(importlib.import_module("compiled").threads).result() == 1
        assert pool.submit(calls.threads).result() == 2  # it waits for calls in one of its own
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
            assert pool.submit(calls.variable, name).result() == "1"


@pytest.mark.parametrize(
    ("affinity", "granted", "expected"),
    [
        (8, {}, 8),
        (1, {}, 1),
        (8, {"SLURM_CPUS_PER_TASK": "2"}, 2),
        (1, {"SLURM_CPUS_PER_TASK": "2"}, 1),
        (64, {"SLURM_JOB_CPUS_PER_NODE": "24(x2)"}, 24),
        (64, {"SLURM_JOB_CPUS_PER_NODE": "24(x2),8"}, 8),
        (64, {"SLURM_JOB_CPUS_PER_NODE": "24(x2)", "SLURM_CPUS_PER_TASK": "6"}, 6),
        (4, {"SLURM_CPUS_PER_TASK": "", "SLURM_JOB_CPUS_PER_NODE": "many"}, 4),
    ],
)
def test_q29_cores__are_those_we_were_given(monkeypatch, affinity, granted, expected):
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_JOB_CPUS_PER_NODE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in granted.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_cores.os, "sched_getaffinity", lambda _: set(range(affinity)))
    assert cores() == expected
    with processes(Options()) as pool:
        assert pool.workers == expected
    with processes(Options(workers=3)) as pool:
        assert pool.workers == 3


SCRIPT = """
from sim.executors import EXECUTORS, Options
import calls
print("script")
with EXECUTORS["processes"](Options(workers=2{more})) as pool:
    print(sorted(pool.submit(calls.{call}).result() for n in range(4)))
"""


@pytest.mark.parametrize("start", ["auto", *STARTS])
def test_q39_script_without_guard__works_and_runs_once(tmp_path, start):
    text = SCRIPT.format(more=f", start={start!r}", call="add, 0, n")
    script = tmp_path / "script.py"
    script.write_text(text)
    asked = {"capture_output": True, "text": True, "timeout": 90}
    from_file = subprocess.run([sys.executable, script], check=True, **asked)
    from_input = subprocess.run([sys.executable, "-"], input=text, check=True, **asked)
    assert from_file.stdout == from_input.stdout == "script\n[0, 1, 2, 3]\n"
    assert from_file.stderr == from_input.stderr == ""


def test_what_a_run_prints__goes_to_standard_error():
    text = SCRIPT.format(more="", call="shout, n")
    asked = {"capture_output": True, "text": True, "timeout": 90}
    out = subprocess.run([sys.executable, "-"], input=text, check=True, **asked)
    assert out.stdout == "script\n[0, 1, 2, 3]\n"
    assert sorted(out.stderr.split()) == ["0", "1", "2", "3"]


def test_q39_function_of_a_script__is_refused_with_the_remedy():
    text = SCRIPT.format(more=", start='spawn'", call="chunk").replace("calls.chunk", "own")
    text = text.replace("import calls", "def own(): pass")
    asked = {"capture_output": True, "text": True, "timeout": 90}
    out = subprocess.run([sys.executable, "-"], input=text, check=False, **asked)
    assert out.returncode == 1
    assert "put it into a module" in out.stderr


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_end_of_the_parent__ends_workers_amid_compiled_code(tmp_path, start, stop):
    text = SCRIPT.format(more=f", start={start!r}", call=f"hang, {str(tmp_path)!r}")
    parent = subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 1)
        worker = next(tmp_path.iterdir()).name
        assert is_running(worker)
        parent.send_signal(stop)
        parent.wait(90)
        wait_until(lambda: not is_running(worker))
    finally:
        parent.kill()
        parent.wait()


STUDY = """
import functools
from sim.dispatch import dispatch
from sim.executors import EXECUTORS, Options
import calls
try:
    with EXECUTORS["processes"](Options(workers=2)) as pool:
        function = functools.partial(calls.hang, {folder!r})
        dispatch(pool, function, ((n, n + 1) for n in range(9)), print, give_up=print)
except KeyboardInterrupt as reason:
    print(type(reason).__name__)
"""


@pytest.mark.parametrize(
    ("stop", "expected"), [(signal.SIGTERM, "Terminated"), (signal.SIGINT, "KeyboardInterrupt")]
)
def test_signal_amid_a_study__ends_workers_at_once_and_is_raised(tmp_path, stop, expected):
    """Ctrl-C reaches the whole group of processes, SIGTERM the parent alone."""
    parent = subprocess.Popen(
        [sys.executable, "-c", STUDY.format(folder=str(tmp_path))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
        if stop == signal.SIGINT:
            os.killpg(parent.pid, stop)
        else:
            parent.send_signal(stop)
        out, err = parent.communicate(timeout=90)
    finally:
        parent.kill()
        parent.wait()
    assert out == f"{expected}\n"
    assert err == ""
    assert not any(is_running(path.name) for path in tmp_path.iterdir())
