"""Patterns of communities beside their published ranges."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console

from sim.terminal._common import LEVEL, Scale, as_text, new_table, say

if TYPE_CHECKING:
    from sim.patterns import Finding

WIDE = 120
"""From this width on sources stand in the table of patterns, else below it."""


def print_patterns(findings: Iterable[Finding], summary: str, console: Console) -> None:
    """Print each number of each pattern beside its range, then what is missing and the summary."""
    findings = list(findings)
    wide = console.width >= WIDE
    table = new_table(console)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Pattern")
    table.add_column("Range", justify="right", no_wrap=True)
    table.add_column(f"Mean ({LEVEL})", justify="right", no_wrap=True)
    table.add_column("Verdict")
    table.add_column("Use", no_wrap=True)
    if wide:
        table.add_column("Source")
    last = None
    for found in findings:
        first, last = found.number != last, found.number
        half = (found.interval_high - found.interval_low) / 2
        scale = Scale.of((found.mean,), (half,))
        mean, low, high = (
            scale.number(n) for n in (found.mean, found.interval_low, found.interval_high)
        )
        cells = [
            str(found.number) if first else "",
            f"{found.title}: {found.what}" if first else found.what,
            _range(found.low, found.high),
            mean if low == "-" else f"{mean} ({low} – {high})",
            found.verdict if found.sure or low == "-" else f"{found.verdict} ?",
            found.use if first else "",
            found.source if first else "",
        ]
        table.add_row(*(as_text(console, cell) for cell in cells[: 7 if wide else 6]))
    console.print(table)
    console.print()
    for note in _notes_on_patterns(findings, wide):
        say(console, note, style="dim")
    console.print()
    say(console, summary, style="bold")


def _range(low: float, high: float) -> str:
    """A range that may be open at one end."""
    if math.isinf(low):
        return f"≤ {high:g}"
    if math.isinf(high):
        return f"≥ {low:g}"
    return f"{low:g} – {high:g}"


def _notes_on_patterns(findings: list[Finding], wide: bool) -> list[str]:
    """What the numbers rest on, and why others are missing."""
    most = max((found.n for found in findings), default=0)
    if most > 1:
        notes = [
            f"n = {most} runs, {LEVEL} t intervals. The mean decides; ?: the interval holds an end "
            "of the range."
        ]
        fewer = {found.number: found.n for found in findings if 0 < found.n < most}
        if fewer:
            used = ", ".join(f"{n} runs for {number}" for number, n in fewer.items())
            notes.append(f"Not known in every run; used: {used}.")
    else:
        notes = ["One community or run: there is no interval."]
    missing: dict[str, list[str]] = {}
    for found in findings:
        if found.reason:
            missing.setdefault(found.reason, []).append(str(found.number))
    notes += [
        f"Not measured, {', '.join(dict.fromkeys(numbers))}: {reason}."
        for reason, numbers in missing.items()
    ]
    if not wide:
        sources = {found.number: found.source for found in findings}
        notes.append("; ".join(f"{number} {source}" for number, source in sources.items()) + ".")
    return notes
