"""The figure of a study: outcomes along what varies, a line for each way of managing."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.plots import _draw

if TYPE_CHECKING:
    from sim.analysis.report import Report
    from sim.analysis.report.axes import Level
    from sim.analysis.report.marks import Mark

PANEL, NARROWEST, WIDEST = (3.0, 1.9), 1.4, 9.0
"""Width and height of a panel, its least width and the most of all of them [inch]."""
SIDE, ROW = 1.6, 0.2
"""Room for labels beside the panels, and height of a style where styles are rows [inch]."""
SIDE_BY_SIDE = 3
"""Panels in a row where nothing varies."""
HEAD_LETTERS, SMALL_LETTERS = 13, 17
"""Letters of the title and of the caption in an inch, about."""
TICKS = 8
"""Up to so many numbers along x are written one by one."""
LABEL = 0.13
"""Height of the name of a line [inch]."""
LARGEST_STEP, SPREAD = 0.03, 0.7
"""Between marks at one number, in shares of the x axis, and that of a level's room they take."""
BAND = 0.15
"""How opaque the band of an interval is."""


def study(report: Report) -> Figure:
    """Draw means, or differences from the baseline, with their intervals: a row an outcome.

    Styles (or what the lines are) are lines over numbers and marks side by side over texts; where
    styles stand on x they are rows, with intervals that lie flat.
    """
    figure, flat = report.figure, report.figure.x == report.who
    outcomes, columns = figure.outcomes, report.columns
    side_by_side = flat and not figure.columns
    n_columns = min(SIDE_BY_SIDE, len(outcomes)) if side_by_side else len(columns)
    panels = list(itertools.product(outcomes, columns))
    n_rows = math.ceil(len(panels) / n_columns)
    width = SIDE + min(PANEL[0] * n_columns, max(WIDEST, NARROWEST * n_columns))
    title = textwrap.wrap(report.title, round(HEAD_LETTERS * width))
    caption = textwrap.wrap(_caption(report), round(SMALL_LETTERS * width))
    row = ROW * max(1.0, len(report.lines) / 2)
    height = 0.6 + row * len(report.x.levels) if flat else PANEL[1]
    canvas = _draw.blank(
        width, 0.4 + 0.15 * len(title) + 0.13 * len(caption) + height * n_rows, "\n".join(title)
    )
    canvas.supxlabel(
        _draw.literal("\n".join(caption)), fontsize=_draw.SMALL, color=_draw.INK, x=0.01, ha="left"
    )
    shared: dict[str, Axes] = {}
    for place, (outcome, column) in enumerate(panels):
        row, across = divmod(place, n_columns)
        first = None if side_by_side else shared.get(outcome)
        axes = canvas.add_subplot(
            n_rows, n_columns, place + 1, **{"sharex" if flat else "sharey": first}
        )
        shared.setdefault(outcome, axes)
        marks = [m for m in report.marks if m.outcome == outcome and m.column == column]
        if flat:
            _flat(axes, report, marks, outcome, named=across == 0)
        else:
            _upright(axes, report, marks, outcome, named=across == 0)
        if not flat and across == n_columns - 1:
            _name_lines(axes, report, marks)
        elif report.figure.lines and place == n_columns - 1:
            _legend(axes, report)
        if figure.columns and row == 0:
            _head(axes, _said(report, figure.columns, column))
        elif side_by_side:
            _head(axes, report.about[outcome].heading)
        if not flat and row == n_rows - 1:
            unit = f" [{report.x.unit}]" if report.x.unit else ""
            axes.set_xlabel(_draw.literal(report.x.name + unit), fontsize=_draw.TEXT)
    return canvas


