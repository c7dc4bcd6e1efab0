"""What a worker does: a chunk of runs becomes a part, whatever they raise."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim import work
from sim.design import Plan, read_experiment
from sim.errors import UserError
from sim.sweeps.folder import create

RAISES = """
import sys

from sim import Levers, Style


def deep(report):
    {body}


class Raises(Style):
    levers = Levers(sharing=0.5)

    def decide(self, report):
        if report.step == 8:
            deep(report)
        return self.levers
"""
COUNTS = """
from pathlib import Path

from sim import metric

with Path("taken_in.txt").open("a") as file:
    file.write("x")


@metric("counts", "share", better=1)
def counts(run):
    '''Returns a number.'''
    return {value}
"""


@pytest.fixture
def begun(folder):
    """A study's folder, in which no run is done, and what a worker is told of it."""

    def begin(experiment="study.toml", chunk=4, plugins=()):
        files = tuple(str(Path(file).resolve()) for file in plugins)
        work.plug(files)
        found = read_experiment(experiment)
        store = create(found, Path("out"), len(Plan(found)), chunk)
        where = work.Where(str(store.folder.resolve()), store.digest, store.n_runs, files)
        return store, where

    return begin


def test_r14_a_chunk__is_written_by_its_worker_and_only_a_receipt_comes_back(begun):
    store, where = begun()
    receipt = work.do_chunk(where, 4, 8)
    assert (receipt.start, receipt.stop, receipt.n_reused, receipt.failures) == (4, 8, 0, {})
    assert len(pickle.dumps(receipt)) < 300
    assert store.done() == (range(4, 8),)
    assert store.table()["run"].to_pylist() == [4, 5, 6, 7]


def test_r10_a_chunk__is_in_the_folder_before_the_next_begins(begun):
    store, where = begun()
    for n, start in enumerate((0, 4, 8), start=1):
        work.do_chunk(where, start, start + 4)
        assert store.status().done == 4 * n


def test_a_worker__says_after_each_run_that_it_is_alive(begun, monkeypatch):
    _, where = begun()
    said = []
    monkeypatch.setattr(work, "alive", lambda: said.append(True))
    work.do_chunk(where, 0, 4)
    assert len(said) == 4


def test_r8_failures_that_are_alike__are_counted_by_kind_and_place(begun, study):
    Path("raises.py").write_text(RAISES.format(body='raise ValueError(f"at {report.uniform(0)}")'))
    study({'"directive"': '"raises"'})
    store, where = begun(plugins=["raises.py"])
    receipt = work.do_chunk(where, 0, 8)
    ((kind, failures),) = receipt.failures.items()
    assert kind == "ValueError at raises.py:8"
    assert (failures.n, failures.place) == (4, "raises.py:8")
    rows = [row for row in store.table().to_pylist() if row["status"] == "failed"]
    assert [row["style"] for row in rows] == ["raises"] * 4
    assert len({row["error"] for row in rows}) == 2  # a point's replicates draw alike
    assert {row["step"] for row in rows} == {8}
    assert failures.run in [row["run"] for row in rows]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("sys.exit(3)", "SystemExit: 3"),
        ("[][1]", "IndexError: list index out of range"),
        ("report['actve']", "UserError: No series of a company is called 'actve'; did"),
        ("assert False, 'żółw'", "AssertionError: żółw"),
        ("raise KeyError('a\\nb')", "KeyError: 'a\\nb'"),
    ],
)
def test_r8_whatever_a_run_raises__is_a_row_with_the_users_line(begun, study, body, error):
    Path("raises.py").write_text(RAISES.format(body=body), "utf-8")
    study({'"directive"': '"raises"', "seeds = 3": "seeds = 1"})
    store, where = begun(plugins=["raises.py"])
    work.do_chunk(where, 0, 4)
    rows = store.table().to_pylist()
    assert [row["status"] for row in rows] == ["done", "failed"] * 2
    assert rows[1]["error"].startswith(error)
    assert rows[1]["place"] == "raises.py:8"


def test_memory_that_runs_out__is_no_failure_of_the_run(begun, study):
    Path("raises.py").write_text(RAISES.format(body="raise MemoryError"))
    study({'"directive"': '"raises"'})
    store, where = begun(plugins=["raises.py"])
    with pytest.raises(MemoryError):
        work.do_chunk(where, 0, 4)
    assert store.done() == ()


