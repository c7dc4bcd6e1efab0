"""What was measured: rows of a table, their goals, and where the tables are written."""

import re
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sim.errors import UserError

MARKED = re.compile(r"<!-- generated: (\S+) -->.*?<!-- end -->", re.DOTALL)
"""A table of a Markdown file, as `sim.reference` marks its own."""

HEAD = ("measured", "median", "least to most", "goal")
YES = 1.0
"""The value of what is so, for a unit of "yes"; whatever is not so is 0."""


@dataclass(frozen=True)
class Goal:
    """A bound that a value must keep to."""

    words: str
    bound: float

    def reached(self, value: float) -> bool:
        """Returns whether a value keeps to it."""
        return value >= self.bound if self.words == "at least" else value <= self.bound


def at_least(bound: float) -> Goal:
    """Returns the goal not to be less."""
    return Goal("at least", bound)


def at_most(bound: float) -> Goal:
    """Returns the goal not to be more."""
    return Goal("at most", bound)


@dataclass(frozen=True)
class Row:
    """One thing that was measured, once a round; without values if it was `skipped`, and why."""

    label: str
    values: tuple[float, ...]
    unit: str = "times"
    goal: Goal | None = None
    skipped: str = ""

    @property
    def missed(self) -> bool:
        """Whether it has a goal and its median does not reach it."""
        measured = self.goal is not None and bool(self.values)
        return measured and not self.goal.reached(statistics.median(self.values))  # type: ignore[union-attr]

    def cells(self) -> tuple[str, ...]:
        """Returns it in words, one for each of HEAD."""
        goal = "" if self.goal is None else f"{self.goal.words} {self.goal.bound:g}"
        if self.unit == "yes":
            return self.label, "yes" if min(self.values) == YES else "no", "", goal and "yes"
        if not self.values:
            return self.label, f"skipped: {self.skipped}", "", goal
        spread = f"{_number(min(self.values))} to {_number(max(self.values))}"
        median = f"{_number(statistics.median(self.values))} {self.unit}"
        return self.label, median, spread if len(self.values) > 1 else "", goal

    def __str__(self) -> str:
        label, median, spread, goal = self.cells()
        missed = ", which is MISSED" if self.missed else ""
        return f"{label:67} {median:>12} {spread:>18}  {goal and f'goal: {goal}{missed}'}".rstrip()


def so(label: str, is_so: bool) -> Row:
    """Returns a row of what must be so."""
    return Row(label, (float(is_so),), "yes", at_least(YES))


def _number(x: float) -> str:
    return f"{x:,.0f}" if x >= 100.0 else f"{x:.1f}" if x >= 10.0 else f"{x:.3f}"


def table(rows: Iterable[Row]) -> str:
    """Returns rows as a table in Markdown; what missed its goal is bold."""
    cells = [
        tuple(f"**{cell}**" if cell and row.missed else cell for cell in row.cells())
        for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in (HEAD, ("---",) * len(HEAD), *cells))


def write(path: Path, tables: Mapping[str, str]) -> None:
    """Writes tables anew where a Markdown file marks them by name; others stay as they are."""

    def written(found: re.Match[str]) -> str:
        if found[1] not in tables:
            return found[0]
        return f"<!-- generated: {found[1]} -->\n\n{tables[found[1]]}\n\n<!-- end -->"

    path.write_text(MARKED.sub(written, path.read_text("utf-8")), "utf-8")


def check_marks(path: Path, names: Iterable[str]) -> None:
    """Raises a UserError unless a Markdown file has a mark for each of these tables."""
    if not path.is_file():
        raise UserError(f"{path}: there is no such file to write tables to")
    marked = {found[1] for found in MARKED.finditer(path.read_text("utf-8"))}
    if lacking := [name for name in names if name not in marked]:
        marks = "\n".join(f"<!-- generated: {name} -->\n<!-- end -->" for name in lacking)
        raise UserError(
            f"{path} has no place for these tables; write where they shall be:\n{marks}"
        )
