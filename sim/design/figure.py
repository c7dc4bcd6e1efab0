"""What the figure of a study shows: its panels, and what is set against what in them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.design.axes import Axis, Factor, Sample, Table
from sim.design.draft import Draft
from sim.design.parameters import OPTION, Parameter
from sim.design.words import unkept
from sim.errors import UserError, unknown
from sim.metrics import METRICS

MOST_OUTCOMES = 6
MOST_LINES = 12
"""Lines in a panel, and columns of panels, that can still be told apart."""

FEW_OUTCOMES = 4
"""Up to so many outcomes that are kept are all shown unless others are asked for."""
USUAL = ("value_created", "surplus", "profit")
"""Of more outcomes, those shown as far as they are kept."""

PLACES = ("x", "lines", "columns")
SHOW = ("means", "differences")


@dataclass(frozen=True)
class Figure:
    """The figure of a study, with a row of panels for each outcome.

    `x`, `lines` and `columns` each name something that varies, "style" ("company" in a market),
    or nothing (""). What varies and is not named is averaged over. `compared` is "style" or
    "company", or what the lines are where a study has one style alone; `baseline` is the one of
    these that others are compared with. `show` is "means", or "differences" from the baseline.
    """

    outcomes: tuple[str, ...]
    x: str = ""
    lines: str = ""
    columns: str = ""
    compared: str = ""
    baseline: str = ""
    show: str = SHOW[0]


class _Names:
    """The names that may stand in a figure, in the order in which they are taken."""

    def __init__(
        self,
        axes: Sequence[Axis],
        parameters: Mapping[str, Parameter],
        arms: Sequence[str],
        own: str,
    ):
        self.levels = {name: found for axis in axes for name, found in _levels(axis).items()}
        self.numeric = {name for name in self.levels if parameters[name].kind is not str}
        self.sampled = {n for axis in axes if isinstance(axis, Sample) for n in axis.names}
        self.optional = {
            name
            for axis in axes
            if isinstance(axis, Table) and axis.styles
            for name in axis.names
            if name.startswith(OPTION)
        }
        self.arms, self.own = arms, own

    def count(self, name: str) -> float:
        """Returns how many different values a name has; infinitely many in a range."""
        if name == self.own:
            return len(self.arms)
        levels = self.levels[name]
        return math.inf if levels is None else len(levels)

    def settled(self, given: Mapping[str, str]) -> dict[str, str]:
        """Returns what stands in each place: what is given, else the next name that fits."""
        taken = {*self.optional, *given.values()}  # an option may be one style's alone
        free = [name for name in self.levels if name not in taken]
        several = len(self.arms) > 1

        def take(fits: Callable[[str], bool]) -> str:
            name = next((name for name in free if fits(name)), "")
            if name:
                free.remove(name)
            return name

        def few(name: str) -> bool:
            return self.count(name) <= MOST_LINES

        x = given.get("x", "")
        if not x and len(self.arms) <= MOST_LINES:
            x = take(self.numeric.__contains__) or take(lambda _: True)
        x = x or self.own
        lines = given.get("lines", "")
        if x == self.own == lines:
            lines = ""
        elif "lines" not in given:
            alone = self.own if self.own not in (x, given.get("columns")) else ""
            lines = (several and alone) or take(few) or alone
        columns = given.get("columns", "")
        if "columns" not in given:
            columns = (self.own if several and self.own not in (x, lines) else "") or take(few)
        return {"x": x, "lines": lines, "columns": columns}

    def compared(self, settled: Mapping[str, str]) -> tuple[str, list[Any]]:
        """Returns what is compared, and all that are: styles, or lines where there is one style.

        Values of a sample are not compared, for other things vary with them.
        """
        lines = settled["lines"]
        if len(self.arms) > 1 or self.own in settled.values() or not lines or lines in self.sampled:
            return self.own, [*self.arms]
        return lines, [*(self.levels[lines] or ())]


def read_figure(
    draft: Draft,
    axes: Sequence[Axis],
    parameters: Mapping[str, Parameter],
    arms: Sequence[str],
    outcomes: Sequence[str],
    first: str | None,
    *,
    market: bool,
) -> Figure:
    """Returns the figure that an experiment asks for, each key that it leaves out by its default.

    `arms` are the labels of its styles, or the names of the companies of a market. `first` is the
    one outcome that a study is about, if it is. Whether names vary is looked at only where nothing
    else is wrong, for then all that vary are known.
    """
    own = "company" if market else "style"
    given = draft.inner("figure", ("outcomes", *PLACES, "baseline", "show"))
    draft.written["figure"] = given
    shown = _outcomes(draft, given, outcomes, first)
    show = given.get("show", SHOW[0])
    if show not in SHOW:
        _wrong(draft, "show", unknown("kind of figure", show, SHOW))
    if draft.lines:
        return Figure(shown)
    names = _Names(axes, parameters, arms, own)
    known = [*names.levels, own]
    wanted = {place: given[place] for place in PLACES if place in given}
    for place, name in wanted.items():
        if name not in known and (name != "" or place == "x"):
            _wrong(draft, place, unknown(f"{own} or thing that varies", name, known))
    if draft.lines:
        return Figure(shown)
    settled = names.settled(wanted)
    for place, line in _misfits(names, settled):
        _wrong(draft, place, line)
    compared, every = names.compared(settled)
    baseline = given.get("baseline", every[0])
    if baseline not in every:
        _wrong(draft, "baseline", unknown(f"{compared} here", baseline, map(str, every)))
    if show == SHOW[1] and len(every) == 1:
        _wrong(draft, "show", f"there is one {compared} alone, which differs from none: show means")
    return Figure(shown, **settled, compared=compared, baseline=str(baseline), show=show)


def _outcomes(
    draft: Draft, given: Mapping[str, Any], outcomes: Sequence[str], first: str | None
) -> tuple[str, ...]:
    """Returns the outcomes that are shown."""
    if len(outcomes) <= FEW_OUTCOMES:
        usual = tuple(sorted(outcomes, key=lambda name: name != first))
    elif first is not None:
        usual = (first,)
    else:
        usual = tuple(name for name in USUAL if name in outcomes) or tuple(outcomes[:1])
    shown = given.get("outcomes", usual)
    if not isinstance(shown, list | tuple) or not shown:
        _wrong(draft, "outcomes", f"must be a list of one name or more, but is {shown!r}")
        return usual
    for n, name in enumerate(shown):
        if name not in outcomes:
            strange = unknown("outcome that is kept", name, outcomes)
            _wrong(draft, "outcomes", unkept(name, METRICS) or strange)
        elif name in shown[:n]:
            _wrong(draft, "outcomes", f"must have each name once, but has {name!r} twice")
    if len(shown) > MOST_OUTCOMES:
        _wrong(draft, "outcomes", f"must be at most {MOST_OUTCOMES}, but are {len(shown)}")
    return tuple(shown)


def _wrong(draft: Draft, key: str, said: str | UserError) -> None:
    """Adds what is wrong with a key of [figure]."""
    draft.wrong(f"figure.{key}", said, f"[figure] {key} ")


def _misfits(names: _Names, settled: Mapping[str, str]) -> list[tuple[str, str]]:
    """Returns what is wrong with what stands in the places of a figure, each with its place."""
    found = []
    used = [name for name in settled.values() if name]
    for name in dict.fromkeys(used):
        if used.count(name) > 1:
            found.append(("x", f"must differ from lines and columns, but {name!r} stands twice"))
    if len(names.arms) > 1 and names.own not in used:
        said = f'must be "{names.own}", unless x or columns is: several are to be told apart'
        found.append(("lines", said))
    for place in ("lines", "columns"):
        name = settled[place]
        if name and (count := names.count(name)) > MOST_LINES:
            many = f"{count:,}" if math.isfinite(count) else "any number of"
            said = f"can be at most {MOST_LINES}, but {name} has {many} values: put it on x"
            found.append((place, said))
    return found


def _levels(axis: Axis) -> dict[str, Sequence[Any] | None]:
    """Returns the values that each name of an axis has; None for those of a range."""
    if isinstance(axis, Factor):
        return {axis.name: axis.levels}
    if isinstance(axis, Table):
        columns = {name: [row[k] for row in axis.rows] for k, name in enumerate(axis.names)}
        return {
            name: [value for value in dict.fromkeys(column) if value is not None]
            for name, column in columns.items()
        }
    assert isinstance(axis, Sample)
    return {
        r.name: r.choices or (range(int(r.low), int(r.high) + 1) if r.counted else None)
        for r in axis.ranges
    }
