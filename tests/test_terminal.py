import io
import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from rich.console import Console

from sim.analysis.comparison import Comparison, Outcome
from sim.terminal import print_comparison, print_side_by_side

ABOUT = [
    Outcome("value_created", "value created", "EUR/month", 1),
    Outcome("cost", "cost", "EUR/month", -1),
    Outcome("gini", "Gini of contributions", "", 0),
    Outcome("retention_3", "retention after 3 months", "share", 1),
    *(Outcome(name, name, "0-1", 1) for name in ("surplus", "profit", "quality", "active")),
    *(Outcome(name, name, "0-1", 1) for name in ("trust", "returned_share")),
]
SIX = ("open_source", "directive", "contest", "toolkit", "commons", "steward")


def comparison(arms=SIX, n_runs=20, **changes):
    """Value and cost rise by 1,000 and 100 from arm to arm, the Gini falls, the rest is noise."""
    rng = np.random.default_rng(8)
    shape = (len(arms), n_runs)
    steps = np.arange(len(arms), dtype=float)[:, None]
    outcomes = {about.name: rng.uniform(0.1, 0.6, shape) for about in ABOUT}
    outcomes["value_created"] = 12_000 + 1_000 * steps + rng.normal(0, 200, shape)
    outcomes["cost"] = 2_000 + 100 * steps + rng.normal(0, 20, shape)
    outcomes["gini"] = 0.9 - 0.05 * steps + rng.normal(0, 0.01, shape)
    about = {outcome.name: outcome for outcome in ABOUT}
    given = {"scenario": "world", "seeds": tuple(range(n_runs)), "paired": True} | changes
    return Comparison(arms=arms, outcomes=outcomes, about=about, **given)


def printed(table, width=100, encoding="utf-8", show=print_comparison, **options):
    buffer = io.BytesIO()
    file = io.TextIOWrapper(buffer, encoding=encoding)
    show(table, Console(file=file, width=width), **options)
    file.flush()
    return buffer.getvalue().decode(encoding)


def row(text, title):
    """The first line that begins with a title: its row of the table."""
    return next(line for line in text.splitlines() if line.startswith(title))


def test_print_comparison__six_styles_fit_a_hundred_columns():
    text = printed(comparison())
    assert max(map(len, text.splitlines())) <= 100
    (heads,) = [line for line in text.splitlines() if "directive" in line and "toolkit" in line]
    assert heads.split() == list(SIX)


@pytest.mark.parametrize("width", [50, 72, 80])
def test_print_comparison__a_narrow_console_gets_blocks_that_lose_nothing(width):
    wide, narrow = printed(comparison(), width=100), printed(comparison(), width=width)
    assert max(map(len, narrow.splitlines())) <= width
    assert "…" not in narrow
    cells = [word for word in row(wide, "Cost").split() if word[0] in "+-±"]
    assert len(cells) == 10
    assert all(cell in narrow for cell in cells)


def test_print_comparison__shows_the_numbers_of_the_comparison():
    table = comparison(arms=("open", "closed"))
    (effect,) = table.all_effects()["value_created"]
    mean = table.means("value_created")[0]
    line = row(printed(table), "Value created [k EUR/month]")
    assert f"{mean.mean / 1000:.1f} ({mean.sd / 1000:.1f})" in line
    half = (effect.high - effect.low) / 2
    assert f"{effect.difference / 1000:+.1f} ±{half / 1000:.1f}▲" in line


def test_print_comparison__marks_say_better_worse_and_different_without_colour():
    text = printed(comparison(arms=("open", "closed")))
    assert "▲" in row(text, "Value created")
    assert "▼" in row(text, "Cost")
    assert "◆" in row(text, "Gini")
    assert not set("▲▼◆") & set(row(text, "Quality"))
    assert "▲ better, ▼ worse, ◆ different from open" in text
    assert "\x1b" not in text


def test_print_comparison__turns_round_with_the_baseline():
    line = row(printed(comparison(arms=("open", "closed")), baseline="closed"), "Cost")
    assert "▲" in line


def test_print_comparison__says_what_it_rests_on():
    text = " ".join(printed(comparison()).split())
    assert "n = 20 runs a style, paired t" in text
    assert "simultaneous 95 % intervals (Bonferroni, 50 comparisons)" in text
    assert "Caution" not in text
    assert "Welch t" in printed(comparison(paired=False))
    for sentence in comparison().sentences():
        assert sentence in text


def test_print_comparison__warns_of_few_and_of_missing_runs():
    assert "Caution: n = 9 is small" in printed(comparison(n_runs=9))
    assert "Caution: one run" in printed(comparison(n_runs=1))
    assert "Interrupted" in printed(comparison(interrupted=True))
    table = comparison()
    table.outcomes["cost"][1, :5] = np.nan
    assert "Cost is not known in every run; used: directive 15." in printed(table)


@pytest.mark.parametrize("arms", [SIX, SIX[:1]])
@pytest.mark.parametrize("value", [0.0, np.nan])
def test_print_comparison__degenerate_numbers_print(arms, value):
    table = comparison(arms=arms)
    for values in table.outcomes.values():
        values[:] = value
    text = printed(table)
    assert "nan" not in text
    assert not set("▲▼◆") & set(row(text, "Cost"))


@pytest.mark.parametrize(("encoding", "name"), [("ascii", "\\u0141"), ("latin-1", "\\u0141")])
def test_print_comparison__spells_in_ascii_what_the_console_cannot_write(encoding, name):
    text = printed(comparison(arms=("Łódź", "[bold]"), scenario="協働"), encoding=encoding)
    assert name in text
    assert "[bold]" in text
    assert "+-" in row(text, "Cost")
    assert row(text, "Cost").endswith("v")


SCRIPT = """
import numpy as np
from rich.console import Console
from sim.analysis.comparison import Comparison, Outcome
from sim.terminal import print_comparison
values = np.random.default_rng(1).random((2, 9))
print_comparison(
    Comparison("w", ("a", "b"), tuple(range(9)), True, {"cost": values},
               {"cost": Outcome("cost", "cost", "\\u20ac", -1)}), Console())
"""


def test_q40_locale__prints_under_the_c_locale_and_in_a_pipe():
    env = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "Cost [\\u20ac]" in done.stdout.decode("ascii")


@dataclass
class Row:
    pattern: str
    real: float | None
    simulated: float | None
    low: float | None
    high: float | None
    verdict: str


def test_print_side_by_side__one_line_a_pattern():
    rows = [
        Row("Gini of contributions", 0.87, 0.81234, 0.65, 0.95, "inside"),
        Row("submissions", 1234567.0, None, None, None, "not [known]"),
        Row("tail exponent", float("nan"), 1.98, 1.5, 2.6, "inside"),
    ]
    text = printed(rows, show=print_side_by_side)
    cells = [" ".join(row(text, r.pattern).split()) for r in rows]
    assert cells == [
        "Gini of contributions .870 .812 .650 – .950 inside",
        "submissions 1,234,567 - - not [known]",
        "tail exponent - 1.98 1.50 – 2.60 inside",
    ]
