"""Styles side by side, and who wins on what."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from sim.terminal._common import POWERS, Scale, as_text, difference_of, half_width, new_table, say

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison, Outcome
    from sim.analysis.effects import Effect

FEW_RUNS = 10
LABEL_WIDTHS = (16, 40)
"""The least and the most that the titles of the rows may take."""
HARD_SPACE = "\N{NO-BREAK SPACE}"


def print_comparison(
    comparison: Comparison,
    console: Console,
    baseline: str | None = None,
    names: list[str] | None = None,
) -> None:
    """Print what each style changes against the baseline, then who wins on what.

    A row an outcome, a column a style: the baseline's mean (standard deviation), the others'
    differences with half the width of their intervals. Too many columns for the console go into
    several blocks, each with the baseline. What the console cannot encode is spelled in ASCII.
    """
    base = comparison.arms[comparison.arm(baseline)]
    effects = comparison.all_effects(names, base)
    say(console, f"{comparison.scenario}: {base} and how the others differ from it", style="bold")
    for block in _blocks(comparison, effects, base, console):
        console.print()
        console.print(block)
    console.print()
    for note in _notes(comparison, effects, base):
        say(console, note, style="dim")
    console.print()
    for sentence in comparison.sentences(names):
        say(console, sentence)
    for caution in _cautions(comparison, effects):
        say(console, caution, style="bold")


def _blocks(
    comparison: Comparison, effects: dict[str, list[Effect]], base: str, console: Console
) -> list[Table]:
    """The fewest tables that fit the width, the other styles shared out evenly."""
    others = [arm for arm in comparison.arms if arm != base]
    unbounded = console.options.update(width=10_000)
    least, most = LABEL_WIDTHS
    for n_blocks in range(1, max(2, len(others) + 1)):
        size = max(1, math.ceil(len(others) / n_blocks))
        parts = [others[k : k + size] for k in range(0, len(others), size)] or [others]
        tables = [_block(comparison, effects, base, part, console, least) for part in parts]
        needed = max(Measurement.get(console, unbounded, table).maximum for table in tables)
        if needed <= console.width:
            break
    label_width = min(most, least + max(0, console.width - needed))
    return [_block(comparison, effects, base, part, console, label_width) for part in parts]


def _block(
    comparison: Comparison,
    effects: dict[str, list[Effect]],
    base: str,
    others: list[str],
    console: Console,
    label_width: int,
) -> Table:
    table = new_table(console)
    table.add_column(width=label_width)
    table.add_column(as_text(console, f"{base}\nmean (sd)"), justify="right", no_wrap=True)
    for arm in others:
        table.add_column(as_text(console, f"{arm}\ndifference "), justify="right", no_wrap=True)
    for name, row in effects.items():
        about = comparison.about[name]
        mean = comparison.means(name)[comparison.arm(base)]
        halves = [half_width(effect) for effect in row]
        differences = [effect.difference for effect in row]
        scale = Scale.of([mean.mean, mean.sd, *differences], halves, POWERS)
        cells = [
            as_text(console, *difference_of(effect, about, scale))
            for effect in row
            if effect.arm in others
        ]
        table.add_row(
            as_text(console, _label(about, scale.power, label_width)),
            as_text(console, f"{scale.number(mean.mean)} ({scale.number(mean.sd)})"),
            *cells,
        )
    return table


def _label(about: Outcome, power: int, width: int) -> str:
    """Title and unit in lines of this width, the unit in one piece."""
    unit = " ".join(filter(None, [POWERS[power], about.unit]))
    label = f"{about.heading} [{unit.replace(' ', HARD_SPACE)}]" if unit else about.heading
    return textwrap.fill(label, width).replace(HARD_SPACE, " ")


def _notes(comparison: Comparison, effects: dict[str, list[Effect]], base: str) -> list[str]:
    """What the numbers rest on and how to read them."""
    every = [effect for row in effects.values() for effect in row]
    if not every or comparison.n_runs < 2:
        return [f"Runs a style: {comparison.n_runs}."]
    first = every[0]
    notes = [
        f"n = {comparison.n_runs} runs a style, {first.method}; ±: simultaneous "
        f"{100 * first.level:g} % intervals (Bonferroni, {first.n_comparisons} comparisons).",
        f"▲ better, ▼ worse, ◆ different from {base}; unmarked: may be chance.",
    ]
    for name, row in effects.items():
        fewer = [f"{e.arm} {e.n}" for e in row if min(e.n, e.n_baseline) < comparison.n_runs]
        if fewer:
            title = comparison.about[name].heading
            notes.append(f"{title} is not known in every run; used: {', '.join(fewer)}.")
    return notes


def _cautions(comparison: Comparison, effects: dict[str, list[Effect]]) -> list[str]:
    cautions = []
    if comparison.n_runs < 2:
        cautions.append("Caution: one run of each style tells no difference from chance.")
    elif comparison.n_runs < FEW_RUNS and any(effects.values()):
        cautions.append(
            f"Caution: n = {comparison.n_runs} is small; the intervals lean on the runs being "
            "spread about normally. Take 30 runs or more."
        )
    if comparison.interrupted:
        cautions.append("Interrupted: these are a part of the runs that were planned.")
    return cautions
