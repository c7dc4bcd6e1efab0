"""Ratios of what may be nothing."""

from math import nan


def ratio(part: float, whole: float) -> float:
    """Returns part / whole, NaN of nothing."""
    return part / whole if whole else nan
