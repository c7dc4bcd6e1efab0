"""The look that all plots share: a colour and a marker for each style, quiet axes, labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison, Outcome

FloatArray = npt.NDArray[np.float64]

COLOURS = ("#0000bb", "#ee4400", "#2288ee", "#661100", "#551166", "#998888")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 1)))
INK, FAINT = "#222222", "#888888"
SMALL, TEXT, HEAD = 7.0, 8.0, 9.0
"""Font sizes [pt] of ticks, labels and titles."""


@dataclass(frozen=True)
class Look:
    """How one style is drawn, told apart without colour too."""

    colour: str
    marker: str
    dashes: str | tuple[float, tuple[float, ...]]


def look(position: int) -> Look:
    """The look of the style at this place in the comparison.

    There are 6 colours and 7 markers, so that the first 42 styles differ in the two together.
    """
    return Look(
        COLOURS[position % len(COLOURS)],
        MARKERS[position % len(MARKERS)],
        DASHES[position % len(DASHES)],
    )


def blank(width: float, height: float, title: str) -> Figure:
    """An empty white figure of this size [inch]."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    figure.suptitle(literal(title), fontsize=HEAD, color=INK, x=0.01, ha="left")
    return figure


def literal(words: str) -> str:
    """Words in which a dollar sign is money, not mathematics."""
    return words.replace("$", r"\$")


def quieten(axes: Axes, *, grid: Literal["x", "y"] | None = None) -> None:
    """Leave of the axes what a reader needs, with lines across the axis `grid`."""
    axes.set_facecolor("white")
    axes.grid(False)
    if grid:
        axes.grid(True, axis=grid, color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)
        spine.set_linewidth(0.6)
    axes.tick_params(labelcolor=INK, color=FAINT, labelsize=SMALL, width=0.6, length=2.5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def few_ticks(axes: Axes, x: int | None = None, y: int | None = None) -> None:
    """At most so many intervals between the ticks of an axis, at round numbers."""
    if x:
        axes.xaxis.set_major_locator(MaxNLocator(x, steps=[1, 2, 2.5, 5, 10]))
    if y:
        axes.yaxis.set_major_locator(MaxNLocator(y, steps=[1, 2, 2.5, 5, 10]))


def lying(
    axes: Axes, row: float, mean: float, ends: tuple[float, float], look: Look, *, width: float
) -> None:
    """A mean in a row of its own, with its interval lying flat."""
    axes.plot(ends, [row, row], color=look.colour, linewidth=width)
    axes.plot(
        mean,
        row,
        look.marker,
        color=look.colour,
        markersize=5.5,
        markeredgecolor="white",
        markeredgewidth=0.5,
    )


def rows(axes: Axes, names: Sequence[str], *, named: bool) -> None:
    """Rows from the first at the top to the last, with their names if these are shown."""
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [literal(name) if named else "" for name in names])
    axes.tick_params(axis="y", length=0, labelsize=TEXT)
    axes.spines["left"].set_visible(False)


def axis_label(about: Outcome, *, titled: bool = True) -> str:
    """Title and unit of an outcome, and which end of the axis is good."""
    title = f"{about.heading} [{about.unit}]" if about.unit else about.heading
    name = literal(title if titled else about.unit)
    good = {1: "(more is better →)", -1: "(← less is better)"}.get(about.better, "")
    return f"{name} {good}".strip()


def basis(comparison: Comparison) -> str:
    """What the figure rests on, for its title."""
    plan = "paired by seed" if comparison.paired else "independent seeds"
    cut = ", interrupted" if comparison.interrupted else ""
    return f"n = {comparison.n_runs} runs a style, {plan}{cut}"


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places as near as can be to those wanted, in the same order and at least `gap` apart.

    Groups of labels that would overlap are set side by side around their common middle.
    """
    order = sorted(range(len(wanted)), key=lambda k: wanted[k])
    groups: list[list[int]] = []

    def middle(group: list[int]) -> float:
        return sum(wanted[k] for k in group) / len(group)

    for k in order:
        groups.append([k])
        while (
            len(groups) > 1
            and middle(groups[-1]) - middle(groups[-2])
            < gap * (len(groups[-1]) + len(groups[-2])) / 2
        ):
            last = groups.pop()
            groups[-1] += last
    placed = list(wanted)
    for group in groups:
        for rank, k in enumerate(group):
            placed[k] = middle(group) + gap * (rank - (len(group) - 1) / 2)
    return placed