def _upright(axes: Axes, report: Report, marks: list[Mark], outcome: str, *, named: bool) -> None:
    """One panel over numbers, as lines with bands, or over texts, as marks side by side."""
    scale = report.x
    joined, banded = _joined(report), _banded(report)
    place_of = _places(report, marks)
    _draw.quieten(axes, grid="y")
    _draw.few_ticks(axes, y=5)
    _reference(axes, report, flat=True)
    for line in report.lines:
        look = _draw.look(_position(report, line))
        own = sorted((m for m in marks if m.line == line), key=place_of.__getitem__)
        x = [place_of[mark] for mark in own]
        low, mean, high = ([getattr(m, what) for m in own] for what in ("low", "mean", "high"))
        if banded:
            axes.fill_between(x, low, high, color=look.colour, alpha=BAND, linewidth=0)
        else:
            axes.vlines(x, low, high, color=look.colour, linewidth=1.4)
        axes.plot(
            x,
            mean,
            color=look.colour,
            linestyle=look.dashes if joined else "none",
            linewidth=1.3,
            marker=look.marker,
            markersize=4.5,
            markeredgecolor="white",
            markeredgewidth=0.5,
        )
    if not scale.numeric:
        words = [report.said(scale.name, level) for level in scale.levels]
        axes.set_xticks(scale.places, [_draw.literal(word) for word in words])
        axes.set_xlim(-0.5, len(scale.levels) - 0.5)
        if sum(len(str(level)) for level in scale.levels) > 40:
            axes.tick_params(axis="x", labelrotation=30)
    elif _apart(scale.places) and not scale.binned:
        digits = ".4g" if scale.name in report.sampled else ",.10g"
        axes.set_xticks(scale.places, [f"{place:{digits}}" for place in scale.places])
    else:
        _draw.few_ticks(axes, x=5)
    if named:
        label = _outcome_label(report, outcome).replace(" (", "\n(")
        axes.set_ylabel(label, fontsize=_draw.TEXT, color=_draw.INK)
    else:
        axes.tick_params(axis="y", labelleft=False)


def _joined(report: Report) -> bool:
    """Whether the marks of a line are joined."""
    return report.x.numeric and len(report.x.levels) > 1


def _banded(report: Report) -> bool:
    """Whether intervals are bands, which need two marks of each line in each panel."""
    counts = Counter((mark.outcome, mark.column, mark.line) for mark in report.marks)
    return _joined(report) and 1 not in counts.values()


def _places(report: Report, marks: list[Mark]) -> dict[Mark, float]:
    """Where the marks of a panel stand along x, side by side where bars would cover each other."""
    scale, lines = report.x, list(report.lines)
    place_of = dict(zip(scale.levels, scale.places, strict=True))
    if _banded(report):
        return {mark: place_of[mark.x] for mark in marks}
    if not _joined(report):
        return {
            mark: place_of[mark.x] + _aside(lines.index(mark.line), len(lines)) for mark in marks
        }
    together: dict[Level, list[Mark]] = {}
    for mark in sorted(marks, key=lambda mark: lines.index(mark.line)):
        together.setdefault(mark.x, []).append(mark)
    length = max(scale.places) - min(scale.places)
    most = max(map(len, together.values()), default=1)
    step = length * min(LARGEST_STEP, SPREAD / (len(scale.levels) - 1) / most)
    return {
        mark: place_of[level] + step * (n - (len(group) - 1) / 2)
        for level, group in together.items()
        for n, mark in enumerate(group)
    }


def _flat(axes: Axes, report: Report, marks: list[Mark], outcome: str, *, named: bool) -> None:
    """One panel with a row a style, its intervals lying flat."""
    rows = {level: n for n, level in enumerate(report.x.levels)}
    _draw.quieten(axes, grid="x")
    _draw.few_ticks(axes, x=4)
    _reference(axes, report, flat=False)
    for mark in marks:
        look = _draw.look(_position(report, mark.line if report.figure.lines else mark.x))
        y = rows[mark.x] + _aside(report.lines.index(mark.line), len(report.lines))
        _draw.lying(axes, y, mark.mean, (mark.low, mark.high), look, width=1.6)
    _draw.rows(axes, [str(row) for row in rows], named=named)
    label = _outcome_label(report, outcome, titled=bool(report.figure.columns))
    axes.set_xlabel(label, fontsize=_draw.SMALL, color=_draw.INK)


def _name_lines(axes: Axes, report: Report, marks: list[Mark]) -> None:
    """Name each line beside its right end."""
    place_of = dict(zip(report.x.levels, report.x.places, strict=True))
    ends: dict[Level, Mark] = {}
    for mark in sorted(marks, key=lambda mark: place_of[mark.x]):
        ends[mark.line] = mark
    low, high = axes.get_ylim()
    gap = (high - low) * LABEL / PANEL[1]
    heights = _draw.spread([mark.mean for mark in ends.values()], gap)
    for line, height in zip(ends, heights, strict=True):
        axes.annotate(
            _draw.literal(report.said(report.figure.lines, line)),
            (1.02, height),
            xycoords=("axes fraction", "data"),
            fontsize=_draw.SMALL,
            color=_draw.look(_position(report, line)).colour,
            weight="bold",
            va="center",
            annotation_clip=False,
        )


