"""Outcomes, values and names as tables for the terminal."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from sim.metrics import Metric
from sim.quantity import Rate, Span

if TYPE_CHECKING:
    from sim.reference import Value

Quantity = Rate | Span
DIRECTION = {1: "more is better", -1: "less is better", 0: ""}


def print_outcomes(
    outcomes: Mapping[str, float], about: Mapping[str, Metric], console: Console
) -> None:
    """Prints the outcomes of one run."""
    table = _table("outcome", "value", "unit", "")
    for name, value in outcomes.items():
        metric = about[name]
        table.add_row(
            metric.title,
            f"{value:,.4g}" if isfinite(value) else "-",
            metric.unit,
            DIRECTION[metric.better],
        )
    console.print(table)


def print_values(name: str, values: "list[Value]", console: Console) -> None:
    """Prints the effective values of a scenario as TOML, each with its origin and meaning.

    Behind a rate stands what it comes to in a step.
    """
    console.print(f"# {name}: valid", style="bold", soft_wrap=True)
    table = ""
    for row in values:
        section, _, key = row.key.rpartition(".")
        if section != table:
            table = section
            kind, _, number = section.partition(".")
            heading = f"[[{kind}]]" if number else f"[{kind}]"
            console.print(f"\n{heading}", markup=False, style="bold")
        step = "" if row.per_step is None else f" = {row.per_step:.6g} a step"
        known = "; ".join(filter(None, (f"{row.unit}{step}", row.allowed, row.meaning)))
        line = f"{key} = {toml(row.value)}"
        console.print(f"{line:34s} # {row.origin}; {known}", markup=False, soft_wrap=True)


def toml(value: Any) -> str:
    """Returns a value as TOML writes it."""
    if isinstance(value, str | Quantity):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(part)}" for key, part in value.items()) + "}"
    return repr(value)


def print_listing(members: Mapping[str, Any], console: Console) -> None:
    """Prints names and what they mean."""
    table = _table("name", "what it is")
    for name, meaning in members.items():
        table.add_row(name, str(meaning))
    console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for n, column in enumerate(columns):
        table.add_column(column, no_wrap=n == 0, overflow="fold")
    return table
