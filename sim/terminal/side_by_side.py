"""A real community beside a simulated one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from rich.console import Console

from sim.terminal._common import Scale, as_text, new_table

if TYPE_CHECKING:
    pass


class SideBySide(Protocol):
    """A pattern in a real community and in runs, nine of ten of which lie in `low` to `high`."""

    pattern: str
    real: float | None
    simulated: float | None
    low: float | None
    high: float | None
    verdict: str


def print_side_by_side(rows: Iterable[SideBySide], console: Console) -> None:
    """Print patterns of a real community beside those of runs, with spread and verdict."""
    table = new_table(console)
    table.add_column("Pattern")
    for heading in ("Real", "Simulated", "Nine of ten runs"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Verdict")
    for row in rows:
        numbers = (row.real, row.simulated, row.low, row.high)
        scale = Scale.of(numbers)
        real, simulated, low, high = (scale.number(number) for number in numbers)
        span = "-" if low == high == "-" else f"{low} – {high}"
        cells = (row.pattern, real, simulated, span, row.verdict)
        table.add_row(*(as_text(console, cell) for cell in cells))
    console.print(table)
