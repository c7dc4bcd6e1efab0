"""What is taken away from a session is the same run, to the bit."""

import csv
import math
import subprocess
import sys
from io import StringIO

import numpy as np
import pytest

import sim
from sim.reading import change, load
from sim.simulation import run
from sim.store import series_table
from sim.web.exports import python_lines, scenario_toml, series_csv
from sim.web.link import read_settings
from sim.web.series import SERIES
from sim.web.session import Session
from sim.web.settings import Column, Move, Settings, own_name

NAMES = [series.name for series in SERIES]
MOVES = (
    Move(0, 1, "fun", 0.9), Move(4, 0, "money", 1 / 3), Move(9, 1, "fun", None),
    Move(30, 0, "money", 0.1),
)  # fmt: skip


def at(settings, steps, own=None):
    """A session that has taken so many steps; it needs no thread for that."""
    session = Session(settings, own)
    for _ in range(steps):
        session._runs.advance()
    return session


def table(session):
    rows = list(csv.reader(StringIO(series_csv(session))))
    return rows[0], rows[1:]


SETTINGS = Settings("default", (Column("commons", {}), Column("adaptive", {"tools": 0.5})), 3, 1500)


def test_csv__equals_the_table_of_the_same_run_in_python():
    whole = at(SETTINGS, 100)
    head, rows = table(whole)
    assert len(rows) == 2 * 101
    own = run(load("default"), "commons", seed=3)
    python = series_table(own)
    mine = [row for row in rows if row[0] == "0"]
    names = [name for name in python.column_names if name not in ("step", "company", "style")]
    assert len(names) > 50
    for name in names:
        at_ = head.index(f"company.{name}")
        assert [row[at_] for row in mine] == [repr(value) for value in python[name].to_pylist()], (
            name
        )
    assert [row[2] for row in mine] == [str(step) for step in python["step"].to_pylist()]
    assert {row[1] for row in mine} == {"commons"}


def test_csv__begins_with_the_series_of_the_charts():
    session = at(SETTINGS, 40)
    head, rows = table(session)
    assert head[:3] == ["column", "style", "step"]
    assert head[3:18] == NAMES
    own = run(load("default"), "commons", seed=3)
    months = own.scenario.months
    created = own.every_step("created")
    expected = {
        "participation": own.every_step("active") / 1500,
        "value_created": created / months,
        "backlog": own.every_step("waiting"),
        "profit": (own.every_step("captured") - own.every_step("cost") - own.every_step("shared"))
        / months,
        "quality": own.every_step("quality"),
    }
    for name, values in expected.items():
        found = [float(row[head.index(name)]) for row in rows if row[0] == "0"]
        assert found == values[:41].tolist()
    returned = [float(row[head.index("returned_share")]) for row in rows[:41]]
    assert math.isnan(returned[0])
    paid = own.every_step("paid") + own.every_step("shared")
    at_work = created[:41] > 0
    assert 30 < at_work.sum() < 41
    assert (
        np.array(returned)[at_work].tolist()
        == (paid[:41][at_work] / created[:41][at_work]).tolist()
    )


def test_csv__of_a_link_with_moves_is_the_same_to_the_byte():
    session = at(SETTINGS, 3)
    session._runs.move(0, "money", 1 / 3)
    for _ in range(9):
        session._runs.advance()
    session._runs.move(1, "control", 0.7)
    for _ in range(20):
        session._runs.advance()
    again = at(read_settings(session.settings.packed()), 32)
    assert series_csv(again) == series_csv(session) != series_csv(at(SETTINGS, 32))


def test_csv__has_all_companies_of_a_world():
    companies = [{"name": "A, Inc."}, {"name": "B", "style": "directive"}]
    own = change(load("default"), companies=companies, population={"people": 400})
    session = at(Settings(own_name(own), SETTINGS.columns, 1, 400), 5, own)
    head, rows = table(session)
    simulation = sim.Simulation(own, "commons", seed=1)
    simulation.advance(5)
    for c, name in enumerate(("A, Inc.", "B")):
        found = [float(row[head.index(f"{name}.cash")]) for row in rows[:6]]
        assert found == simulation.history["cash"][:6, c].tolist()
    assert len(set(head)) == len(head)
    assert [float(row[head.index("cost")]) for row in rows[:6]] == (
        simulation.history["cost"][:6].sum(axis=1) / own.months
    ).tolist()


