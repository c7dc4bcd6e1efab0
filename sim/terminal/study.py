"""What came out of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from sim.terminal._common import (
    LEVEL,
    Scale,
    as_text,
    difference_of,
    dotted,
    fits,
    half_width,
    new_table,
    say,
    span_of,
)

if TYPE_CHECKING:
    from sim.analysis.report import Report

MANY_PLACES = 60
"""A study with more lines than these says its findings alone."""


def print_study(report: Report, console: Console) -> None:
    """Print what a study says: means and differences where they are few, then its findings.

    A table an outcome, a line a place and a column a style: the baseline's mean (standard
    deviation), the others' differences with half the width of their intervals.
    """
    say(console, report.title, style="bold")
    console.print()
    n_lines = len(report.places) * len(report.figure.outcomes)
    if n_lines <= MANY_PLACES:
        for outcome in report.figure.outcomes:
            about = report.about[outcome]
            say(console, f"{about.heading} [{about.unit}]" if about.unit else about.heading)
            for table in _study_tables(report, outcome, console):
                console.print(table)
                console.print()
        for note in _notes_on_study(report):
            say(console, note, style="dim")
    else:
        say(console, f"{n_lines:,} lines are too many to show here.", style="dim")
    console.print()
    for sentence in report.sentences():
        say(console, sentence, style="bold" if sentence.startswith("Caution") else "")


def _study_tables(report: Report, outcome: str, console: Console) -> list[Table]:
    """The fewest tables that fit the width, the styles besides the baseline shared out evenly.

    Names of what varies are broken at their dots before styles are shared out.
    """
    others = [arm for arm in report.arms if arm != report.figure.baseline]
    for size in range(max(1, len(others)), 0, -1):
        parts = [others[k : k + size] for k in range(0, len(others), size)] or [[]]
        for broken in (False, True):
            tables = [_study_table(report, outcome, p, console, broken=broken) for p in parts]
            if fits(tables, console):
                return tables
    return tables


def _study_table(
    report: Report, outcome: str, others: list[str], console: Console, *, broken: bool
) -> Table:
    """One outcome: a line a place, the baseline and some other styles."""
    base, about = report.figure.baseline, report.about[outcome]
    rows = {(r.place, r.style): r for r in report.rows if r.outcome == outcome}
    effects = {
        (c.place, c.effect.arm): c.effect for c in report.contrasts if c.effect.outcome == outcome
    }
    names = list(dict.fromkeys(name for place in report.places for name in place))
    table = new_table(console)
    for name in names:
        table.add_column(as_text(console, dotted(name) if broken else name), overflow="fold")
    table.add_column(
        as_text(console, f"{report.label(base)}\nmean (sd)"), justify="right", no_wrap=True
    )
    for arm in others:
        heading = as_text(console, f"{report.label(arm)}\ndifference ")
        table.add_column(heading, justify="right", no_wrap=True)
    if not others:
        table.add_column(as_text(console, f"{LEVEL}\ninterval"), justify="right", no_wrap=True)
    for place, values in enumerate(report.places):
        varied = [report.said(name, values.get(name, "")) for name in names]
        row, found = rows.get((place, base)), [effects.get((place, arm)) for arm in others]
        numbers = (row.mean, row.sd) if row else ()
        halves = [half_width(effect) for effect in found if effect] or [
            row.high - row.mean if row else 0
        ]
        scale = Scale.of(numbers, halves)
        told = [f"{scale.number(row.mean)} ({scale.number(row.sd)})" if row else "-"]
        if not others and row:
            told.append(span_of(scale, row.low, row.high))
        differences = [difference_of(e, about, scale) if e else ("- ", "") for e in found]
        table.add_row(
            *(as_text(console, cell) for cell in (*varied, *told)),
            *(as_text(console, *difference) for difference in differences),
        )
    return table


def _notes_on_study(report: Report) -> list[str]:
    """What the numbers of a study rest on and how to read them."""
    each, means, pairs = f"{report.each}s", report.n_means(), report.n_pairs()
    if not report.contrasts:
        return [f"n = {means} {each} each."]
    alike = report.wholly_paired()
    n = f"n = {pairs} {each} each" if alike else f"Differences: n = {pairs} pairs of {each}"
    base = report.label(report.figure.baseline)
    return [
        f"{n}, paired t; ±: simultaneous {LEVEL} intervals "
        f"(Bonferroni, {report.n_comparisons} comparisons).",
        *([] if alike else [f"Means of {base}: n = {means} {each}."]),
        f"▲ better, ▼ worse, ◆ different from {base}; unmarked: may be chance.",
    ]
