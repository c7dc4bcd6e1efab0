"""`make bench` judges what it measures, and writes its tables where they are marked."""

import importlib
import os
import re
from pathlib import Path

import pytest

from benchmarks.core import __main__ as bench
from benchmarks.core.contest import command, contest
from benchmarks.core.race import FULL, QUICK, race, ratios
from benchmarks.core.rows import HEAD, Row, at_least, at_most, check_marks, so, table, write
from sim.errors import UserError

ROOT = Path(__file__).parents[2]
FAST = Row("fast", (9.0, 12.0, 11.0), goal=at_least(10.0))
SLOW = Row("slow", (9.0, 12.0, 11.0), "ms", at_most(10.0))
UNJUDGED = Row("unjudged", (1234.5,), "MB")
SKIPPED = Row("skipped", (), goal=at_least(10.0), skipped="there is no gcc")


@pytest.fixture
def asked(monkeypatch):
    """Parts of a row each in place of those that take minutes; what they were asked for."""
    seen = []

    def part(name, row):
        def rows(scale):
            seen.append((name, scale))
            yield row

        return bench.Part(f"table of {name}", rows, 1)

    parts = {"good": part("good", FAST), "bad": part("bad", SLOW), "none": part("none", SKIPPED)}
    monkeypatch.setattr(bench, "PARTS", parts)
    return seen


@pytest.fixture
def page(tmp_path):
    """A Markdown file with a place for each table."""
    path = tmp_path / "page.md"
    names = ("machine", "good", "bad", "none")
    marks = [f"Before {name}.\n\n<!-- generated: {name} -->\nold\n<!-- end -->\n" for name in names]
    path.write_text("# Page\n\n" + "\n".join(marks) + "\nAfter.\n")
    return path


def test_bench__measures_all_parts_or_those_asked_for(asked):
    bench.main([])
    assert asked == [("good", FULL), ("bad", FULL), ("none", FULL)]
    asked.clear()
    bench.main(["--quick", "--only", "none", "good"])
    assert asked == [("none", QUICK), ("good", QUICK)]


def test_bench__fails_where_a_goal_is_missed_and_names_it(asked, capsys):
    assert bench.main([]) == 1
    missed = capsys.readouterr().out.partition("Goals missed:")[2]
    assert [line.split()[0] for line in missed.split("\n") if line] == ["slow"]


def test_bench__tells_a_goal_in_seconds_that_is_missed_but_fails_by_ratios_alone(
    asked, monkeypatch, capsys
):
    late = Row("late", (9.0,), "s", at_most(8.0))
    monkeypatch.setattr(bench, "PARTS", {"late": bench.Part("start", lambda scale: [late], 1)})
    assert bench.main([]) == 0
    missed = capsys.readouterr().out.partition("Goals missed:")[2]
    assert [line.split()[0] for line in missed.split("\n") if line] == ["late"]


def test_bench__succeeds_where_all_goals_are_reached_or_cannot_be_judged(asked, capsys):
    assert bench.main(["--only", "good", "none"]) == 0
    said = capsys.readouterr().out
    assert "Goals missed" not in said
    assert "skipped: there is no gcc" in said


@pytest.mark.parametrize("words", [["--only", "everything"], ["--fast"], ["--only"]])
def test_bench__refuses_what_it_does_not_know(words, asked):
    with pytest.raises(SystemExit) as stopped:
        bench.main(words)
    assert stopped.value.code == 2
    assert asked == []


def test_help__tells_what_each_part_takes(capsys):
    with pytest.raises(SystemExit):
        bench.main(["--help"])
    said = capsys.readouterr().out
    for name, part in bench.PARTS.items():
        line = f"  {name} +{re.escape(part.title)}, about {part.seconds} s"
        assert re.search(f"^{line}$", said, re.MULTILINE)
    assert sum(part.seconds for part in bench.PARTS.values()) <= 20 * 60


def test_machine__is_named_by_kind_only():
    assert bench.platform.node() not in bench.machine()
    assert bench.platform.python_version() in bench.machine()


