"""How precisely a paired difference is known."""

from typing import Any

import numpy as np
from scipy.stats import t


def widest(differences: Any, level: float = 0.95, least: int = 2) -> float:
    """Returns the width of the widest t interval of the means of differences (run, point).

    Differences that are not finite are left out; infinite where a point has less than `least`.
    """
    width = 0.0
    for column in np.asarray(differences, dtype=np.float64).T:
        known = column[np.isfinite(column)]
        if len(known) < max(2, least):
            return float("inf")
        error = known.std(ddof=1) / np.sqrt(len(known))
        width = max(width, float(2 * t.ppf((1 + level) / 2, len(known) - 1) * error))
    return width
