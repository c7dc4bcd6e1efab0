"""The panels that more than one figure is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from sim.plots import _draw

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison
    from sim.analysis.effects import Mean

Box = tuple[_draw.FloatArray, _draw.FloatArray]

SIDES = np.array([(1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1), (0, -1)])
"""Where a label may stand, seen from its point."""

MANY_DOTS = 400
"""Above so many runs the dots go into vector files as an image, which keeps these small."""


def outcome_panel(axes: Axes, comparison: Comparison, name: str, *, named: bool) -> None:
    """One outcome: a row a style, its runs as faint dots, its mean with the interval."""
    about, means = comparison.about[name], comparison.means(name)
    _draw.quieten(axes, grid="x")
    _draw.few_ticks(axes, x=5)
    if math.isfinite(means[0].mean):
        axes.axvline(means[0].mean, color=_draw.FAINT, linewidth=0.7, linestyle=":")
    # A golden-ratio sequence spreads the dots evenly and the same way each time.
    jitter = (np.arange(comparison.n_runs) * 0.618034 % 1 - 0.5) * 0.55
    for row, (mean, values) in enumerate(zip(means, comparison.values(name), strict=True)):
        look = _draw.look(row)
        axes.scatter(
            values,
            row + jitter,
            s=5,
            color=look.colour,
            alpha=max(0.06, min(0.3, 8 / comparison.n_runs)),
            linewidths=0,
            rasterized=comparison.n_runs > MANY_DOTS,
        )
        _draw.lying(axes, row, mean.mean, (mean.low, mean.high), look, width=1.8)
    _draw.rows(axes, comparison.arms, named=named)
    axes.set_title(
        _draw.literal(about.heading),
        fontsize=_draw.TEXT,
        color=_draw.INK,
        loc="left",
        weight="bold",
    )
    axes.set_xlabel(
        _draw.axis_label(about, titled=False), fontsize=_draw.SMALL, color=_draw.INK, labelpad=2
    )


def frontier_panel(figure: Figure, axes: Axes, comparison: Comparison, x: str, y: str) -> None:
    """Two outcomes against each other: styles no other beats filled and joined, others hollow."""
    kept = comparison.frontier(x, y)
    means = {
        a.arm: (a, b)
        for a, b in zip(comparison.means(x), comparison.means(y), strict=True)
        if a.n and b.n
    }
    _draw.quieten(axes)
    _draw.few_ticks(axes, x=6, y=6)
    axes.plot(
        [means[arm][0].mean for arm in kept],
        [means[arm][1].mean for arm in kept],
        color="#bbbbbb",
        linewidth=1.0,
        linestyle="--",
        zorder=1,
    )
    for arm, (a, b) in means.items():
        look = _draw.look(comparison.arm(arm))
        filled = arm in kept
        axes.plot([a.low, a.high], [b.mean] * 2, color=look.colour, linewidth=1.1, zorder=2)
        axes.plot([a.mean] * 2, [b.low, b.high], color=look.colour, linewidth=1.1, zorder=2)
        axes.plot(
            a.mean,
            b.mean,
            look.marker,
            markersize=8,
            color=look.colour,
            markerfacecolor=look.colour if filled else "white",
            markeredgecolor="white" if filled else look.colour,
            markeredgewidth=0.8 if filled else 1.5,
            zorder=3,
        )
    axes.margins(0.14)
    for name, label in ((x, axes.set_xlabel), (y, axes.set_ylabel)):
        label(_draw.axis_label(comparison.about[name]), fontsize=_draw.TEXT, color=_draw.INK)
    _label_points(figure, axes, comparison, means)


def _label_points(
    figure: Figure, axes: Axes, comparison: Comparison, means: dict[str, tuple[Mean, Mean]]
) -> None:
    """Name each point near it, where the name covers least of what is there already."""
    figure.draw_without_rendering()  # lays the axes out, so that distances are known
    per_pixel = 72 / figure.dpi

    def box(x: tuple[float, float], y: tuple[float, float], margin: float) -> Box:
        corners = axes.transData.transform([(x[0], y[0]), (x[1], y[1])]) * per_pixel
        return corners[0] - margin, corners[1] + margin

    inside = box(axes.get_xlim(), axes.get_ylim(), 0)
    points = {arm: box((a.mean, a.mean), (b.mean, b.mean), 6) for arm, (a, b) in means.items()}
    taken = list(points.values())
    for a, b in means.values():
        taken.append(box((a.low, a.high), (b.mean, b.mean), 1))
        taken.append(box((a.mean, a.mean), (b.low, b.high), 1))
    for arm, (low, high) in points.items():
        place = (low + high) / 2
        extent = np.array([0.68 * _draw.TEXT * len(arm), 1.1 * _draw.TEXT])
        tried = []
        for reach in (6, 12, 20, 30):
            for side in SIDES:
                corner = place + side * reach - extent * (1 - side) / 2
                spot = (corner, corner + extent)
                covered = sum(_overlap(spot, other) for other in taken)
                outside = extent.prod() - _overlap(spot, inside)
                nearest = min(points, key=lambda name: _distance(spot, points[name]))
                strays = 0 if nearest == arm else 60
                tried.append((covered + outside + strays + 2 * reach, spot))
        x, y = (mean.mean for mean in means[arm])
        best = min(tried, key=lambda choice: choice[0])[1]
        taken.append(best)
        axes.annotate(
            _draw.literal(arm),
            (x, y),
            xytext=tuple(best[0] - place),
            textcoords="offset points",
            fontsize=_draw.TEXT,
            color=_draw.look(comparison.arm(arm)).colour,
            weight="bold",
            path_effects=[withStroke(linewidth=2, foreground="white")],
            zorder=4,
        ).set_in_layout(False)


def _overlap(a: Box, b: Box) -> float:
    """The area that two boxes (low corner, high corner) share."""
    sides = np.minimum(a[1], b[1]) - np.maximum(a[0], b[0])
    return float(np.clip(sides, 0, None).prod())


def _distance(a: Box, b: Box) -> float:
    """The distance between the middles of two boxes."""
    return float(np.hypot(*(a[0] + a[1] - b[0] - b[1]))) / 2
