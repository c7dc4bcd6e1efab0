"""What matters to outcomes, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from sim.terminal._common import LEVEL, POWERS, Scale, as_text, dotted, fits, new_table, say

if TYPE_CHECKING:
    from sim.analysis.indices import Index
    from sim.analysis.sensitivity import Sensitivity

MATTERS = {
    "saltelli": "indices are shares of variance.",
    "morris": "effects are changes per whole range.",
}
"""What sensitivity indices measure, by the design that they come from."""


def print_sensitivity(found: Sequence[Sensitivity], console: Console) -> None:
    """Print the indices of each outcome, a row a factor, then what they rest on.

    The factor that matters most comes first.
    """
    for one in found:
        say(console, one.title, style="bold")
        if one.reason:
            say(console, f"No indices: {one.reason}.")
        else:
            whole, broken = (_indices(one, console, broken=broken) for broken in (False, True))
            console.print(whole if fits([whole], console) else broken)
        console.print()
    first = found[0]
    bases = first.bases
    runs = f"the mean of {first.replicates} runs" if first.replicates > 1 else "one run"
    for note in (
        f"{first.n:,} {bases}, {runs} at each point; {MATTERS[first.method]}",
        f"±: {LEVEL} intervals by resampling {bases}"
        f"{' and replicates' if first.replicates > 1 else ''}, each index for itself; "
        "?: not told from 0" + (", or from chance." if first.replicates > 1 else "."),
    ):
        say(console, note, style="dim")
    if first.replicates == 1:
        caution = (
            "Caution: with one run at each point, chance counts as interaction; two seeds or more "
            "tell it apart."
        )
        say(console, caution, style="bold")


def _indices(one: Sensitivity, console: Console, *, broken: bool) -> Table:
    """The measures of each factor with half their intervals.

    Beside the measure that ranks them stands what chance makes of it, if that is known, and what
    it was with half the base points. Names may be `broken` at their dots.
    """
    every = one.growth[one.n]
    scale = Scale.of([i.value for i in every], [i.high - i.value for i in every], POWERS)
    table = new_table(console)
    table.add_column(POWERS[scale.power] and f"[{POWERS[scale.power]}]", overflow="fold")
    for measure in one.measures:
        table.add_column(f"{measure} ", justify="right", no_wrap=True)
    half = one.of(one.leading, one.n // 2)
    if one.replicates > 1:
        table.add_column(f"{one.leading}\nby chance", justify="right", no_wrap=True)
    if half:
        table.add_column(f"{one.leading}\nn = {one.n // 2:,}", justify="right", no_wrap=True)
    for factor in one.ranked:
        cells = [_index(one.of(measure)[factor], scale) for measure in one.measures]
        if one.replicates > 1:
            cells.append((scale.number(one.of(one.leading)[factor].chance), ""))
        if half:
            cells.append((scale.number(half[factor].value), ""))
        name = as_text(console, dotted(factor) if broken else factor)
        table.add_row(name, *(as_text(console, *cell) for cell in cells))
    return table


def _index(index: Index, scale: Scale) -> tuple[str, str]:
    """An index with half its interval, marked where it is not told from 0; its style."""
    shown = f"{scale.number(index.value)} ±{scale.number(index.high - index.value)}"
    return (f"{shown} ", "bold") if index.told else (f"{shown}?", "dim")
