"""A shipped study, whatever stops it and wherever it is run; each test takes minutes."""

import importlib
import importlib.util
import os
import signal
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(TESTS / "sweeps")
    from sweep_bench import MPIEXEC, Results, a_bench, wait_until

STUDY = ("styles_by_world",)
FEWER = (*STUDY, "--set", "seeds=4")
HOUR = 3600.0


def undisturbed_of(folder, *study):
    """The results of a study that nothing disturbs."""
    with a_bench(folder, *study) as bench:
        answer = bench.answer(bench.sweep(), HOUR)
        assert (answer.code, answer.complaints) == (0, [])
        return Results(bench.store())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return undisturbed_of(tmp_path_factory.mktemp("undisturbed"), *STUDY)


@pytest.fixture(scope="module")
def fewer(tmp_path_factory):
    return undisturbed_of(tmp_path_factory.mktemp("fewer"), *FEWER)


@pytest.fixture
def bench(tmp_path):
    with a_bench(tmp_path, *STUDY) as found:
        yield found


@pytest.fixture
def small(tmp_path):
    """A bench for fewer replicates."""
    with a_bench(tmp_path, *FEWER) as found:
        yield found


def test_q14_study_that_is_stopped_in_every_way__ends_as_if_nothing_had_been(bench, undisturbed):
    """A worker is killed; then come SIGTERM, Ctrl-C and the end of the whole group."""
    n_runs = undisturbed.store.n_runs
    stops = [(os.kill, signal.SIGTERM, 143), (os.killpg, signal.SIGINT, 130)]
    stops.append((os.killpg, signal.SIGKILL, -signal.SIGKILL))
    before = {}
    for number, (send, stop, code) in enumerate(stops, start=1):
        sweep = bench.sweep("--workers", 2)
        bench.wait_until_done((4 * number - 2) * n_runs // 16, sweep)
        os.kill(bench.workers(sweep)[0], signal.SIGKILL)
        bench.wait_until_done(4 * number * n_runs // 16, sweep)
        send(sweep.pid, stop)
        stopped = bench.answer(sweep)
        assert stopped.code == code
        assert "done again: the worker process was ended by SIGKILL" in stopped.err
        assert bench.left_over(sweep) == []
        now = bench.seconds()
        assert len(before) < len(now) < n_runs
        assert before.items() <= now.items()
        before = now
    ended = bench.answer(bench.sweep("--workers", 2), HOUR)
    assert (ended.code, ended.complaints) == (0, [])
    undisturbed.check(bench.store())
    assert before.items() <= bench.seconds().items()


def test_q14_full_disk__is_told_and_with_room_the_same_command_does_the_rest(bench, undisturbed):
    answer = bench.answer(bench.on_a_small_disk(200, "--workers", 2), HOUR)
    assert answer.code == 0, answer.err
    assert [line for line in answer.out.splitlines() if "exit" in line] == ["exit 2", "exit 0"]
    assert "the disk is full" in answer.err
    undisturbed.check(bench.store())


@pytest.mark.parametrize("start", ["spawn", "fork"])
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_q06_study__is_the_same_for_any_number_of_workers_and_any_start(
    small, fewer, start, workers
):
    answer = small.answer(small.sweep("--start", start, "--workers", workers), HOUR)
    assert (answer.code, answer.complaints) == (0, [])
    fewer.check(small.store())


def test_q06_study__is_the_same_in_one_process(small, fewer):
    answer = small.answer(small.sweep("--executor", "serial"), HOUR)
    assert (answer.code, answer.complaints) == (0, [])
    fewer.check(small.store())


def test_three_shards_at_once__make_the_study(small, fewer):
    shards = [small.sweep("--executor", "serial", "--shard", f"{n}/3") for n in (1, 2, 3)]
    for answer in [small.answer(shard, HOUR) for shard in shards]:
        assert (answer.code, answer.complaints) == (0, [])
    fewer.check(small.store())


def test_dask_cluster_of_which_a_worker_is_killed__makes_the_study(
    small, fewer, tmp_path, monkeypatch
):
    pytest.importorskip("distributed", reason="needs cocreate[cluster]")
    monkeypatch.syspath_prepend(TESTS / "executors")
    cluster = importlib.import_module("dask_cluster").cluster
    environment = {**os.environ, **small.environment()}
    with cluster(tmp_path, nanny=False, environment=environment) as (address, workers):
        log = tmp_path / "dask.log"
        wait_until(lambda: log.read_text().count("Registered to:") == len(workers))
        sweep = small.sweep("--executor", "dask", "--address", address)
        small.wait_until_done(fewer.store.n_runs // 4, sweep)
        workers[0].kill()
        answer = small.answer(sweep, HOUR)
        assert [worker.poll() for worker in workers] == [-signal.SIGKILL, None]
    assert answer.code == 0, answer.err
    fewer.check(small.store())


@pytest.mark.skipif(
    MPIEXEC is None or importlib.util.find_spec("mpi4py") is None,
    reason="needs cocreate[cluster] and mpiexec",
)
def test_mpi_job_of_three__makes_the_study(small, fewer):
    answer = small.answer(small.mpi(3), HOUR)
    assert answer.code == 0, answer.err
    fewer.check(small.store())
