"""One study leaves the same results wherever it is run, and by however many."""

import importlib
import importlib.util
import os
import random
import signal
from pathlib import Path

import numpy as np
import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from sweep_bench import MPIEXEC, wait_until

N_RUNS = 32
ALL = f"{N_RUNS} of {N_RUNS} runs are done: out"

# A process that has threads, as a pool has, may lock up in a fork; ours hold no lock then.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@pytest.fixture
def odd_random_state():
    """Python's and NumPy's global random states stand anywhere, and are put back after the test."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002

    def seed(number):
        random.seed(number)
        np.random.seed(number)  # noqa: NPY002

    yield seed
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002


@pytest.mark.parametrize("start", ["spawn", "fork"])
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_q06_table__is_the_same_for_any_number_of_workers_and_any_start(
    bench, cocreate, undisturbed, odd_random_state, start, workers
):
    """Four points and four replicates of each of two styles."""
    odd_random_state(workers)
    answer = cocreate(*bench.words("--start", start, "--workers", workers))
    assert (answer.code, answer.end, answer.complaints) == (0, ALL, [])
    undisturbed.check(bench.store())
    (note,) = bench.notes()
    assert (note["executor"], note["workers"]) == ("processes", workers)


def test_q06_results__are_what_the_experiment_asks_for(undisturbed):
    """Their number, their keys and their pairs; that they all agree would not show it."""
    runs = undisturbed.frame()
    assert len(runs) == N_RUNS
    for _, rows in runs.groupby("style"):
        assert len(rows) == 16
        assert rows["key"].nunique() == 16
        assert (rows.groupby("point_id")["surplus"].nunique() == 4).all()
        assert sorted(zip(rows["point_id"], rows["rep"], strict=True)) == [
            (point, rep) for point in range(4) for rep in range(4)
        ]
    series = undisturbed.frame("series")
    assert sorted(zip(series["run"], series["step"], strict=True)) == [
        (run, step) for run in range(N_RUNS) for step in range(13)
    ]


def test_three_shards__one_after_the_other_make_the_study(bench, cocreate, undisturbed):
    done = []
    for shard in ("3/3", "1/3", "2/3"):
        answer = cocreate(*bench.words("--executor", "serial", "--shard", shard))
        done.append(bench.done())
        assert (answer.code, answer.complaints) == (0, []), answer
        assert answer.end == f"{done[-1]} of {N_RUNS} runs are done: out"
        if done[-1] < N_RUNS:
            assert not (bench.folder / "out" / "table.parquet").exists()
    assert 0 < done[0] < done[1] < done[2] == N_RUNS
    undisturbed.check(bench.store())


def test_three_shards__at_once_make_the_study(bench, undisturbed):
    shards = [bench.sweep("--executor", "serial", "--shard", f"{n}/3") for n in (1, 2, 3)]
    for answer in [bench.answer(shard) for shard in shards]:
        assert (answer.code, answer.complaints) == (0, []), answer
    undisturbed.check(bench.store())
    assert sum(note["runs"] for note in bench.notes()) == N_RUNS


@pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="needs cocreate[cluster]"
)
def test_dask_cluster_of_which_a_worker_is_killed__makes_the_study(
    bench, undisturbed, monkeypatch, tmp_path
):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "executors")
    cluster = importlib.import_module("dask_cluster").cluster
    environment = {**os.environ, **bench.environment(drowsy=0.1)}
    with cluster(tmp_path, nanny=False, environment=environment) as (address, workers):
        log = tmp_path / "dask.log"
        wait_until(lambda: log.read_text().count("Registered to:") == len(workers))
        sweep = bench.sweep("--executor", "dask", "--address", address)
        bench.wait_until_done(5, sweep)
        assert bench.done() < N_RUNS
        workers[0].kill()
        answer = bench.answer(sweep)
        assert [worker.poll() for worker in workers] == [-signal.SIGKILL, None]
    assert (answer.code, answer.end) == (0, ALL)
    assert "Traceback" not in answer.err
    undisturbed.check(bench.store())


@pytest.mark.skipif(
    MPIEXEC is None or importlib.util.find_spec("mpi4py") is None,
    reason="needs cocreate[cluster] and mpiexec",
)
def test_mpi_job_of_three__makes_the_study(bench, undisturbed):
    answer = bench.answer(bench.mpi(3))
    assert (answer.code, ALL in answer.out) == (0, True), answer
    undisturbed.check(bench.store())
    (note,) = bench.notes()
    assert (note["executor"], note["workers"]) == ("mpi", 2)
