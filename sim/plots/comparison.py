"""The figure of a comparison: what each style brings about, and what has to be given up for it."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from sim.plots import _draw, _panels

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison

N_COLUMNS, CORNER = 4, 2
"""Panels side by side, and how many columns and rows of them the frontier takes."""


def comparison(comparison: Comparison, *, x: str, y: str, names: list[str] | None = None) -> Figure:
    """Draw outcomes by style and, top right, the frontier of `x` and `y`.

    Outcomes: runs as dots, means with 95 % intervals, the mean of the first style dotted.
    Frontier: means with intervals both ways; a style that another beats on both is hollow.
    """
    shown = comparison.shown(names)
    n_rows = max(2, math.ceil((len(shown) + CORNER**2) / N_COLUMNS))
    figure = _draw.blank(
        9.6,
        0.5 + n_rows * (0.7 + 0.14 * len(comparison.arms)),
        f"{comparison.scenario}: {_draw.basis(comparison)}; bars: 95 % intervals of the means\n"
        "Top right, filled: no style is better on both; hollow: some style is",
    )
    grid = figure.add_gridspec(n_rows, N_COLUMNS)
    left = N_COLUMNS - CORNER
    cells = itertools.product(range(n_rows), range(N_COLUMNS))
    free = [(row, column) for row, column in cells if row >= CORNER or column < left]
    for (row, column), name in zip(free, shown, strict=False):
        axes = figure.add_subplot(grid[row, column])
        _panels.outcome_panel(axes, comparison, name, named=column % CORNER == 0)
    corner = figure.add_subplot(grid[:CORNER, left:])
    _panels.frontier_panel(figure, corner, comparison, x, y)
    return figure
