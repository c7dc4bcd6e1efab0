"""Progress with time left, on standard error alone."""

import re
from contextlib import suppress

import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then
from rich.console import Console

from sim import progress


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_shown__says_nothing_of_what_is_quick(capsys):
    with progress.shown("Running", "steps") as report:
        for done in range(1, 101):
            report(done, 100)
    assert capsys.readouterr() == ("", "")


def test_shown__says_a_line_a_minute_in_a_log_with_the_time_left(capsys, clock):
    with progress.shown("Comparing", "runs") as report:
        for done in range(1, 11):
            clock.now += 45
            report(done, 10)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"Comparing: {done} of 10 runs, {45 * (10 - done)} s left" for done in (2, 4, 6, 8)
    ]


def on_a_terminal(monkeypatch, **options):
    """Makes standard error look like a terminal."""
    monkeypatch.setattr(
        progress, "Console", lambda stderr: Console(stderr=stderr, force_terminal=True, **options)
    )


def test_shown__is_a_bar_on_a_terminal_once_it_takes_long(capsys, monkeypatch, clock):
    on_a_terminal(monkeypatch, width=80)
    with progress.shown("Comparing", "runs") as report:
        clock.now += 0.5
        report(1, 10)
        assert capsys.readouterr().err == ""
        clock.now += 1
        report(3, 10)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(r"Comparing.*3/10.*runs", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", err))
    assert err.count("\x1b[?25l") == err.count("\x1b[?25h") == 1  # the cursor is back


def test_shown__gives_the_cursor_back_when_it_is_interrupted(capsys, monkeypatch, clock):
    on_a_terminal(monkeypatch)
    with suppress(KeyboardInterrupt), progress.shown("Running", "steps") as report:
        clock.now += 2
        report(1, 10)
        raise KeyboardInterrupt
    err = capsys.readouterr().err
    assert err.count("\x1b[?25l") == err.count("\x1b[?25h") == 1


def test_shown__is_plain_lines_where_a_terminal_cannot_move_its_cursor(capsys, monkeypatch, clock):
    on_a_terminal(monkeypatch, force_interactive=False)
    with progress.shown("Running", "steps") as report:
        clock.now += 61
        report(5, 10)
    assert capsys.readouterr().err == "Running: 5 of 10 steps, 61 s left\n"
