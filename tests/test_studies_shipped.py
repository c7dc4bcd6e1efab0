"""The shipped studies: they read, say what they ask, and what they say came out did."""

import csv
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.design import Plan, read_experiment

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "results" / "gallery"
RUNS = {
    "mixed_market": 320,
    "shift_1_platform": 1200,
    "shift_2_influence": 1500,
    "shift_3_enablers": 1280,
    "shift_4_motives": 1440,
    "shift_5_we": 1800,
    "styles_by_world": 1920,
}
NUMBER = r"-?[\d,]+(?:\.\d+)?"
INTERVAL = rf"({NUMBER}) \(({NUMBER}) to ({NUMBER})\)"


def path_of(name):
    return ROOT / "experiments" / f"{name}.toml"


def told(name, key):
    return " ".join(read_experiment(path_of(name)).texts[key].split())


def results(name):
    with (GALLERY / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_shipped__are_these():
    files = (ROOT / "experiments").glob("*.toml")
    assert {path.stem for path in files} == {*RUNS, "honesty"}


@pytest.mark.parametrize("name", RUNS)
def test_study__reads_and_says_what_it_asks(name):
    text = path_of(name).read_text("utf-8")
    assert max(map(len, text.splitlines())) <= 100
    assert text.startswith("#")
    assert "figure" in tomllib.loads(text)
    experiment = read_experiment(path_of(name))
    assert experiment.notes == ()
    assert told(name, "question").count("?") == 1
    assert re.fullmatch(r"about [\d.]+ minutes? on 2 cores", told(name, "expected"))
    assert len(re.findall(r"[.](?: |$)", told(name, "answer"))) == 2
    assert len(Plan(experiment)) == RUNS[name]


def test_readme__lists_each_with_its_runs_and_its_time():
    readme = (ROOT / "experiments" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([\d,]+) \| ([\d.]+ minutes?) \|$", readme, re.M)
    assert {name: int(runs.replace(",", "")) for name, runs, _ in rows} == RUNS
    for name, _, time in rows:
        assert told(name, "expected") == f"about {time} on 2 cores"


@pytest.mark.parametrize("name", RUNS)
def test_gallery__has_a_figure_and_all_points_and_outcomes(name):
    assert (GALLERY / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    experiment, rows = read_experiment(path_of(name)), results(name)
    plan = Plan(experiment)
    arms = len(experiment.competitors) + 1 if experiment.competitors else plan.n_styles
    assert len(rows) == plan.n_points * arms * len(experiment.outcomes)
    assert {row["outcome"] for row in rows} == set(experiment.outcomes)
    assert max(int(row["n"]) for row in rows) == plan.seeds
