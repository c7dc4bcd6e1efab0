import io

import pyarrow as pa
import pytest
from rich.console import Console

from sim.analysis.report import report
from sim.design import Plan, read_experiment
from sim.terminal import print_study

WORLD = {"scenario": "default", "outcomes": ["value_created", "profit"], "seeds": 10}
TWO = WORLD | {"styles": ["directive", "commons"]}
SIZES = {"population.people": [50, 100]}


def printed(experiment, width=100, encoding="utf-8", n=None):
    """What is printed of runs in which commons creates 5 more among 100 people."""
    read = read_experiment(experiment)
    plan = Plan(read)
    runs = [plan.run(i) for i in range(len(plan) if n is None else n)]
    values = [
        20 + run.rep + 0.01 * (run.index % 7)
        + 5 * (run.style == "commons" and run.values.get("population.people") == 100)
        for run in runs
    ]  # fmt: skip
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
