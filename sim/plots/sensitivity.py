"""What matters to outcomes: indices with intervals, and how they settle with more base points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from sim.plots import _draw

if TYPE_CHECKING:
    from sim.analysis.indices import Index
    from sim.analysis.sensitivity import Sensitivity

WIDTHS = (1.7, 1.9)
"""Width of a panel of indices and of one of their growth [inch]."""
NAMES = 0.065
"""Width of a letter of the factors' names [inch]."""
FACTOR, AROUND = 0.2, 0.85
"""Height of a factor, and of what is around the panels of an outcome [inch]."""
LEAST, SAID = 1.1, 0.25
"""Height of panels, at least, and of a line in their place [inch]."""
LARGE = 10_000
"""Numbers from this one on are written in thousands or millions."""
ASIDE = 0.5
"""How far the intervals of one number of base points are spread, to lie side by side."""


def sensitivity(found: Sequence[Sensitivity]) -> Figure:
    """Draw a row of panels for each outcome: each measure by factor, then each as it grew.

    Bars are 95 % intervals; what is not told from 0 is hollow; a grey line is what chance makes.
    """
    first = found[0]
    measures, factors = first.measures, first.factors
    names = NAMES * max(len(name) for name in factors)
    height = AROUND + max(LEAST, FACTOR * len(factors))
    heights = [SAID if one.reason else height for one in found]
    replicates = f"the mean of {first.replicates} runs" if first.replicates > 1 else "1 run"
    figure = _draw.blank(
        names + len(measures) * sum(WIDTHS),
        0.6 + sum(heights),
        f"What matters: {first.n} {first.bases}, {replicates} at each point; "
        "bars: 95 % intervals, each for itself\n"
        "hollow: not told from 0" + (", or from chance (grey)" if first.replicates > 1 else ""),
    )
    grid = figure.add_gridspec(
        len(found),
        2 * len(measures),
        width_ratios=[width for width in WIDTHS for _ in measures],
        height_ratios=heights,
    )
    looks = {factor: _draw.look(place) for place, factor in enumerate(factors)}
    for row, one in enumerate(found):
        if one.reason:
            axes = figure.add_subplot(grid[row, :])
            axes.set_axis_off()
            words = _draw.literal(f"{one.title}: {one.reason}")
            axes.text(0, 0.5, words, fontsize=_draw.TEXT, color=_draw.INK, va="center")
            continue
        for column, measure in enumerate(measures):
            left = figure.add_subplot(grid[row, column])
            right = figure.add_subplot(grid[row, len(measures) + column])
            _by_factor(left, one, measure, looks, named=column == 0)
            _as_it_grew(right, one, measure, looks)
            for axes, axis in ((left, left.xaxis), (right, right.yaxis)):
                title = f"{one.title}\n{measure}" if axes is left and column == 0 else measure
                axes.set_title(
                    _draw.literal(title),
                    fontsize=_draw.TEXT,
                    color=_draw.INK,
                    loc="left",
                    weight="bold",
                )
                if max(np.abs(axis.get_data_interval())) >= LARGE:
                    axis.set_major_formatter(EngFormatter(sep=""))
    return figure


def _by_factor(
    axes: Axes, one: Sensitivity, measure: str, looks: dict[str, _draw.Look], *, named: bool
) -> None:
    """One measure: a row a factor, that which matters most on top."""
    _draw.quieten(axes, grid="x")
    _draw.few_ticks(axes, x=4)
    axes.axvline(0, color=_draw.FAINT, linewidth=0.7)
    indices = one.of(measure)
    for row, factor in enumerate(one.ranked):
        index, look = indices[factor], looks[factor]
        if index.chance:
            axes.vlines(index.chance, row - 0.35, row + 0.35, color=_draw.FAINT, linewidth=1.2)
        axes.plot([index.low, index.high], [row, row], color=look.colour, linewidth=1.8)
        _mark(axes, index.value, row, index, look)
    axes.set_ylim(len(one.factors) - 0.5, -0.5)
    names = [_draw.literal(factor) if named else "" for factor in one.ranked]
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0, labelsize=_draw.TEXT)
    axes.spines["left"].set_visible(False)


def _as_it_grew(axes: Axes, one: Sensitivity, measure: str, looks: dict[str, _draw.Look]) -> None:
    """One measure from growing numbers of base points, a line a factor."""
    _draw.quieten(axes, grid="y")
    _draw.few_ticks(axes, y=4)
    axes.axhline(0, color=_draw.FAINT, linewidth=0.7)
    sizes = list(one.growth)
    gap = ASIDE / len(one.factors)
    for place, factor in enumerate(one.factors):
        look = looks[factor]
        x = [k + gap * (place - (len(one.factors) - 1) / 2) for k in range(len(sizes))]
        grown = [one.of(measure, n)[factor] for n in sizes]
        values = [index.value for index in grown]
        axes.plot(x, values, color=look.colour, linestyle=look.dashes, linewidth=0.9)
        for at, index in zip(x, grown, strict=True):
            axes.plot([at, at], [index.low, index.high], color=look.colour, linewidth=1.2)
            _mark(axes, at, index.value, index, look)
    axes.set_xticks(range(len(sizes)), [f"{n:,}" for n in sizes])
    axes.set_xlabel(one.bases, fontsize=_draw.SMALL, color=_draw.INK, labelpad=2)


def _mark(axes: Axes, x: float, y: float, index: Index, look: _draw.Look) -> None:
    """An index, hollow where it is not told from 0."""
    if math.isfinite(index.value):
        axes.plot(
            x,
            y,
            look.marker,
            color=look.colour,
            markersize=4.5,
            markerfacecolor=look.colour if index.told else "white",
            markeredgewidth=1,
        )
