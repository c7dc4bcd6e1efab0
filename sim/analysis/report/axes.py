"""What varies in a study as the axes of its figure: levels in their order, and places for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis.report.runs import FloatArray, IntArray
from sim.quantity import Rate, Span

Level = str | int | float
"""A value as the user wrote it, or a style or a company; "" where nothing stands."""

MOST_LEVELS = 12
"""Numbers of a range that are kept apart; more of them are put into bins."""
BINS, IN_BIN = 8, 6
"""At most so many bins, of at least so many points as far as there are so many."""


@dataclass(frozen=True)
class Scale:
    """Levels along an axis: places are numbers where `numeric`, else 0, 1, 2, ... in order."""

    name: str
    unit: str
    levels: tuple[Level, ...]
    places: tuple[float, ...]
    numeric: bool
    binned: bool = False


def grouped(
    settings: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> tuple[IntArray, list[dict[str, Any]]]:
    """Returns the group of each setting and the values of each group, which share these names.

    Groups are in the order in which they first come; settings that lack a name are in none (-1).
    """
    keys = [tuple(setting.get(name) for name in names) for setting in settings]
    numbers = {key: n for n, key in enumerate(dict.fromkeys(k for k in keys if None not in k))}
    group = np.array([numbers.get(key, -1) for key in keys], dtype=np.int64)
    return group, [dict(zip(names, key, strict=True)) for key in numbers]


def levels_of(settings: Sequence[Mapping[str, Any]], name: str) -> tuple[Level, ...]:
    """Returns the values of a name in the order in which they first come."""
    found = dict.fromkeys(setting.get(name) for setting in settings)
    return tuple(level for level in found if level is not None)


def scale_of(name: str, unit: str, kind: Any, levels: Sequence[Level]) -> Scale:
    """Returns the scale of a name whose values are of this kind (int, float, str, Rate or Span).

    Rates and spans are numbers where all have the same unit, which then is the scale's.
    """
    if kind in (Rate, Span):
        units = {_word(level) for level in map(str, levels)}
        if len(units) == 1:
            numbers = tuple(_number(level) for level in levels)
            per = "per " if kind is Rate else ""
            many = "" if kind is Rate else "s"
            return Scale(name, f"{per}{units.pop()}{many}", tuple(levels), numbers, True)
    elif kind in (int, float):
        return Scale(name, unit, tuple(levels), tuple(map(float, levels)), True)
    return Scale(name, "", tuple(levels), tuple(map(float, range(len(levels)))), False)


def binned(scale: Scale, settings: Sequence[Mapping[str, Any]]) -> tuple[Scale, list[Level]]:
    """Returns a numeric scale with bins of equally many settings, and the bin of each setting.

    The level of a bin is the mean of what is in it. A scale of few levels stays as it is.
    """
    values: list[Level] = [setting[scale.name] for setting in settings]
    if not scale.numeric or len(scale.levels) <= MOST_LEVELS:
        return scale, values
    place_of = dict(zip(scale.levels, scale.places, strict=True))
    places: FloatArray = np.array([place_of[value] for value in values])
    n_bins = max(1, min(BINS, len(places) // IN_BIN))
    inner = np.quantile(places, np.arange(1, n_bins) / n_bins)
    bins = np.searchsorted(inner, places, side="right")
    means = {int(k): float(places[bins == k].mean()) for k in np.unique(bins)}
    levels = tuple(means.values())
    return (
        Scale(scale.name, scale.unit, levels, levels, True, binned=True),
        [means[int(k)] for k in bins],
    )


def shortened(value: Level) -> str:
    """Returns a value that was drawn with four digits, a quantity with its unit."""
    if isinstance(value, int):
        return str(value)
    number, *unit = str(value).split(" ", 1)
    try:
        return " ".join([f"{float(f'{float(number):.4g}'):.10g}", *unit])
    except ValueError:
        return str(value)


def _number(quantity: Level) -> float:
    return float(str(quantity).replace("per", " ").split()[0])


def _word(quantity: str) -> str:
    """Returns the unit of time of a rate or a span: "3 months" and "1 per month" have "month"."""
    return quantity.replace("per", " ").split()[-1].lower().removesuffix("s")
