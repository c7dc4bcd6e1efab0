"""What every style must keep to, present and future ones."""

import ast
import inspect
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.core.inputs import LEVERS, Levers
from sim.core.state import COMPANY, records
from sim.reading import change
from sim.scenario import Scenario
from sim.simulation import run
from sim.styles import STYLES, Report, Rival, Style, make, moved

PACKAGE = Path(sim.__file__).parent
WORLD = change(
    Scenario("trial"),
    population={"people": 80, "founders": 0.6},
    time={"steps": 12, "review": 3},
    world={"ring": 100, "pool": 4},
    search={"expert_sample": 3},
    effort={"effort_cost": -0.8},  # few people are hardly an audience, so their utility is lower
    turnover={"leave_early": "0.3 per month"},
    money={"seed_money": 30.0},
    companies=[{"name": "A"}, {"name": "B", "style": "commons"}],
)


def report(step, levers, seed=1):
    """A report of anything that may be seen at a step."""
    rng = np.random.default_rng(seed)
    series = records(COMPANY, step + 1)
    for field in COMPANY:
        column = rng.random(step + 1) * (1 if field.unit in ("share", "circle") else 500)
        series[field.name] = column
    rivals = tuple(
        Rival(Levers(**dict(zip(LEVERS, rng.random(12), strict=True))), profit)
        for profit in (-5.0, 900.0)
    )
    return Report(step, 4, levers, series, rivals[: seed % 3], lambda j: float(rng.random()))


def within(levers):
    assert isinstance(levers, Levers)
    for name in LEVERS:
        assert 0 <= getattr(levers, name) <= 1, name
    return levers


@pytest.mark.parametrize("name", STYLES)
def test_style__is_a_class_called_like_its_file_that_says_what_it_does(name):
    style = STYLES[name]
    assert issubclass(style, Style)
    assert style.__name__ == "".join(part.capitalize() for part in name.split("_"))
    assert style.__doc__
    assert not style.__doc__.startswith(f"{style.__name__}(")  # a dataclass's own text
    within(style.levers)
    module = inspect.getmodule(style)
    assert module.__doc__.startswith(style.__name__)
    body = ast.parse(inspect.getsource(module)).body
    assert [node.name for node in body if isinstance(node, ast.ClassDef)] == [style.__name__]


@pytest.mark.parametrize("name", STYLES)
def test_style__that_moves_says_by_whom_or_that_it_is_ours(name):
    style = STYLES[name]
    if "decide" in vars(style):
        assert re.search(r"\b(19|20)\d\d\b|\[D\]", style.__doc__)


@pytest.mark.parametrize("name", STYLES)
def test_style__declares_its_options_with_numbers(name):
    style = STYLES[name]
    options = [f for f in fields(style) if f.init] if is_dataclass(style) else []
    source = inspect.getsource(style)
    for option in options:
        assert isinstance(option.default, int | float), option.name
        assert np.isfinite(option.default)
        assert re.search(rf"{option.name}: float = .*\n    \"\"\"", source), "says what it is"
        assert getattr(make(name, {option.name: 0.125}), option.name) == 0.125


@pytest.mark.parametrize("name", STYLES)
def test_style__answers_with_levers_whatever_it_sees(name):
    for seed in range(30):
        style = make(name)
        levers = style.levers
        for step in (0, 4, 8, 60):
            levers = within(style.decide(report(step, levers, seed)))
        corner = Levers(**dict.fromkeys(LEVERS, float(seed % 2)))
        within(make(name).decide(report(8, corner, seed)))


@pytest.mark.parametrize("name", STYLES)
def test_style__starts_where_it_says(name):
    """At step 0 there is nothing to react to; a constant style never moves."""
    first = records(COMPANY, 1)
    levers = make(name).decide(Report(0, 4, STYLES[name].levers, first, (), lambda j: 0.5))
    for lever in LEVERS:
        assert abs(getattr(levers, lever) - getattr(STYLES[name].levers, lever)) <= 0.1
    if "decide" not in vars(STYLES[name]):
        assert levers is STYLES[name].levers


@pytest.mark.parametrize("name", STYLES)
def test_style__runs_and_keeps_nothing_from_one_run_to_the_next(name):
    first, second = run(WORLD, name, seed=5), run(WORLD, name, seed=5)
    assert first.fingerprint() == second.fingerprint()
    assert first.styles == (name, "commons")


@pytest.mark.parametrize("name", STYLES)
def test_style__changes_no_report(name):
    style = make(name)
    seen = report(8, style.levers)
    before = seen.series.copy()
    style.decide(seen)
    assert (seen.series == before).all()


def names_in(tree):
    """The texts and names of a source, without what it says in docstrings and comments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in alias.name.split("."))


SOURCES = [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "styles"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing__in_the_code_knows_the_name_of_a_style(path):
    known = {*STYLES, *(style.__name__ for style in STYLES.values())} - set(LEVERS)
    if path == PACKAGE / "scenario.py":
        known.discard(Scenario("any").style)  # the one that a world starts with
    found = known & set(names_in(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found


def test_landmarks__stand_where_the_model_puts_them():
    """The table of named styles; contest is a lever and a style."""
    order = (
        "control vision money recognition fun social transparency sharing experts tools contest"
        " facilitation"
    ).split()
    table = {
        "directive": (0.9, 0.5, 0.8, 0.1, 0.1, 0.1, 0.15, 0, 0.9, 0.2, 0, 0),
        "contest": (0.6, 0.3, 0.7, 0.5, 0.3, 0.05, 0.3, 0, 0.2, 0.4, 1, 0.1),
        "toolkit": (0.3, 0.3, 0.05, 0.2, 0.7, 0.2, 0.5, 0.05, 0.2, 0.9, 0, 0.3),
        "foundation": (0.25, 0.8, 0.1, 0.6, 0.6, 0.5, 0.9, 0.2, 0.4, 0.6, 0, 0.5),
        "commons": (0.1, 0.4, 0.25, 0.3, 0.4, 0.8, 0.9, 0.8, 0.2, 0.4, 0, 0.4),
        "steward": (0.4, 0.5, 0.4, 0.4, 0.4, 0.3, 0.6, 0.3, 0.3, 0.8, 0.25, 0.8),
    }
    for name, values in table.items():
        assert STYLES[name].levers == Levers(**dict(zip(order, values, strict=True))), name


def test_moved__stays_within_0_and_1():
    levers = Levers(control=0.95, money=0.02)
    assert moved(levers, control=0.1, money=-0.1, fun=0.3) == Levers(control=1.0, fun=0.3)
    with pytest.raises(KeyError):
        moved(levers, contol=0.1)
