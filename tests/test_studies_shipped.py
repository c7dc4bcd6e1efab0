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
DIFFERENCE = ("difference", "difference_low", "difference_high")
NUMBERS = (
    "difference_effect_size",
    "mean",
    "sd",
    "low",
    "high",
    "q25",
    "median",
    "q75",
    *DIFFERENCE,
)
NUMBER = r"-?[\d,]+(?:\.\d+)?"
INTERVAL = rf"({NUMBER}) \(({NUMBER}) to ({NUMBER})\)"

FACTS = {
    "mixed_market": [
        (
            "mean",
            "adoption",
            "population.people=1200, turnover.word_of_mouth=0.01 per month, company=Command",
        ),
        (
            "mean",
            "adoption",
            "population.people=9600, turnover.word_of_mouth=0.01 per month, company=Command",
        ),
        (
            "mean",
            "adoption",
            "population.people=9600, turnover.word_of_mouth=0.01 per month, company=Kit",
        ),
        (
            "mean",
            "adoption",
            "population.people=9600, turnover.word_of_mouth=0.1 per month, company=Kit",
        ),
        (
            "mean",
            "solvent",
            "population.people=2400, turnover.word_of_mouth=0.01 per month, company=Kit",
        ),
        (
            "mean",
            "solvent",
            "population.people=9600, turnover.word_of_mouth=0.1 per month, company=Steward",
        ),
        (
            "mean",
            "solvent",
            "population.people=9600, turnover.word_of_mouth=0.01 per month, company=Steward",
        ),
    ],
    "shift_1_platform": [
        ("mean", "surplus", "population.people=4000, lever.tools=0.9, lever.transparency=0.9"),
        ("mean", "surplus", "population.people=4000, lever.tools=0.1, lever.transparency=0.9"),
        ("mean", "surplus", "population.people=250, lever.tools=0.9, lever.transparency=0.9"),
        ("mean", "surplus", "population.people=250, lever.tools=0.1, lever.transparency=0.9"),
        ("difference", "profit", "population.people=1000, lever.tools=0.9, lever.transparency=0.9"),
        ("difference", "profit", "population.people=4000, lever.tools=0.9, lever.transparency=0.9"),
    ],
    "shift_2_influence": [
        ("mean", "surplus", "world.problems=1, lever.control=0.9, lever.vision=0.2"),
        ("mean", "surplus", "world.problems=1, lever.control=0.1, lever.vision=0.2"),
        ("mean", "surplus", "world.problems=32, lever.control=0.9, lever.vision=0.2"),
        ("mean", "surplus", "world.problems=32, lever.control=0.1, lever.vision=0.2"),
        ("mean", "active", "world.problems=32, lever.control=0.1, lever.vision=0.8"),
        ("mean", "active", "world.problems=32, lever.control=0.1, lever.vision=0.2"),
        ("mean", "profit", "world.problems=1, lever.control=0.9, lever.vision=0.2"),
        ("mean", "profit", "world.problems=1, lever.control=0.1, lever.vision=0.2"),
    ],
    "shift_3_enablers": [
        (
            "difference",
            "surplus",
            "population.people=3000, lever.facilitation=0.8, world.smoothness=0",
        ),
        (
            "difference",
            "surplus",
            "population.people=3000, lever.facilitation=0.8, world.smoothness=20",
        ),
        (
            "difference",
            "surplus",
            "population.people=1000, lever.facilitation=0.2, world.smoothness=0",
        ),
        (
            "difference",
            "surplus",
            "population.people=1000, lever.facilitation=0.8, world.smoothness=0",
        ),
        (
            "difference",
            "surplus",
            "population.people=1000, lever.facilitation=0.8, world.smoothness=20",
        ),
    ],
    "shift_4_motives": [
        ("mean", "active", "lever.money=0.0, motives.money=0.05, style=foundation"),
        ("mean", "active", "lever.money=0.1, motives.money=0.05, style=foundation"),
        ("mean", "active", "lever.money=0.8, motives.money=0.05, style=foundation"),
        ("mean", "active", "lever.money=0.0, motives.money=0.75, style=foundation"),
        ("mean", "active", "lever.money=0.8, motives.money=0.75, style=foundation"),
        ("difference", "surplus", "lever.money=0.0, motives.money=0.05, style=foundation"),
        ("difference", "surplus", "lever.money=0.8, motives.money=0.05, style=foundation"),
    ],
    "shift_5_we": [
        (
            "difference",
            "surplus",
            "world.trust_critical=1.0, lever.sharing=0.8, lever.transparency=0.9",
        ),
        (
            "difference",
            "surplus",
            "world.trust_critical=0.0, lever.sharing=0.8, lever.transparency=0.9",
        ),
        (
            "difference",
            "surplus",
            "world.trust_critical=0.0, lever.sharing=0.8, lever.transparency=0.1",
        ),
        ("mean", "profit", "world.trust_critical=1.0, lever.sharing=0.0, lever.transparency=0.9"),
        ("mean", "profit", "world.trust_critical=1.0, lever.sharing=0.8, lever.transparency=0.9"),
        ("mean", "profit", "world.trust_critical=1.0, lever.sharing=0.0, lever.transparency=0.1"),
    ],
    "styles_by_world": [
        ("mean", "surplus", "population.people=500, world.trust_critical=0.0, style=directive"),
        ("mean", "surplus", "population.people=500, world.trust_critical=1.0, style=directive"),
        ("mean", "surplus", "population.people=1000, world.trust_critical=0.0, style=foundation"),
        ("mean", "surplus", "population.people=1000, world.trust_critical=1.0, style=foundation"),
        ("mean", "surplus", "population.people=4000, world.trust_critical=0.0, style=toolkit"),
        ("mean", "surplus", "population.people=4000, world.trust_critical=1.0, style=toolkit"),
        ("mean", "surplus", "population.people=2000, world.trust_critical=0.0, style=toolkit"),
        ("mean", "surplus", "population.people=2000, world.trust_critical=1.0, style=foundation"),
        ("mean", "surplus", "population.people=4000, world.trust_critical=0.0, style=directive"),
        ("mean", "surplus", "population.people=4000, world.trust_critical=1.0, style=directive"),
        ("mean", "profit", "population.people=4000, world.trust_critical=0.0, style=commons"),
        ("mean", "profit", "population.people=4000, world.trust_critical=1.0, style=commons"),
    ],
}
"""What the numbers of each answer are, in its order: a mean or a difference, of what, where."""