def test_tables__are_written_between_their_marks(asked, page):
    assert bench.main(["--only", "good", "--write", str(page)]) == 0
    text = page.read_text()
    assert f"<!-- generated: good -->\n\n{table([FAST])}\n\n<!-- end -->" in text
    assert f"<!-- generated: machine -->\n\n{bench.machine()}\n\n<!-- end -->" in text
    assert "<!-- generated: bad -->\nold\n<!-- end -->" in text  # was not measured
    assert [line for line in text.splitlines() if line.startswith(("Before", "After", "#"))] == [
        "# Page", "Before machine.", "Before good.", "Before bad.", "Before none.", "After.",
    ]  # fmt: skip
    write(page, {"good": table([FAST])})
    assert page.read_text() == text


def test_tables__without_a_place_stop_it_before_anything_is_measured(asked, page, capsys):
    page.write_text(page.read_text().replace("generated: bad", "generated: worse"))
    assert bench.main(["--write", str(page)]) == 2
    assert "<!-- generated: bad -->" in capsys.readouterr().err
    assert bench.main(["--write", str(page.with_name("none.md"))]) == 2
    assert asked == []


def test_docs__have_a_place_for_each_table():
    path = ROOT / "docs" / "performance.md"
    check_marks(path, ("machine", *bench.PARTS))
    with pytest.raises(UserError, match="generated: another"):
        check_marks(path, ("another",))


def test_table__shows_median_spread_and_goal_and_marks_what_is_missed():
    equal = so("equal", True)
    lines = table([FAST, SLOW, UNJUDGED, SKIPPED, equal, so("unequal", False)]).splitlines()
    assert lines == [
        f"| {' | '.join(HEAD)} |",
        "| --- | --- | --- | --- |",
        "| fast | 11.0 times | 9.000 to 12.0 | at least 10 |",
        "| **slow** | **11.0 ms** | **9.000 to 12.0** | **at most 10** |",
        "| unjudged | 1,234 MB |  |  |",
        "| skipped | skipped: there is no gcc |  | at least 10 |",
        "| equal | yes |  | yes |",
        "| **unequal** | **no** |  | **yes** |",
    ]
    assert not equal.missed
    assert "MISSED" in str(SLOW)
    assert "MISSED" not in str(FAST)


@pytest.mark.parametrize(
    ("goal", "missed"),
    [(at_least(11), False), (at_most(11), False), (at_least(11.1), True), (at_most(10.9), True)],
)
def test_goal__is_judged_by_the_median(goal, missed):
    assert Row("row", (1.0, 11.0, 99.0), goal=goal).missed == missed


def test_race__lets_all_take_turns_after_they_have_warmed_up():
    turns = []
    clock = iter(range(100)).__next__
    measured = race([lambda: turns.append("a"), lambda: turns.append("b")], 3, clock)
    assert "".join(turns) == "ab" * 4
    assert measured == [(1, 1, 1), (1, 1, 1)]
    assert bench.alone.seconds(lambda: clock(), clock) == 2


def test_ratios__are_taken_round_by_round():
    assert ratios((2.0, 9.0), (1.0, 3.0)) == (2.0, 3.0)


WORKING = """
import time


def work(name, file):
    with open(file, "a") as log:
        log.write(name)
    time.sleep(0.2)
    with open(file, "a") as log:
        log.write(name)
    return float(ord(name))
"""


def test_contest__lets_one_command_work_at_a_time(tmp_path, monkeypatch):
    (tmp_path / "working.py").write_text(WORKING)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}")
    work = importlib.import_module("working").work
    log = tmp_path / "log"
    found = contest([command(work, name, log) for name in "ABC"])
    assert log.read_text() == "AABBCC"
    assert [answer for _, answer in found] == [*map(ord, "ABC")]
    assert all(seconds >= 0.2 for seconds, _ in found)


def test_contest__ends_all_when_a_command_fails(tmp_path, monkeypatch):
    (tmp_path / "failing.py").write_text("def fail(): raise SystemExit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}")
    fail = importlib.import_module("failing").fail
    with pytest.raises(ChildProcessError, match="failing"):
        contest([command(fail)])
