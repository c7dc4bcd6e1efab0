"""What one outcome costs in terms of another: the styles that no other beats on both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from sim.plots import _draw, _panels

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison


def frontier(comparison: Comparison, *, x: str, y: str) -> Figure:
    """Draw the means of two outcomes with 95 % intervals, those beaten on both hollow."""
    title = (
        f"{comparison.scenario}: {_draw.basis(comparison)}; 95 % intervals\n"
        "filled: no style is better on both; hollow: some style is"
    )
    figure = _draw.blank(5.2, 4.4, title)
    _panels.frontier_panel(figure, figure.add_subplot(), comparison, x, y)
    return figure
