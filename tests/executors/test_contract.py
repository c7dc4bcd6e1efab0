"""What holds for every executor, present and future; one that is not to be had here is skipped."""

import importlib
import importlib.util
import pkgutil
from contextlib import ExitStack

import pytest

import sim.executors
from sim.dispatch import dispatch
from sim.errors import UserError
from sim.executors import EXECUTORS, Options, OutOfMemory

NAMES = [m.name for m in pkgutil.iter_modules(sim.executors.__path__) if m.name[0] != "_"]


@pytest.fixture(autouse=True)
def global_random_state_is_left_alone():
    """Dask's connections draw from it how long they wait; nothing of ours looks at it."""


@pytest.fixture(scope="module", params=NAMES)
def executor(request):
    return EXECUTORS[request.param]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where a Dask scheduler is, if there can be one."""
    if importlib.util.find_spec("distributed") is None:
        yield ""
        return
    with importlib.import_module("dask_cluster").cluster(tmp_path_factory.mktemp("dask")) as found:
        yield found[0]


@pytest.fixture
def pool(executor, request):
    address = request.getfixturevalue("address") if executor is EXECUTORS["dask"] else ""
    with ExitStack() as stack:
        try:
            pool = stack.enter_context(executor(Options(workers=2, address=address)))
        except UserError as missing:
            pytest.skip(str(missing))
        yield pool


def test_registry__has_all_files_and_the_two_that_need_no_extra():
    assert list(EXECUTORS) == NAMES
    assert {"serial", "processes"} <= set(NAMES)


def test_executor__says_what_it_is(executor):
    assert executor.__doc__
    assert executor.__doc__[0].isupper()


def test_pool__answers_and_hands_back_what_the_function_raised(pool):
    calls = importlib.import_module("calls")
    assert pool.workers in (1, 2)
    futures = [pool.submit(calls.add, 2, right, timeout=60.0) for right in range(5)]
    assert [future.result() for future in futures] == [2, 3, 4, 5, 6]
    assert pool.submit(calls.say, "協働").result() == "協働"
    with pytest.raises(ValueError, match="not so"):
        pool.submit(calls.fail, "not so").result()
    with pytest.raises(OutOfMemory):
        pool.submit(calls.run_out_of_memory).result()
    assert pool.submit(calls.add, 2, 2).result() == 4


def test_dispatch__has_every_chunk_done_once(pool):
    calls = importlib.import_module("calls")
    receipts, given_up = [], []
    chunks = [(start, start + 3) for start in range(0, 60, 3)]
    dispatch(pool, calls.chunk, chunks, receipts.append, give_up=given_up.append)
    assert sorted(receipts) == chunks
    assert given_up == []
