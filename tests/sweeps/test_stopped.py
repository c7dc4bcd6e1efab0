"""A sweep that is stopped, however, goes on with the same command and loses and doubles nothing."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from sim.executors import _limits

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from sweep_bench import wait_until

N_RUNS = 32
ALL = f"{N_RUNS} of {N_RUNS} runs are done: out"

# A process that has threads, as a pool has, may lock up in a fork; ours hold no lock then.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Stops of the whole


@pytest.mark.parametrize(
    ("stop", "whole_group", "code", "word", "start"),
    [
        (signal.SIGTERM, False, 143, "terminated", "spawn"),
        (signal.SIGTERM, True, 143, "terminated", "fork"),  # as SLURM does
        (signal.SIGINT, True, 130, "interrupted", "fork"),  # as Ctrl-C does
        (signal.SIGKILL, True, -signal.SIGKILL, "", "fork"),
    ],
    ids=["SIGTERM", "SIGTERM to all", "Ctrl-C", "SIGKILL of all"],
)
def test_q14_stop__keeps_what_is_done_and_the_same_command_does_the_rest(
    bench, cocreate, undisturbed, stop, whole_group, code, word, start
):
    words = ("--start", start, "--workers", 2)
    sweep = bench.sweep(*words, drowsy=0.1)
    bench.wait_until_done(5, sweep)
    (os.killpg if whole_group else os.kill)(sweep.pid, stop)
    stopped = bench.answer(sweep)
    assert (stopped.code, stopped.out) == (code, "")
    assert bench.left_over(sweep) == []
    before = bench.seconds()
    n_done = len(before)
    assert 5 <= n_done < N_RUNS
    said = f"{n_done} of {N_RUNS} runs are done and kept; the same command goes on"
    assert stopped.complaints == ([f"cocreate: {word}; {said}"] if word else [])
    again = cocreate(*bench.words(*words))
    assert (again.code, again.end, again.complaints) == (0, ALL, [])
    undisturbed.check(bench.store())
    assert before.items() <= bench.seconds().items()
    assert N_RUNS - n_done in [note["runs"] for note in bench.notes()]


def test_q14_sigterm_before_the_first_run_is_done__is_told_as_well(bench):
    sweep = bench.sweep("--workers", 2, drowsy=5.0)
    wait_until(lambda: bench.workers(sweep))
    os.kill(sweep.pid, signal.SIGTERM)
    stopped = bench.answer(sweep)
    assert (stopped.code, stopped.out) == (143, "")
    assert stopped.complaints == ["cocreate: terminated; nothing was written"]
    assert bench.left_over(sweep) == []


def test_q14_ctrl_c_while_all_is_summed_up__says_that_the_runs_are_kept(
    bench, cocreate, undisturbed, monkeypatch
):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sim.cli.studies.write_report", interrupted)
        stopped = cocreate(*bench.words("--executor", "serial"))
    said = f"{N_RUNS} of {N_RUNS} runs are done and kept; the same command goes on"
    assert (stopped.code, stopped.complaints) == (130, [f"cocreate: interrupted; {said}"])
    undisturbed.check(bench.store())
    assert cocreate(*bench.words("--executor", "serial")).end == ALL


def random_stops(bench, cocreate, undisturbed, n_stops, most):
    """Stops the sweep so often, at most so many runs after its start; then lets it end."""
    words = ("--start", "fork", "--workers", 2)
    draws = np.random.default_rng(18)
    before = {}
    for _ in range(n_stops):
        sweep = bench.sweep(*words, drowsy=0.05)
        if draws.random() < 0.75:
            more = len(before) + int(draws.integers(1, most + 1))
            bench.wait_until_done(min(more, N_RUNS - 4), sweep)
            time.sleep(draws.uniform(0.0, 0.3))
        else:
            time.sleep(draws.uniform(0.0, 3.0))
        stop = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT][draws.choice(3, p=[0.6, 0.2, 0.2])]
        os.killpg(sweep.pid, stop)
        bench.answer(sweep)
        assert bench.left_over(sweep) == []
        if bench.done():
            now = bench.seconds()
            assert before.items() <= now.items()
            before = now
    ended = cocreate(*bench.words(*words))
    assert (ended.code, ended.complaints) == (0, [])
    undisturbed.check(bench.store())
    assert before.items() <= bench.seconds().items()


def test_q14_three_stops_at_random_moments__lose_and_double_nothing(bench, cocreate, undisturbed):
    random_stops(bench, cocreate, undisturbed, 3, most=6)


@pytest.mark.slow
def test_q14_twenty_stops_at_random_moments__lose_and_double_nothing(bench, cocreate, undisturbed):
    random_stops(bench, cocreate, undisturbed, 20, most=1)


def test_q14_full_disk__is_told_and_with_room_the_same_command_does_the_rest(bench, undisturbed):
    answer = bench.answer(bench.on_a_small_disk(64, "--start", "fork", "--workers", 2))
    assert answer.code == 0, answer.err
    assert [line for line in answer.out.splitlines() if "exit" in line] == ["exit 2", "exit 0"]
    assert "the disk is full. All finished runs are kept: make room, then give" in answer.err
    assert "Traceback" not in answer.err
    undisturbed.check(bench.store())
    assert 0 < max(note["runs"] for note in bench.notes()) < N_RUNS


# Looking on


def test_q14_status__is_right_while_a_sweep_is_at_it(bench, cocreate, undisturbed):
    sweep = bench.sweep("--start", "fork", "--workers", 2, drowsy=0.1)
    bench.wait_until_done(5, sweep)
    os.killpg(sweep.pid, signal.SIGSTOP)  # so that what is told can be compared
    told = json.loads(cocreate("status", "out", "--json").out)
    parts = sorted(path.name for path in (bench.folder / "out" / "runs").glob("[0-9]*.parquet"))
    done = [run for part in parts for run in range(int(part[:10]), int(part[11:21]))]
    missing = [run for start, stop in told["missing_runs"] for run in range(start, stop)]
    assert sorted(done + missing) == [*range(N_RUNS)]
    assert told["planned"] == N_RUNS
    assert (told["done"], told["failed"], told["missing"]) == (len(done), 0, len(missing))
    assert told["rate"] > 0.0
    assert told["seconds_left"] == pytest.approx(len(missing) / told["rate"])
    assert bench.store().table()["run"].to_pylist() == done
    lines = cocreate("status", "out").out.splitlines()
    assert lines[:4] == [
        f"planned: {N_RUNS}",
        f"done: {len(done)}",
        "failed: 0",
        f"missing: {len(missing)}",
    ]
    os.killpg(sweep.pid, signal.SIGCONT)
    assert bench.answer(sweep).code == 0
    undisturbed.check(bench.store())
    lines = cocreate("status", "out").out.splitlines()
    assert lines == [f"planned: {N_RUNS}", f"done: {N_RUNS}", "failed: 0", "missing: 0"]


# Q13: nothing is doubled, replaced or mixed


def test_q13_same_command_again__does_nothing_and_another_study_is_refused(
    bench, cocreate, undisturbed
):
    words = bench.words("--executor", "serial")
    first = cocreate(*words)
    assert (first.code, first.complaints) == (0, [])
    undisturbed.check(bench.store())
    before = files_of(bench.folder)
    again = cocreate(*words)
    assert (again.code, again.end, again.complaints) == (0, ALL, [])
    assert files_of(bench.folder) == before
    for change, needle in (("time.steps=13", "time.steps: there 12, here 13"), ("seeds=3", "24")):
        refused = cocreate(*words, "--set", change)
        assert (refused.code, refused.out) == (2, "")
        assert needle in refused.err
        assert "out: " in refused.err
    assert files_of(bench.folder) == before


def test_q13_two_sweeps_at_once_in_a_folder__share_it(bench, undisturbed):
    both = [bench.sweep("--executor", "serial", drowsy=0.02) for _ in range(2)]
    for answer in [bench.answer(sweep) for sweep in both]:
        assert (answer.code, answer.end, answer.complaints) == (0, ALL, []), answer
    undisturbed.check(bench.store())


# Q09: dead workers, and runs that are to blame


@pytest.mark.parametrize("start", ["spawn", "fork"])
def test_q09_killed_worker__is_told_and_the_sweep_ends_as_if_nothing_had_been(
    bench, undisturbed, start
):
    sweep = bench.sweep("--start", start, "--workers", 2, drowsy=0.1)
    bench.wait_until_done(5, sweep)
    began = time.monotonic()
    os.kill(bench.workers(sweep)[0], signal.SIGKILL)
    answer = bench.answer(sweep)
    assert time.monotonic() - began < 60.0
    assert (answer.code, answer.end) == (0, ALL)
    (line,) = answer.complaints
    assert "done again: the worker process was ended by SIGKILL" in line
    undisturbed.check(bench.store())
    assert bench.left_over(sweep) == []


MOODY = '''
import os
import time

import numba

from sim import Levers, Style


@numba.njit(nogil=True)
def endless(n):
    while n > 0:
        n += 1 if n < 1000 else -1
    return n


endless(0)


class Moody(Style):
    """Does no good in one of ten replicates."""

    levers = Levers(control=0.2)

    def decide(self, report):
        if report.step == 4 and report.uniform(0) < 0.15:
            {body}
        return self.levers
'''
TROUBLE = """
scenario = "default"
styles = ["commons", "moody"]
seeds = 10
outcomes = ["surplus"]