def test_a_run_that_does_not_begin__has_no_step(begun, study):
    begins = (
        "levers = Levers(sharing=0.5)\n\n    def __init__(self):\n        Path('open').stat()\n"
    )
    text = RAISES.format(body="pass").replace("import sys", "from pathlib import Path")
    Path("raises.py").write_text(text.replace("levers = Levers(sharing=0.5)\n", begins))
    study({'"directive"': '"raises"'})
    Path("open").touch()
    store, where = begun(plugins=["raises.py"])
    Path("open").unlink()
    work.do_chunk(where, 0, 2)
    row = store.table().to_pylist()[1]
    assert (row["status"], row["step"], row["place"]) == ("failed", None, "raises.py:15")
    assert row["error"].startswith("FileNotFoundError: ")


def test_place__is_the_users_own_line_or_else_the_last(folder):
    with pytest.raises(UserError) as raised:
        sim.run(sim.load("default"), "nobody")
    assert work.place_of(raised.value).startswith("registry.py:")


def test_q15_a_worker__does_not_go_on_with_another_code_or_plug_in(begun, study):
    Path("counts.py").write_text(COUNTS.format(value=1.0))
    study({'"active"]': '"counts"]'})
    store, where = begun(plugins=["counts.py"])
    work.do_chunk(where, 0, 4)
    work._opened.cache_clear()  # as in a worker that starts later
    Path("counts.py").write_text(COUNTS.format(value=2.25))
    with pytest.raises(UserError, match="the metric 'counts' is not the one of the study"):
        work.do_chunk(where, 4, 8)
    assert store.done() == (range(4),)
    assert store.table()["counts"].to_pylist() == [1.0] * 4


def test_a_plug_in__is_taken_in_once_and_again_when_it_was_edited(folder):
    Path("counts.py").write_text(COUNTS.format(value=1.0))
    for _ in range(3):
        work.plug(["counts.py"])
    assert Path("taken_in.txt").read_text() == "x"
    for value in (2.25, 1.0):  # back to what it was is an edit too
        Path("counts.py").write_text(COUNTS.format(value=value))
        work.plug(["counts.py"])
        assert sim.METRICS["counts"](None) == value
    assert Path("taken_in.txt").read_text() == "xxx"


def test_pilot__takes_runs_from_all_over_the_design(begun, monkeypatch):
    tried = []
    attempt = work.attempt

    def one(plan, planned):
        tried.append(planned.index)
        return attempt(plan, planned)._replace(seconds=0.01)

    monkeypatch.setattr(work, "attempt", one)
    table = {
        "scenario": "default",
        "styles": ["commons", "directive"],
        "outcomes": ["active"],
        "fixed": {"population.people": 40, "time.steps": 3},
        "vary": {"world.trust_critical": {"from": 0.0, "to": 1.0, "step": 0.02}},
    }
    assert work.pilot(read_experiment(table)) == pytest.approx(0.01)
    first, *others = tried
    assert first == 0
    assert len(others) == len(set(others)) == 6
    assert (min(others), max(others) > 80) == (0, True)
    assert {index % 2 for index in others} == {0, 1} or len(others) < 6
    shares = []
    for share in range(4):
        tried.clear()
        work.pilot(read_experiment(table), (), share, 4)
        shares.append(tried[1:])
    assert [len(share) for share in shares] == [2, 2, 1, 1]
    assert sorted(run for share in shares for run in share) == sorted(others)


def test_pilot__ends_soon_where_runs_are_long(folder, monkeypatch):
    monkeypatch.setattr(work, "attempt", lambda *_: work.Ended(2.0))
    assert work.pilot(read_experiment("study.toml")) == 2.0


def printed(code):
    """What Python code prints in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(sim.__file__).parents[1])},
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_r13_a_worker__loads_no_pandas(folder):
    """Which Arrow would load by itself, and which takes longer than all of Arrow."""
    code = (
        "import sys, sim; sim.sweep('study.toml', 'out', executor='serial', shard=(1, 2));"
        "print('pandas' in sys.modules)"
    )
    assert printed(code) == "False\n"
    assert len(list(Path("out/runs").iterdir())) > 0


def test_r13_a_study__needs_no_plots_no_page_and_no_terminal(folder):
    code = (
        "import sys, sim; from sim import work, sweeps;"
        "print([m for m in ('matplotlib', 'mesa.visualization', 'solara', 'cyclopts')"
        " if m in sys.modules])"
    )
    assert printed(code) == "[]\n"