def path_of(name):
    return ROOT / "experiments" / f"{name}.toml"


def told(name, key):
    return " ".join(read_experiment(path_of(name)).texts[key].split())


def results(name, outcome=None, where=""):
    """Returns the rows of a study's results for an outcome where columns have some values."""
    wanted = dict(part.split("=") for part in where.split(", ") if part)
    with (GALLERY / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if outcome in (None, row["outcome"])]
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def numbers(row, kind="mean"):
    """Returns a mean or a difference with its interval."""
    names = ("mean", "low", "high") if kind == "mean" else DIFFERENCE
    return tuple(float(row[name]) for name in names)


def differences(name, outcome, where):
    return [numbers(row, "difference") for row in results(name, outcome, where)]


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


@pytest.mark.parametrize("name", RUNS)
def test_answer__has_the_numbers_of_the_gallery(name):
    said = re.findall(INTERVAL, told(name, "answer"))
    assert len(said) == len(FACTS[name])
    for texts, (kind, outcome, where) in zip(said, FACTS[name], strict=True):
        (row,) = results(name, outcome, where)
        for text, value in zip(texts, numbers(row, kind), strict=True):
            decimals = len(text.partition(".")[2])
            assert text == f"{value:,.{decimals}f}", (outcome, where)


def test_shift_1__openness_costs_profit_at_every_size():
    """So does its answer say, and that a company with tools among 250 people closes."""
    closed = results("shift_1_platform", "profit", "lever.transparency=0.1")
    for row in closed:
        same = f"population.people={row['population.people']}, lever.tools={row['lever.tools']}"
        (other,) = results("shift_1_platform", "profit", f"{same}, lever.transparency=0.9")
        assert numbers(other)[2] < numbers(row)[1]
    assert len(closed) == 15
    few = "population.people=250, lever.tools=0.9, lever.transparency=0.9"
    assert numbers(results("shift_1_platform", "adoption", few)[0]) == (0, 0, 0)


def test_shift_2__no_gate_beats_the_open_door_under_a_strong_vision():
    for control in ("0.5", "0.9"):
        where = f"lever.vision=0.8, lever.control={control}"
        lows = [low for _, low, _ in differences("shift_2_influence", "surplus", where)]
        assert len(lows) == 5
        assert max(lows) <= 0


def test_shift_4__other_motives_add_nothing_sure_for_those_who_come_for_money():
    where = "motives.money=0.75, style=foundation"
    found = differences("shift_4_motives", "surplus", where)
    assert len(found) == 6
    assert all(low < 0 < high for _, low, high in found)


def test_shift_5__sharing_leaves_the_company_a_fifth():
    for row in results("shift_5_we", "profit", "lever.sharing=0.8"):
        same = ", ".join(
            f"{name}={row[name]}" for name in ("world.trust_critical", "lever.transparency")
        )
        (kept,) = results("shift_5_we", "profit", f"{same}, lever.sharing=0.0")
        assert 0.15 < numbers(row)[0] / numbers(kept)[0] < 0.25


@pytest.mark.parametrize(
    ("people", "trust", "best"),
    [
        (500, 0.0, "directive"),
        (500, 1.0, "directive"),
        (1000, 0.0, "foundation"),
        (1000, 1.0, "foundation"),
        (2000, 0.0, "toolkit"),
        (2000, 1.0, "foundation"),
        (4000, 0.0, "toolkit"),
        (4000, 1.0, "toolkit"),
    ],
)
def test_styles_by_world__this_one_leaves_most(people, trust, best):
    where = f"population.people={people}, world.trust_critical={trust}"
    rows = results("styles_by_world", "surplus", where)
    assert max(rows, key=lambda row: numbers(row)[0])["style"] == best
    if people == 4000:
        assert min(rows, key=lambda row: numbers(row)[0])["style"] == "directive"


def test_mixed_market__command_alone_never_closes():
    for row in results("mixed_market", "solvent"):
        if row["company"]:
            assert (float(row["mean"]) == 1) == (row["company"] == "Command")
    for company in ("Kit", "Commons", "Steward"):
        where = f"population.people=1200, company={company}"
        assert all(numbers(r)[0] < 0.06 for r in results("mixed_market", "adoption", where))


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_study__gives_the_results_of_the_gallery(name, tmp_path):
    study = sim.sweep(path_of(name), tmp_path / name)
    found = list(csv.DictReader(study.report().to_csv().splitlines()))
    assert found
    for new, old in zip(found, results(name), strict=True):
        assert new.keys() == old.keys()
        for column, text in old.items():
            if column in NUMBERS and text:
                assert np.isclose(float(new[column]), float(text), rtol=1e-9, atol=1e-9), column
            else:
                assert new[column] == text