[fixed]
"population.people" = 60
"time.steps" = 12

[limits]
{limits}
"""


@pytest.mark.parametrize(
    ("body", "limits", "error"),
    [
        ("os.kill(os.getpid(), 9)", "", "WorkerLost: the worker process was ended by SIGKILL"),
        ("os._exit(1)", "", "WorkerLost: the worker process ended with exit code 1"),
        ("time.sleep(1e6)", 'time = "2 s"', "TimedOut: a run took longer than its limit of 2 s"),
        ("endless(1)", 'time = "2 s"', "TimedOut: a run took longer than its limit of 2 s"),
        ("bytearray(10**9)", 'memory = "500 MB"', "OutOfMemory: memory ran out"),
    ],
    ids=["killed", "exits", "sleeps", "hangs in compiled code", "takes memory"],
)
def test_q09_run_at_fault__is_one_failed_row_and_no_other_is_blamed(
    bench, cocreate, monkeypatch, body, limits, error
):
    monkeypatch.setattr(_limits, "LOADING", 0.0)  # a fork has loaded all
    (bench.folder / "trouble.toml").write_text(TROUBLE.format(limits=limits))
    (bench.folder / "moody.py").write_text(MOODY.format(body=body))
    began = time.monotonic()
    words = ("sweep", "trouble.toml", "--plugin", "moody.py", "--out", "out")
    answer = cocreate(*words, "--start", "fork", "--workers", 2)
    assert time.monotonic() - began < 60.0
    assert answer.code == 1
    assert answer.end == "19 of 20 runs are done, 1 failed: out"
    table = bench.store().table().to_pandas()
    failed = table[table["status"] == "failed"]
    assert len(table) == 20
    assert len(failed) == 1
    assert (failed["style"].item(), failed["rep"].item()) == ("moody", 7)
    assert failed["error"].item().startswith(error)
    assert table["surplus"].notna().tolist() == (table["status"] == "done").tolist()
    assert f"1 run failed:\ncocreate: run {failed['run'].item()} " in answer.err
