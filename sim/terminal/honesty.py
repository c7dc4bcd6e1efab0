"""Whether a way of managing wins by construction."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from sim.terminal._common import LEVEL, VERDICTS, Scale, as_text, new_table, plain, say, span_of

if TYPE_CHECKING:
    from sim.honesty import Honesty
    from sim.honesty.verdicts import Place, Step

SIGNS = {1: ("▲", "green"), 0: (" ", ""), -1: ("▼", "red")}
"""How the effect of a shift is marked."""
ROLES = ("best", "worst")
SHIFT_WIDTH = 11
"""Letters in a line over a shift, at most."""


def print_honesty(honesty: Honesty, console: Console) -> None:
    """Print the four verdicts first, then who wins where and which shifts pay, then the summary."""
    say(console, honesty.question.text, style="bold")
    console.print()
    console.print(_judged(honesty, console))
    for title, table in (
        ("Where each style is most clearly the best, and the worst", _clearest(honesty, console)),
        ("Where each shift most clearly pays, and where it does not", _shifted(honesty, console)),
        ("The best and the worst style of each environment", _won(honesty, console)),
        ("What each shift adds to the surplus", _added(honesty, console)),
    ):
        console.print()
        say(console, title, style="bold")
        console.print(table)
    console.print()
    for note in (
        f"n = {honesty.seeds} runs of each style and side of a shift, paired t; money a month.",
        f"Styles: {LEVEL} intervals of the differences from all others at once (Bonferroni); "
        "?: may be chance.",
        f"Shifts: {LEVEL} intervals; ▲ pays, ▼ does not; unmarked: may be chance.",
    ):
        say(console, note, style="dim")
    if honesty.n_worlds:
        console.print()
        title = f"{honesty.n_worlds} worlds that nobody chose: who is best and worst, by the mean"
        say(console, title, style="bold")
        console.print(_scattered(honesty, console))
    console.print()
    words = as_text(console, honesty.summary(), "bold" if honesty.ok else "bold red")
    console.print(words, soft_wrap=True)
    if not honesty.full:
        caution = (
            "Below full size a condition fails only where these runs exclude it; what more runs "
            "may tell is undecided, which is no failure."
        )
        say(console, caution, style="dim")


def _judged(honesty: Honesty, console: Console) -> Table:
    """The conditions, each with its verdict and what that rests on."""
    table = new_table(console)
    for heading in ("", "verdict", "condition"):
        table.add_column(heading, overflow="fold")
    for found in honesty.verdicts:
        table.add_row(
            as_text(console, f"({found.letter})"),
            as_text(console, found.verdict, VERDICTS[found.verdict]),
            as_text(console, found.says),
        )
        for line in found.evidence:
            table.add_row("", "", as_text(console, line, "dim"))
    return table


def _clearest(honesty: Honesty, console: Console) -> Table:
    """The clearest place of each style as the best and as the worst, against its nearest rival."""
    table = new_table(console)
    for heading in ("style", "is the", "on", "where", "against"):
        table.add_column(heading, overflow="fold")
    for heading in ("by", "95 % interval"):
        table.add_column(heading, justify="right", overflow="fold")
    for style in honesty.question.styles:
        for role in ROLES:
            place = honesty.clearest(style, role)
            cells = (
                style,
                place.role + ("" if place.sure else " ?"),
                plain(place.outcome),
                place.environment,
                place.rival,
                *_difference_and_span(place),
            )
            table.add_row(*(as_text(console, cell) for cell in cells))
    return table


def _shifted(honesty: Honesty, console: Console) -> Table:
    """The environments in which each shift most clearly pays, and does not."""
    table = new_table(console)
    for heading in ("shift", "pays", "where"):
        table.add_column(heading, overflow="fold")
    for heading in ("before", "after", "by", "95 % interval"):
        table.add_column(heading, justify="right", overflow="fold")
    for shift in honesty.question.shifts:
        for sign, word in ((1, "yes"), (-1, "no")):
            step = honesty.clearest_step(shift, sign)
            scale = Scale.of((step.before, step.after), ((step.high - step.low) / 2,))
            cells = (
                shift,
                word if step.sign == sign else f"{word} ?",
                step.environment,
                scale.number(step.before),
                scale.number(step.after),
                *_difference_and_span(step),
            )
            table.add_row(*(as_text(console, cell) for cell in cells))
    return table


def _difference_and_span(found: Place | Step) -> tuple[str, str]:
    scale = Scale.of((found.difference,), ((found.high - found.low) / 2,))
    return scale.number(found.difference, sign=True), span_of(scale, found.low, found.high)


def _won(honesty: Honesty, console: Console) -> Table:
    """Environments by outcomes: the best style and the worst."""
    firsts: dict[tuple[str, str, str], list[str]] = {}
    for place in honesty.places:
        if place.first:
            name = place.style + ("" if place.sure else "?")
            firsts.setdefault((place.environment, place.outcome, place.role), []).append(name)
    table = new_table(console)
    table.add_column("environment", overflow="fold")
    outcomes = list(dict.fromkeys(place.outcome for place in honesty.places))
    for outcome in outcomes:
        table.add_column(f"{plain(outcome)}\nbest, worst", overflow="fold")
    for environment in honesty.environments:
        cells = [
            ", ".join("/".join(firsts.get((environment, outcome, role), ["-"])) for role in ROLES)
            for outcome in outcomes
        ]
        table.add_row(*(as_text(console, cell) for cell in (environment, *cells)))
    return table


def _added(honesty: Honesty, console: Console) -> Table:
    """Environments by shifts: the difference of the surplus, marked where it is no chance."""
    steps = {(step.environment, step.shift): step for step in honesty.deciding}
    table = new_table(console)
    table.add_column("environment", overflow="fold")
    for shift in honesty.question.shifts:
        heading = textwrap.fill(shift, SHIFT_WIDTH)
        table.add_column(as_text(console, heading), justify="right", overflow="fold")
    for environment in honesty.environments:
        row = [steps[environment, shift] for shift in honesty.question.shifts]
        scale = Scale.of([s.difference for s in row], [(s.high - s.low) / 2 for s in row])
        cells = [
            as_text(console, scale.number(s.difference, sign=True) + mark, style)
            for s in row
            for mark, style in [SIGNS[s.sign]]
        ]
        table.add_row(as_text(console, environment), *cells)
    return table


def _scattered(honesty: Honesty, console: Console) -> Table:
    """In how many drawn worlds each style is the best and the worst."""
    table = new_table(console)
    table.add_column("style", overflow="fold")
    for kind in honesty.worlds:
        table.add_column(plain(kind).replace(" on ", " on\n"), justify="right", overflow="fold")
    for style in honesty.question.styles:
        table.add_row(style, *(str(counts[style]) for counts in honesty.worlds.values()))
    return table
