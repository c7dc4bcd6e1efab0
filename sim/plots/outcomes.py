"""Small multiples: each outcome by style, with its runs and intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from sim.plots import _draw, _panels

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison


def outcomes(comparison: Comparison, *, names: list[str] | None = None) -> Figure:
    """Draw one panel an outcome, a row a style: runs as dots, means with 95 % intervals.

    `names` are the outcomes to draw, by default those that a table shows. The dotted line is the
    mean of the first style.
    """
    shown = comparison.shown(names)
    n_columns = min(4, len(shown))
    n_rows = math.ceil(len(shown) / n_columns)
    figure = _draw.blank(
        0.9 + 2.1 * n_columns,
        0.4 + n_rows * (0.7 + 0.16 * len(comparison.arms)),
        f"{comparison.scenario}: {_draw.basis(comparison)}; bars: 95 % intervals of the means",
    )
    for place, name in enumerate(shown):
        axes = figure.add_subplot(n_rows, n_columns, place + 1)
        _panels.outcome_panel(axes, comparison, name, named=place % n_columns == 0)
    return figure
