import io
import math

import pyarrow as pa
import pytest
from rich.console import Console

from sim.analysis.report import report
from sim.design import Plan, read_experiment
from sim.terminal import print_study

WORLD = {"scenario": "default", "outcomes": ["value_created", "profit"], "seeds": 10}
TWO = WORLD | {"styles": ["directive", "commons"]}
SIZES = {"population.people": [50, 100]}


def printed(experiment, width=100, encoding="utf-8", n=None, unknown=()):
    """What is printed of runs in which commons creates 5 more among 100 people."""
    read = read_experiment(experiment)
    plan = Plan(read)
    runs = [plan.run(i) for i in range(len(plan) if n is None else n)]
    values = [
        20 + run.rep + 0.01 * (run.index % 7)
        + 5 * (run.style == "commons" and run.values.get("population.people") == 100)
        for run in runs
    ]  # fmt: skip
    values = [math.nan if run.index in unknown else v for run, v in zip(runs, values, strict=True)]
    columns = dict.fromkeys(read.outcome_columns, values)
    table = {"run": range(len(runs)), "status": ["done"] * len(runs), **columns}
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    found = report(read, plan, pa.table(table))
    print_study(found, Console(file=file, width=width, highlight=False))
    file.seek(0)
    return file.read()


def test_print_study__has_a_line_a_point_and_a_column_a_style():
    text = printed(TWO | {"vary": SIZES, "figure": {"outcomes": ["value_created"]}})
    lines = [line.split() for line in text.splitlines()]
    assert ["population.people", "mean", "(sd)", "difference"] in lines
    row = next(line for line in lines if line[:1] == ["100"])
    assert row[1:3] == ["24.53", "(3.03)"]
    assert row[3].startswith("+5.")
    assert row[4].startswith("±.") or row[4].startswith("±0.")
    assert row[4].endswith("▲")
    assert "n = 10 runs each, paired t; ±: simultaneous 95 %" in text
    assert "(Bonferroni, 2 comparisons)." in text
    assert "All 40 runs are done." in text


def test_print_study__has_the_interval_of_a_style_that_is_alone():
    text = printed(WORLD | {"styles": ["commons"]})
    assert "interval" in text
    assert "22 – 27" in text
    assert "▲" not in text


def test_print_study__says_its_findings_alone_where_it_is_large():
    vary = {"lever.fun": {"from": 0.0, "to": 1.0, "step": 0.02}}
    text = printed(TWO | {"vary": vary, "seeds": 3})
    assert "102 lines are too many to show here." in text
    assert "undecided" in text
    assert len(text.splitlines()) < 20


@pytest.mark.parametrize("width", [60, 80])
def test_print_study__fits_the_width(width):
    styles = ["directive", "contest", "toolkit", "foundation", "commons", "steward"]
    text = printed(WORLD | {"styles": styles, "vary": SIZES}, width)
    assert all(len(line) <= width for line in text.splitlines())
    assert text.count("directive\n") + text.count("directive ") >= 2
    for style in styles:
        assert style in text


def test_print_study__spells_what_a_console_cannot():
    text = printed(TWO | {"vary": SIZES}, encoding="ascii")
    assert "+-" in text
    assert "^" in text


def test_print_study__of_half_a_study_says_so():
    assert "10 of 40 runs are done; 30 are still missing." in printed(TWO | {"vary": SIZES}, n=10)


SHOWN = {"figure": {"outcomes": ["value_created"]}}


def test_print_study__tells_the_n_of_differences_from_that_of_means():
    # Among 50 people directive lacks the outcome of two seeds and commons of two others.
    text = printed(TWO | {"vary": SIZES} | SHOWN, unknown=[0, 4, 9, 13])
    assert "Differences: n = 6 to 10 pairs of runs, paired t; ±: simultaneous 95 %" in text
    assert "Means of directive: n = 8 to 10 runs." in text
    assert "known in 36 of 40 runs; its differences rest on 6 to 10 pairs" in " ".join(text.split())


@pytest.mark.parametrize("width", [50, 100])
def test_print_study__shows_sampled_values_with_four_digits_and_breaks_names_at_dots(width):
    ranges = {"world.trust_critical": [0.0, 1.0], "population.people": [50, 90]}
    sample = {"method": "latin_hypercube", "n": 3, "ranges": ranges}
    text = printed(WORLD | {"styles": ["commons"], "sample": sample} | SHOWN, width)
    rows = [line.split() for line in text.splitlines()]
    values = [row[1] for row in rows if len(row) > 4 and row[1].startswith("0.")]
    assert len(values) == 3
    assert all(len(value) <= len("0.01234") for value in values)
    names = (
        ["population.", "world."] if width == 50 else ["population.people", "world.trust_critical"]
    )
    assert any(row[:2] == names for row in rows)
    assert ("trust_critical" in text.split()) == (width == 50)
