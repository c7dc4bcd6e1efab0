"""A published figure beside the same figure simulated."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.plots import _draw

if TYPE_CHECKING:
    from sim.replication import Replication, Row

FEW_PANELS = 3
"""So many panels stand below each other; more go in two columns."""
PANEL = (2.6, 2.3)
"""Width and height of one pair of axes' half [inch], labels included."""
WRAP = 34
"""Letters in a line of an axis' label, at most."""
LETTERS = 13
"""Letters of the title in an inch, at least."""
LABEL_GAP = 0.07
"""Least distance of two labels, as a share of the height of their axes, while they all fit."""


def replication(replication: Replication) -> Figure:
    """Draw each panel of a published figure twice, on the same axes: published and simulated.

    Simulated: means with 95 % intervals, before the published values as hollow marks.
    """
    panels: dict[str, list[Row]] = {}
    for row in replication.rows:
        panels.setdefault(row.cell.panel, []).append(row)
    lines = list(dict.fromkeys(row.cell.line for row in replication.rows))
    looks = {line: _draw.look(place) for place, line in enumerate(lines)}
    classic = replication.classic
    n_columns = 1 if len(panels) <= FEW_PANELS else 2
    n_rows = math.ceil(len(panels) / n_columns)
    width, height = PANEL
    across = n_columns * (2 * width + 1.2)
    about = (
        classic.title,
        classic.source,
        f"n = {replication.runs} runs; filled: means with 95 % intervals; hollow: as published",
    )
    title = "\n".join(textwrap.fill(words, round(LETTERS * across)) for words in about)
    figure = _draw.blank(across, 0.5 + n_rows * height, title)
    for place, (panel, rows) in enumerate(panels.items()):
        first = 2 * n_columns * (place // n_columns) + 2 * (place % n_columns) + 1
        left = figure.add_subplot(n_rows, 2 * n_columns, first)
        right = figure.add_subplot(n_rows, 2 * n_columns, first + 1, sharex=left, sharey=left)
        kinds = ", ".join(dict.fromkeys(row.kind for row in rows if row.kind)) or "published"
        for axes, title in ((left, kinds), (right, "simulated")):
            _draw.quieten(axes, grid="y")
            axes.set_title(title, fontsize=_draw.TEXT, color=_draw.INK, loc="left", weight="bold")
            label = _draw.literal(textwrap.fill(classic.x, WRAP))
            axes.set_xlabel(label, fontsize=_draw.TEXT, color=_draw.INK)
        right.tick_params(labelleft=False)
        label = "\n".join([*textwrap.wrap(panel, WRAP), *textwrap.wrap(classic.y, WRAP)])
        left.set_ylabel(_draw.literal(label), fontsize=_draw.TEXT, color=_draw.INK)
        for line, look in looks.items():
            points = sorted((row for row in rows if row.cell.line == line), key=lambda r: r.cell.x)
            _published(left, points, look)
            _simulated(right, points, look)
        if not left.lines:
            left.text(
                0.5, 0.5, "not published", transform=left.transAxes, ha="center", color=_draw.FAINT
            )
        left.margins(0.06)
        _draw.few_ticks(left, x=6, y=5)
        _name_lines(right, rows, looks)
    return figure


def _published(axes: Axes, points: list[Row], look: _draw.Look) -> None:
    """Draw one line as it was published, as far as it was."""
    known = [row for row in points if math.isfinite(row.published)]
    if known:
        axes.plot(
            [row.cell.x for row in known],
            [row.published for row in known],
            color=look.colour,
            linestyle=look.dashes,
            linewidth=1.1,
            marker=look.marker,
            markersize=5,
            markerfacecolor="white",
            markeredgewidth=1.1,
        )


def _simulated(axes: Axes, points: list[Row], look: _draw.Look) -> None:
    """Draw one line as it was simulated, with intervals, before the published marks."""
    known = [row for row in points if math.isfinite(row.published)]
    axes.plot(
        [row.cell.x for row in known],
        [row.published for row in known],
        look.marker,
        markersize=7.5,
        markerfacecolor="none",
        markeredgecolor=look.colour,
        markeredgewidth=0.7,
        alpha=0.7,
        zorder=2,
    )
    found = [row for row in points if math.isfinite(row.mean)]
    x = [row.cell.x for row in found]
    axes.plot(
        x,
        [row.mean for row in found],
        color=look.colour,
        linestyle=look.dashes,
        linewidth=1.1,
        marker=look.marker,
        markersize=3.5,
        zorder=3,
    )
    bounds = np.array([(row.low, row.high) for row in found]).reshape(-1, 2)
    axes.vlines(x, bounds[:, 0], bounds[:, 1], color=look.colour, linewidth=1.8, zorder=3)


def _name_lines(axes: Axes, rows: list[Row], looks: dict[str, _draw.Look]) -> None:
    """Name each line at the right, as near as can be to where it ends."""
    ends = {
        row.cell.line: (row.cell.x, row.mean)
        for row in sorted(rows, key=lambda row: row.cell.x)
        if math.isfinite(row.mean)
    }
    low, high = axes.get_ylim()
    gap = min(LABEL_GAP, 1 / max(1, len(ends)))
    heights = _draw.spread([mean for _, mean in ends.values()], (high - low) * gap)
    for (line, end), height in zip(ends.items(), heights, strict=True):
        axes.annotate(
            _draw.literal(line),
            end,
            xytext=(1.06, height),
            textcoords=("axes fraction", "data"),
            fontsize=_draw.TEXT * gap / LABEL_GAP,
            color=looks[line].colour,
            weight="bold",
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": looks[line].colour, "linewidth": 0.5},
        )
