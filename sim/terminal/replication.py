"""Published numbers and claims beside what comes out."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from sim.terminal._common import VERDICTS, Scale, as_text, new_table, say, span_of

if TYPE_CHECKING:
    from sim.replication import ClaimRow, Replication, Row

MANY_ROWS = 60
"""A replication with more cells shows the published ones alone."""


def print_replication(replication: Replication, console: Console) -> None:
    """Print published numbers beside simulated ones, panel by panel, then claims and a summary."""
    classic = replication.classic
    say(console, f"{classic.title} ({classic.source})", style="bold")
    rows = list(replication.rows)
    if len(rows) > MANY_ROWS:
        rows = [row for row in rows if row.verdict]
    panels: dict[str, list[Row]] = {}
    for row in rows:
        panels.setdefault(row.cell.panel, []).append(row)
    for panel, members in panels.items():
        console.print()
        say(console, f"{panel}: {classic.y}" if panel else classic.y)
        console.print(_replicated(members, classic.x, replication.runs, console))
    if hidden := len(replication.rows) - len(rows):
        console.print()
        say(console, f"{hidden} more cells were not published; --out writes all.", style="dim")
    if replication.claims:
        console.print()
        console.print(_claimed(replication.claims, console))
    console.print()
    words = as_text(console, replication.summary(), "bold" if replication.ok else "bold red")
    console.print(words, soft_wrap=True)


def _replicated(rows: list[Row], x: str, n_runs: int, console: Console) -> Table:
    """The cells of one panel; the number of runs where a cell is not known in all of them."""
    kinds = ",\n".join(dict.fromkeys(row.kind for row in rows if row.kind))
    fewer = any(row.n < n_runs for row in rows)
    headings = [textwrap.fill(x, 16), kinds or "published", "±", "simulated", "95 % interval"]
    table = new_table(console)
    table.add_column(overflow="fold")
    for heading in [*headings, *(["runs"] if fewer else [])]:
        table.add_column(as_text(console, heading), justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    numbers = [number for row in rows for number in (row.published, row.mean)]
    tolerances = [row.tolerance for row in rows if row.tolerance > 0]
    halves = [(row.high - row.low) / 2 for row in rows]
    scale = Scale.of(numbers, [min(tolerances) / 5] if tolerances else halves)
    lines = list(dict.fromkeys(row.cell.line for row in rows))
    for row in sorted(rows, key=lambda row: (lines.index(row.cell.line), row.cell.x)):
        cells = [row.cell.line, f"{row.cell.x:g}", scale.number(row.published)]
        cells += [f"{row.tolerance:.2g}" if row.verdict else "-", scale.number(row.mean)]
        cells += [span_of(scale, row.low, row.high), *([str(row.n)] if fewer else [])]
        table.add_row(
            *(as_text(console, cell) for cell in cells),
            as_text(console, row.verdict, VERDICTS.get(row.verdict, "")),
        )
    return table


def _claimed(claims: tuple[ClaimRow, ...], console: Console) -> Table:
    """The claims, each with its excess, which must be above 0."""
    table = new_table(console)
    table.add_column("claim", overflow="fold")
    for heading in ("excess", "95 % interval"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    for claim in claims:
        scale = Scale.of([claim.mean], [(claim.high - claim.low) / 2])
        excess = scale.number(claim.mean, sign=True)
        cells = (claim.says, excess, span_of(scale, claim.low, claim.high))
        table.add_row(
            *(as_text(console, cell) for cell in cells),
            as_text(console, claim.verdict, VERDICTS[claim.verdict]),
        )
    return table
