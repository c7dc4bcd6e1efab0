"""Lines over time: what happens step by step under each style."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from sim.errors import UserError
from sim.plots import _draw


def series(
    steps: ArrayLike,
    runs: Mapping[str, _draw.FloatArray],
    *,
    title: str,
    unit: str = "",
    time: str = "step",
) -> Figure:
    """Draw the mean over runs with its pointwise 95 % t interval as a band, a line a style.

    `runs` holds an array (run, step) for each style; values that are not finite are left out.
    `title` and `unit` say what is drawn, `time` what the steps are ("month").
    """
    if not runs:
        raise UserError("A plot over time needs the runs of one style or more, but got none")
    when = np.asarray(steps, dtype=np.float64)
    counts = sorted({values.shape[0] for values in runs.values()})
    n = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    figure = _draw.blank(
        6.4, 3.8, f"{title}: n = {n} runs a style; line: mean, band: its 95 % interval"
    )
    axes = figure.add_subplot()
    _draw.quieten(axes, grid="y")
    _draw.few_ticks(axes, x=8, y=6)
    ends = []
    for place, (style, values) in enumerate(runs.items()):
        if values.ndim != 2 or values.shape[1] != when.size:
            raise UserError(
                f"The series of {style!r} must be (run, step) with {when.size} steps, "
                f"but is {values.shape}"
            )
        look = _draw.look(place)
        mean, reach = _mean_and_reach(values)
        axes.fill_between(
            when, mean - reach, mean + reach, color=look.colour, alpha=0.15, linewidth=0
        )
        axes.plot(
            when,
            mean,
            color=look.colour,
            linestyle=look.dashes,
            linewidth=1.4,
            marker=look.marker,
            markersize=4.5,
            markevery=(place * when.size // (6 * len(runs)), max(1, when.size // 6)),
            markeredgecolor="white",
            markeredgewidth=0.5,
        )
        known = np.flatnonzero(np.isfinite(mean))
        if known.size:
            ends.append((style, look, when[known[-1]], mean[known[-1]]))
    axes.set_xlabel(f"Time [{time}]", fontsize=_draw.TEXT, color=_draw.INK)
    label = _draw.literal(f"{title} [{unit}]" if unit else title)
    axes.set_ylabel(label, fontsize=_draw.TEXT, color=_draw.INK)
    axes.margins(x=0.01)
    low, high = axes.get_ylim()
    heights = _draw.spread([mean for *_, mean in ends], (high - low) * 0.055)
    for (style, look, time_known, mean_known), height in zip(ends, heights, strict=True):
        axes.annotate(
            _draw.literal(style),
            (time_known, mean_known),
            xytext=(1.05, height),
            textcoords=("axes fraction", "data"),
            fontsize=_draw.TEXT,
            color=look.colour,
            weight="bold",
            va="center",
            arrowprops={"arrowstyle": "-", "color": look.colour, "linewidth": 0.5},
        )
    return figure


def _mean_and_reach(values: _draw.FloatArray) -> tuple[_draw.FloatArray, _draw.FloatArray]:
    """Mean over runs and half the width of its interval, each (step,); NaN where not known."""
    from scipy import special

    known = np.isfinite(values)
    n = known.sum(axis=0)
    filled = np.where(known, values, 0.0)
    mean = np.divide(filled.sum(axis=0), n, out=np.full(n.shape, np.nan), where=n > 0)
    squares = np.where(known, (filled - np.where(n > 0, mean, 0.0)) ** 2, 0.0).sum(axis=0)
    enough = n > 1
    freedom = np.where(enough, n - 1, 1)
    reach = special.stdtrit(freedom, 0.975) * np.sqrt(squares / freedom / np.maximum(n, 1))
    return mean, np.where(enough, reach, np.nan)