def execute(lines, folder):
    """Runs a program as a user would, and returns what it prints."""
    program = folder / "lines.py"
    program.write_text(lines, "utf-8")
    done = subprocess.run(
        [sys.executable, str(program)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("people", "moves"), [(1500, ()), (700, MOVES)])
def test_lines__make_the_same_runs(tmp_path, people, moves):
    settings = Settings("default", SETTINGS.columns, 3, people, moves)
    session = at(settings, 20)
    lines = python_lines(session)
    assert ("moves" in lines) == bool(moves)
    assert "(30, " not in lines  # a move to come is none of these runs
    assert ("# After step 9, column 1: fun let go." in lines) == bool(moves)
    printed = execute(lines, tmp_path)
    expected = [
        [style, str(one.history["active"][20, 0]), one.result().fingerprint()]
        for style, one in zip(("commons", "adaptive"), session._runs.simulations, strict=True)
    ]
    assert printed == expected


def test_lines__and_table_tell_the_options_of_a_style(tmp_path):
    quick = Column("adaptive", {"fun": 0.9}, {"pace": 0.3})
    session = at(Settings("default", (Column("adaptive", {}), quick), 3, 300), 20)
    printed = execute(python_lines(session), tmp_path)
    simulations = session._runs.simulations
    assert [line[0] for line in printed] == ["adaptive", "adaptive(pace=0.3)"]
    assert [line[2] for line in printed] == [one.result().fingerprint() for one in simulations]
    assert printed[0][2] != printed[1][2]
    _, rows = table(session)
    assert [row[1] for row in rows[::21]] == ["adaptive", "adaptive(pace=0.3)"]


def test_lines__and_table_of_a_market_make_its_runs(tmp_path):
    columns = (Column("", {}), Column("commons", {}))
    session = at(Settings("mixed_market", columns, 3, 300), 20)
    printed = execute(python_lines(session), tmp_path)
    simulations = session._runs.simulations
    assert [line[-1] for line in printed] == [one.result().fingerprint() for one in simulations]
    assert len({line[-1] for line in printed}) == 2
    (tmp_path / "market.toml").write_text(scenario_toml(session), "utf-8")
    assert load(tmp_path / "market.toml") == session.snapshot().scenario
    _, rows = table(session)
    assert [row[1] for row in rows[::21]] == ["own styles", "commons"]


def test_lines__of_a_scenario_file_go_with_the_scenario_as_exported(tmp_path):
    own = change(load("default"), title='My "own" world', time={"steps": 30})
    session = at(Settings(own_name(own), SETTINGS.columns, 1, 200), 30, own)
    (tmp_path / "scenario.toml").write_text(scenario_toml(session), "utf-8")
    printed = execute(python_lines(session), tmp_path)
    simulations = session._runs.simulations
    assert [line[2] for line in printed] == [one.result().fingerprint() for one in simulations]


@pytest.mark.parametrize("name", ["default", "open_source", "civic_co_creation", "maker_platform"])
def test_toml__is_read_back_as_the_same_scenario(tmp_path, name):
    session = at(Settings(name, SETTINGS.columns, 1, 1000), 1)
    path = tmp_path / "scenario.toml"
    path.write_text(scenario_toml(session), "utf-8")
    assert load(path) == change(load(name), population={"people": 1000})
    assert "1000 people, seed 1" in path.read_text("utf-8")


def test_toml__bears_whatever_a_scenario_may_hold(tmp_path):
    path = tmp_path / "own.toml"
    ties = tmp_path / "ties.csv"
    ties.write_text("a,b\n0,1\n1,2\n", "utf-8")
    path.write_text(
        """
title = "Łódź\\t\\"x\\" \\u007f\\nnext"
motives = {fun = 0.5, money = 0.5}
[population]
people = 50
[ties]
kind = "file"
file = "ties.csv"
[[companies]]
name = "A"
[[companies]]
name = "B [x]"
style = "adaptive"
options = {pace = 0.1}
[[events]]
at = 3
kind = "loss_of_core"
size = 0.5
[stop]
outcome = "members"
below = -inf
[origin]
day = 2020-01-02
at = 2020-01-02T03:04:05Z
time = 03:04:05
flag = true
"odd key" = [1, 2.5, "x", {a = [true]}]
[origin.real]
share = 0.1
""",
        "utf-8",
    )
    own = load(path)
    session = at(Settings(own_name(own), SETTINGS.columns, 1, 50), 4, own)
    again = tmp_path / "scenario.toml"
    again.write_text(scenario_toml(session), "utf-8")
    assert load(again) == own
    assert str(tmp_path) not in scenario_toml(session)  # no path of this machine


def test_exports__are_taken_between_two_steps(opened, page):
    session = opened(SETTINGS)
    looking = page(session)
    session.set_speed(100)
    session.play()
    looking.wait(lambda p: p.step >= 3)
    head, rows = table(session)
    steps = [row[2] for row in rows]
    half = len(steps) // 2
    assert steps[:half] == steps[half:] == [str(n) for n in range(half)]
    own = run(load("default"), "commons", seed=3)
    quality = np.array([float(row[head.index("quality")]) for row in rows[:half]])
    assert np.array_equal(quality, own.every_step("quality")[:half])