def _legend(axes: Axes, report: Report) -> None:
    """Say what the marks of each style are."""
    for line in report.lines:
        look = _draw.look(_position(report, line))
        words = _draw.literal(report.said(report.figure.lines, line))
        axes.plot([], [], look.marker, color=look.colour, label=words)
    legend = axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.02, 1),
        title=_draw.literal(report.figure.lines),
        fontsize=_draw.SMALL,
        title_fontsize=_draw.SMALL,
        frameon=False,
    )
    legend.set_zorder(0)


def _reference(axes: Axes, report: Report, *, flat: bool) -> None:
    """The line from which differences are seen."""
    if report.figure.show == "differences":
        (axes.axhline if flat else axes.axvline)(0, color=_draw.FAINT, linewidth=0.8)


def _head(axes: Axes, words: str) -> None:
    axes.set_title(_draw.literal(words), fontsize=_draw.TEXT, color=_draw.INK, weight="bold")


def _said(report: Report, name: str, level: Level) -> str:
    """A level with the name of what varies, or the name of a style alone."""
    if name == report.who:
        return report.label(str(level))
    return f"{name} = {report.said(name, level)}"


def _position(report: Report, line: Level) -> int:
    """The place of a line among all: that of a style is the same in every figure of a study."""
    return report.arms.index(str(line)) if line in report.arms else report.lines.index(line)


def _aside(n: int, total: int) -> float:
    """How far the mark of line n stands beside the middle, so that none hides another."""
    return (n - (total - 1) / 2) * min(0.16, 0.7 / total)


def _apart(places: tuple[float, ...]) -> bool:
    """Whether numbers along x can all be written without touching."""
    ordered = sorted(places)
    gaps = [high - low for low, high in itertools.pairwise(ordered)]
    return len(places) <= TICKS and all(gap > (ordered[-1] - ordered[0]) / TICKS for gap in gaps)


def _outcome_label(report: Report, outcome: str, *, titled: bool = True) -> str:
    """Title and unit of an outcome, and which end of its axis is good."""
    label = _draw.axis_label(report.about[outcome], titled=titled)
    if report.figure.show == "means":
        return label
    baseline = _draw.literal(report.figure.baseline)
    return f"{label.partition(' (')[0]}\n(difference from {baseline})"


def _caption(report: Report) -> str:
    """What the marks are, how many runs each rests on, and what is missing."""
    figure = report.figure
    counts = [mark.n for mark in report.marks]
    few, many = min(counts, default=0), max(counts, default=0)
    n = f"{many:,}" if few == many else f"{few:,} to {many:,}"
    intervals = "Bands" if _banded(report) else "Bars"
    if report.mark_each == "point":
        seeds = "seed" if report.seeds == 1 else f"{report.seeds:,} seeds"
        said = [
            f"n = {n} points of a sample a mark, paired; all have the same {seeds}, whose luck the "
            f"{intervals.lower()} do not show."
        ]
    else:
        what, plural = "seed" if report.hidden else "run", "s" * (many != 1)
        if figure.show == "means":
            said = [f"n = {n} {what}{plural} a mark, paired by seed."]
        else:
            said = [f"n = {n} pair{plural} of {what}s a mark."]
    if report.hidden:
        said.append(f"Averaged over {', '.join(report.hidden)}.")
    if many < 2:
        said.append("One alone has no interval.")
    elif figure.show == "means":
        said.append(f"{intervals}: 95 % intervals of the means.")
    else:
        said.append(
            f"{intervals}: simultaneous 95 % intervals of the differences from "
            f"{report.label(figure.baseline)} (Bonferroni, {report.mark_comparisons} comparisons)."
        )
    if figure.lines not in ("", "style", "company") and figure.x != report.who:
        said.append(f"Lines: {figure.lines}.")
    if report.x.binned:
        said.append(f"Marks: {len(report.x.levels)} parts of the range, equally many points each.")
    if report.n_failed or report.n_missing:
        said.append(report.progress())
    said += report.partly_known()
    return " ".join(said)
